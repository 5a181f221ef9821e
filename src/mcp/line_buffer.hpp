#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coax::mcp::detail {

/// Cuts bytes into lines of at most a number of bytes.
class line_buffer {
public:
    explicit line_buffer(std::size_t max_bytes) : max_bytes_{max_bytes} {}

    void feed(std::string_view bytes) {
        searched_ -= std::min(searched_, begin_);
        bytes_.erase(0, std::exchange(begin_, 0));
        bytes_.append(bytes);
    }

    /// The next line without its end; valid until the next `feed`.
    [[nodiscard]] std::optional<std::string_view> next() {
        auto const end = bytes_.find('\n', std::max(begin_, searched_));
        searched_ = end == std::string::npos ? bytes_.size() : 0;
        if (end == std::string::npos) return std::nullopt;
        auto line = std::string_view{bytes_}.substr(begin_, end - begin_);
        begin_ = end + 1;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        return line;
    }

    /// What is left is longer than a line may be.
    [[nodiscard]] bool too_long() const noexcept { return bytes_.size() - begin_ > max_bytes_; }
    [[nodiscard]] std::size_t max_bytes() const noexcept { return max_bytes_; }
    /// What is left, and nothing any more.
    [[nodiscard]] std::string take_rest() {
        auto rest = bytes_.substr(begin_);
        *this = line_buffer{max_bytes_};
        return rest;
    }

private:
    std::size_t max_bytes_;
    std::string bytes_{};
    std::size_t begin_{0};
    std::size_t searched_{0};
};

}  // namespace coax::mcp::detail
