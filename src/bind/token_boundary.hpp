#pragma once

#include <cstddef>
#include <string_view>

namespace coax::bind::detail {

/// Tells whether a token of a text that arrives in pieces is there to its end. It remembers how far it has looked, so
/// that no byte is looked at twice.
class token_boundary {
public:
    /// The text has grown by its last `added_bytes`.
    void extend(std::string_view text, std::size_t added_bytes);

    /// Whether the number, literal, string, object or array that starts at `begin` has its end in the text.
    [[nodiscard]] bool is_complete(std::string_view text, std::size_t begin) {
        char const first = text[begin];
        if (begin < delimiter_ && first != '"' && first != '{' && first != '[') return true;
        return scan(text, begin);
    }

private:
    [[nodiscard]] bool scan(std::string_view text, std::size_t begin);
    [[nodiscard]] bool scan_brackets(std::string_view text);
    [[nodiscard]] bool scan_string(std::string_view text);

    std::size_t delimiter_{0};  ///< The last known byte that ends any number or literal before it.
    std::size_t begin_{static_cast<std::size_t>(-1)};  ///< The token that was asked for last,
    std::size_t scanned_{0};                           ///< how far it was scanned,
    std::size_t open_brackets_{0};                     ///< and what was open there.
    bool in_string_{false};
    bool is_complete_{false};
};

}  // namespace coax::bind::detail
