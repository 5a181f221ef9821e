#pragma once

#include <coax/chat/request.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

/// What the requests of a batch begin with, for the service's prompt cache.
namespace coax::detail {

/// Whether both begin with the same tools and the same messages, all but the last, which is the record's.
[[nodiscard]] bool has_same_prefix(chat_request const& a, chat_request const& b);

/// Writing the shared beginning into a service's prompt cache costs a quarter of its price, reading it from there saves
/// nine tenths. The first requests, as many as are under way at once, may each write it: from about 1.3 times as many
/// requests on it pays, and the services that charge nothing for it never lose.
/// @param record_count  Records that there are, or have been so far.
[[nodiscard]] bool pays_to_cache(chat_request const& first, std::uint64_t record_count, std::size_t concurrency);

}  // namespace coax::detail
