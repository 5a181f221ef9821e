#pragma once

#include <cstddef>
#include <string_view>

namespace coax::bind::detail {

/// A mark that begins or ends what a model thinks before it answers, such as "<think>".
struct thought_mark {
    std::size_t size{0};  ///< 0: there is none.
    bool opens{false};
};

/// The mark that a text begins with.
[[nodiscard]] thought_mark find_thought_mark(std::string_view text);

/// Looks for the end of a thought, in a text that may arrive in pieces.
class thought_scanner {
public:
    /// @param begin  Of the mark that opens the thought.
    explicit thought_scanner(std::size_t begin) : at_{begin} {}

    /// Goes on in `text`, which has grown. @returns Behind the mark that ends the thought; npos: it is not there.
    [[nodiscard]] std::size_t find_end(std::string_view text);

private:
    std::size_t at_;
    std::size_t depth_{0};                            ///< Thoughts may hold thoughts.
    std::size_t last_close_{std::string_view::npos};  ///< Behind the last mark that ends one.
    friend std::size_t thought_end(std::string_view text, std::size_t begin);
};

/// Behind the thought whose opening mark is at `begin`; the end of the text if nothing ends it.
[[nodiscard]] std::size_t thought_end(std::string_view text, std::size_t begin);

}  // namespace coax::bind::detail
