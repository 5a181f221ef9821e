#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace coax::detail {

inline constexpr std::size_t max_response_bytes = 16U << 20U;
inline constexpr std::size_t max_tool_calls = 128;
inline constexpr std::size_t max_content_blocks = 4'096;

/// `errc::too_large`, in the service's name.
[[nodiscard]] inline error response_too_large(std::string_view service, std::string_view what) {
    error why{.code = errc::too_large, .message = std::string{service}, .http_status = 200};
    why.message.append(": ").append(what);
    return why;
}

/// `errc::connection_lost`: a stream ended before the service said that the response had.
[[nodiscard]] inline error stream_cut_off(std::string_view service, std::string_view request_id,
                                          std::string_view what = "the stream ended before the response did") {
    error why{.code = errc::connection_lost,
              .message = std::string{service},
              .http_status = 200,
              .request_id = std::string{request_id}};
    why.message.append(": ").append(what);
    return why;
}

/// Counts the bytes of a streamed response and refuses those beyond `max_response_bytes`.
class response_size {
public:
    explicit response_size(std::string_view service) : service_{service} {}

    /// Errors: `errc::too_large`.
    [[nodiscard]] result<void> count(std::size_t more_bytes) {
        bytes_ += more_bytes;
        if (bytes_ > max_response_bytes)
            return response_too_large(service_, "the response outgrew its bound of 16 MiB");
        return {};
    }

    /// Counts and appends a piece. Errors: `errc::too_large`.
    [[nodiscard]] result<void> append(std::string& text, std::string_view piece) {
        auto counted = count(piece.size());
        if (counted) text += piece;
        return counted;
    }

    /// The same, and shows the piece: appends it to what a delta has of that text.
    [[nodiscard]] result<void> append(std::string& text, std::string& shown, std::string piece) {
        if (piece.empty()) return {};
        auto appended = append(text, piece);
        if (shown.empty())
            shown = std::move(piece);
        else
            shown += piece;
        return appended;
    }

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    std::string_view service_;
    std::size_t bytes_{0};
};

}  // namespace coax::detail
