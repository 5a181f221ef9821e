#pragma once

#include "tokens/byte_pairs.hpp"
#include "tokens/mapped_file.hpp"
#include "tokens/special_tokens.hpp"
#include "tokens/vocabulary.hpp"
#include "tokens/word_splitter.hpp"

#include <coax/tokens/tokenizer.hpp>

#include <string>
#include <string_view>

namespace coax::tokens::detail {

/// Where the data files are that were installed with coax; defined by CMakeLists.txt.
[[nodiscard]] std::string_view installed_data_folder() noexcept;

/// What the copies of a tokenizer share. The vocabulary is in one of `file` and `packed`.
struct tokenizer_state {
    token_encoding encoding{};
    mapped_file file{};
    std::string packed{};
    vocabulary words{};

    [[nodiscard]] split_pattern pattern() const noexcept {
        return encoding == token_encoding::cl100k_base ? split_pattern::cl100k : split_pattern::o200k;
    }
    [[nodiscard]] word_splitter split(std::string_view text) const noexcept { return {text, pattern()}; }
};

}  // namespace coax::tokens::detail
