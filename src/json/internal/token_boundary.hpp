#pragma once

#include <cstddef>
#include <string_view>

namespace coax::json::detail {

/// Tells whether a token of a text that arrives in pieces is there to its end. Asked again when more has come, it goes
/// on from where it has looked, so that no byte is looked at twice.
class token_boundary {
public:
    /// The text has grown by its last `added_bytes`.
    void extend(std::string_view text, std::size_t added_bytes);

    /// Whether the number, literal, string, object or array that starts at `begin` has its end in the text.
    [[nodiscard]] bool is_whole(std::string_view text, std::size_t begin) {
        char const first = text[begin];
        if (begin < delimiter_ && first != '"' && first != '{' && first != '[') return true;
        return look(text, begin);
    }

private:
    [[nodiscard]] bool look(std::string_view text, std::size_t begin);
    [[nodiscard]] bool look_through_brackets(std::string_view text);
    [[nodiscard]] bool look_through_string(std::string_view text);

    std::size_t delimiter_{0};                         ///< A place of a byte that no number or literal contains.
    std::size_t begin_{static_cast<std::size_t>(-1)};  ///< The token at hand,
    std::size_t looked_{0};                            ///< how far it was looked through,
    std::size_t open_brackets_{0};                     ///< and what was open there.
    bool in_string_{false};
    bool is_whole_{false};
};

}  // namespace coax::json::detail
