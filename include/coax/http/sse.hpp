#pragma once

#include <coax/core/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

/// One server-sent event. The views live until the decoder is touched again.
struct sse_event {
    std::string_view type{};  ///< The `event` field; empty when there was none.
    /// The `data` lines, joined with LF. Never empty: an event of nothing but "data:" is dropped.
    std::string_view data{};
};

/// Cuts a byte stream into server-sent events, incrementally and without waiting.
/// Lines end in LF, CR or CRLF; a byte order mark at the start, comments and unknown fields are skipped; events without
/// data and an unfinished last event are dropped. Bytes are handed on as they are.
/// Source: WHATWG HTML, section 9.2.6.
class sse_decoder {
public:
    /// @param max_event_bytes  Largest event (its undecoded lines together). More is `errc::too_large`, from then on.
    explicit sse_decoder(std::size_t max_event_bytes = 16U << 20U);

    /// Adds bytes. Take every event with `next()` before feeding again, or they pile up.
    void feed(std::string_view bytes);

    /// The next complete event, nothing when more bytes are needed, or `errc::too_large`.
    [[nodiscard]] result<std::optional<sse_event>> next();

    /// The `id` of the last event that ended, also of one without data: where to go on, in `Last-Event-ID`. Empty:
    /// there was none.
    [[nodiscard]] std::string const& last_event_id() const noexcept { return last_id_; }
    /// How long to wait before connecting anew, the last `retry` of the stream. None: it did not say.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

private:
    struct slice {
        std::size_t begin{0};
        std::size_t size{0};
    };

    [[nodiscard]] bool skip_byte_order_mark();
    [[nodiscard]] std::size_t line_end();
    void take_line(std::string_view line);
    void take_data(std::string_view value);
    void take_retry(std::string_view value);
    void start_event() noexcept;
    /// Nothing of an event was read yet.
    [[nodiscard]] bool is_between_events() const noexcept;
    [[nodiscard]] slice slice_of(std::string_view part) const noexcept;
    [[nodiscard]] std::string_view view(slice part) const noexcept;

    std::size_t max_event_bytes_;
    std::string buffer_;
    std::string joined_;    // the data of an event with several data lines
    std::size_t begin_{0};  // first byte of the event being read
    std::size_t line_{0};   // first byte of the line being read
    std::size_t lf_{0};     // no LF in [line_, lf_)
    std::size_t cr_{0};     // no CR in [line_, cr_)
    slice type_{};          // these three in buffer_
    slice data_{};          // the only data line so far
    std::optional<slice> id_{};
    std::string last_id_{};
    std::optional<std::chrono::milliseconds> retry_{};
    int data_lines_{0};    // 0, 1, or 2 for more
    bool started_{false};  // the byte order mark was looked for
    bool skip_lf_{false};  // the last line ended in CR
    bool failed_{false};   // an event was too large
};

}  // namespace coax
