#pragma once

#include <coax/tokens/tokenizer.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coax::tokens::detail {

/// A token that stands for no text of its own, such as "<|endoftext|>".
struct special_match {
    std::size_t at;
    std::size_t size;
    token_id token;
};

/// The first one in a text.
[[nodiscard]] std::optional<special_match> find_special(token_encoding which, std::string_view text);
/// Its text; empty: there is none with that number.
[[nodiscard]] std::string special_text(token_encoding which, token_id token);

}  // namespace coax::tokens::detail
