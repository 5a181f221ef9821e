#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

namespace tokens::detail {
struct tokenizer_state;
}

/// How a model of OpenAI cuts text into tokens. Those of other services keep to themselves how theirs do.
enum class token_encoding {
    o200k_base,    ///< gpt-4o and later.
    cl100k_base,   ///< gpt-4, gpt-3.5 and the text-embedding models.
    o200k_harmony  ///< gpt-oss: `o200k_base` with the marks of its chat form.
};

using token_id = std::uint32_t;

/// What is done with a text such as "<|endoftext|>".
enum class special_tokens {
    as_text,   ///< Ordinary text, as services read it in a message.
    as_tokens  ///< The token of that name, where the encoding has it.
};

/// Counts and encodes text as tiktoken does, exactly, in time linear in its length whatever it holds.
///
/// The ranks of an encoding are a file, `<name>.bpe`, that `scripts/fetch_ranks` makes and `load` maps into memory;
/// o200k_harmony has those of o200k_base. A byte that is not part of well-formed UTF-8 counts as U+FFFD, which coax
/// sends in its place. Thread safety: all members may be called from any thread at once. A handle: copies share the
/// tables.
class tokenizer {
public:
    /// Maps the file of an encoding into memory.
    /// @param folder  Where it is. Empty: where the variable COAX_DATA_DIR says, else where coax is installed
    ///                (share/coax).
    /// Errors: `errc::io_failed`, with the file as `where`: it is not there, or is not what it should be. Nothing is
    /// guessed in its place.
    [[nodiscard]] static result<tokenizer> load(token_encoding which, std::string const& folder = {});

    /// From ranks as tiktoken has them: on each line a token in base64, a blank and its rank, from 0 without gaps.
    /// Takes seconds for 200,000 tokens. Errors: `errc::invalid_argument`: it is not that, a byte is no token, or a
    /// token is not merged of others.
    [[nodiscard]] static result<tokenizer> from_ranks(token_encoding which, std::string_view ranks);

    /// Writes the tables as a file that `load` maps, in place of an older one. Errors: `errc::io_failed`.
    [[nodiscard]] result<void> save(std::string const& path) const;

    [[nodiscard]] token_encoding encoding() const noexcept;

    /// How many tokens a text is. Allocates nothing, unless it is not UTF-8.
    [[nodiscard]] std::int64_t count(std::string_view text, special_tokens special = special_tokens::as_text) const;

    /// The same as far as `limit`: it looks no further than needed. Nothing: there are more.
    [[nodiscard]] std::optional<std::int64_t> count_up_to(std::string_view text, std::int64_t limit) const;

    [[nodiscard]] std::vector<token_id> encode(std::string_view text,
                                               special_tokens special = special_tokens::as_text) const;

    /// The bytes of tokens; cut anywhere, they need not be UTF-8. Errors: `errc::invalid_argument`: there is no such
    /// token.
    [[nodiscard]] result<std::string> decode(std::span<token_id const> tokens) const;

    /// The longest beginning of a text that ends with one of its tokens, between two characters, and is at most
    /// `max_tokens`, counted by itself. All of the text, where that is no more. 0 or less: nothing.
    [[nodiscard]] std::string_view truncate(std::string_view text, std::int64_t max_tokens) const;

private:
    friend class token_counter;
    explicit tokenizer(core::detail::shared_opaque<tokens::detail::tokenizer_state> state) noexcept
        : state_{std::move(state)} {}

    core::detail::shared_opaque<tokens::detail::tokenizer_state> state_;
};

/// Counts a text that comes piece by piece, as if it came whole. It keeps the last words only, which what follows may
/// change. A character may come in several pieces.
/// Thread safety: one thread at a time.
class token_counter {
public:
    explicit token_counter(tokenizer with) noexcept : with_{std::move(with)} {}

    /// Takes amortized time linear in the piece's length.
    void append(std::string_view piece);
    /// Of all that came so far. Takes time linear in the length of the last two words.
    [[nodiscard]] std::int64_t count() const { return settled_ + with_.count(open_); }

private:
    void settle();

    tokenizer with_;
    std::int64_t settled_{0};    ///< Of words that nothing can change any more.
    std::string open_{};         ///< What came behind them.
    std::size_t look_again_{0};  ///< How long that must be before it is looked at again.
};

/// The name of an encoding, such as "o200k_base".
[[nodiscard]] std::string_view to_string(token_encoding which) noexcept;

/// The encoding that a name such as "o200k_base" is of; nothing: of none.
[[nodiscard]] std::optional<token_encoding> token_encoding_of(std::string_view name) noexcept;

}  // namespace coax
