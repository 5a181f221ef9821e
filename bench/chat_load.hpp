#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// So many calls by so many callers on one thread, over kept-alive connections.
struct chat_load {
    std::size_t calls{0};
    std::size_t callers{64};
};

/// The floor: a bare Beast loop that sends a request made once and parses no JSON. Returns the bytes received.
std::size_t run_beast(chat_load load, std::string const& port, std::string const& ca_pem);

/// The same calls through coax: JSON made and read. Returns the bytes of answer text.
std::size_t run_coax(chat_load load, std::string const& url, std::string const& ca_pem);

/// The same two for answers that are streams: the floor receives them and finds where chunks and events end. Returns
/// events, or deltas.
std::size_t run_raw_streams(chat_load load, std::string const& port, std::string const& ca_pem);
std::size_t run_coax_streams(chat_load load, std::string const& url, std::string const& ca_pem);

}  // namespace bench
