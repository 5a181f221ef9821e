#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace coax::telemetry::detail {

/// Encoded spans that wait to be sent, in pieces of the size of one request.
/// Thread safety: from any thread.
class span_queue {
public:
    struct piece {
        std::string spans{};
        std::size_t count{0};
    };

    span_queue(std::size_t most_spans, std::size_t most_bytes) : most_spans_{most_spans}, most_bytes_{most_bytes} {}

    enum class pushed { waits, fills_a_piece, dropped };
    /// Takes in one span, unless there is no room.
    pushed push(std::string_view span);
    /// The oldest piece; empty: there is none.
    [[nodiscard]] piece take();
    /// Whether there is enough for a request.
    [[nodiscard]] bool has_whole_piece() const;

private:
    static constexpr std::size_t piece_bytes = std::size_t{1} << 20U;

    std::size_t most_spans_;
    std::size_t most_bytes_;
    mutable std::mutex mutex_{};
    std::deque<piece> pieces_{};
    std::size_t count_{0};
    std::size_t bytes_{0};
};

}  // namespace coax::telemetry::detail
