#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

/// One server-sent event. The views live until the decoder is touched again.
struct sse_event {
    std::string_view type{};  ///< The `event` field; empty when there was none.
    std::string_view data{};  ///< The `data` lines, joined with LF. Never empty.
};

/// Cuts a byte stream into server-sent events, incrementally and without waiting.
/// Lines end in LF, CR or CRLF; a byte order mark at the start, comments and unknown fields are skipped; events without
/// data and an unfinished last event are dropped. Bytes are handed on as they are.
/// Source: WHATWG HTML, section 9.2.6.
class sse_decoder {
public:
    /// @param max_event_bytes  Largest event (its undecoded lines together). More is `errc::too_large`.
    explicit sse_decoder(std::size_t max_event_bytes = 16U << 20U);

    /// Adds bytes. Take every event with `next()` before feeding again, or they pile up.
    void feed(std::string_view bytes);

    /// The next complete event, nothing when more bytes are needed, or `errc::too_large`.
    [[nodiscard]] result<std::optional<sse_event>> next();

private:
    std::size_t max_event_bytes_;
    std::string buffer_;
    std::string data_;
    std::string type_;
    std::size_t begin_{0};    // first byte of the event being read
    std::size_t scanned_{0};  // bytes before this hold no unseen line end
    bool started_{false};     // the byte order mark was looked for
    bool skip_lf_{false};     // the last line ended in CR
};

}  // namespace coax
