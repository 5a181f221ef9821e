#pragma once

#include <coax/core/result.hpp>
#include <coax/tokens/tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace coax::tokens::detail {

inline constexpr token_id no_token = std::numeric_limits<token_id>::max();

inline constexpr std::size_t max_token_bytes = 255;

/// A node of the tree of all tokens, kept as a double array: the child for a byte is at `base + byte`, if its `parent`
/// is this node.
struct trie_node {
    std::uint32_t base;
    std::uint32_t parent;
    token_id token;  ///< That ends here, or `no_token`.
};

/// The two tokens that a token is merged of; a byte that is a token by itself has itself on both sides.
struct token_parts {
    token_id left;
    token_id right;
};

/// A merge as one word, which a table of them is searched for: at most 2^20 - 1 tokens.
inline constexpr unsigned token_bits = 20;
[[nodiscard]] constexpr std::uint64_t pair_of(token_id left, token_id right) noexcept {
    return (static_cast<std::uint64_t>(left) << token_bits) | right;
}
[[nodiscard]] constexpr std::uint64_t hash_of(std::uint64_t pair) noexcept {
    return (pair * 0x9E3779B97F4A7C15ULL) >> 20U;
}

/// The byte-pair merges of an encoding, as tables ready for use. Views of packed bytes: it owns nothing.
class vocabulary {
public:
    /// What a packed vocabulary begins with. The tables follow in the order of the members of the class.
    struct header {
        std::uint64_t magic;
        std::uint64_t checksum;  ///< Of all that follows the header.
        std::uint32_t token_count;
        std::uint32_t node_count;
        std::uint32_t pair_slots;  ///< A power of two.
        std::uint32_t text_bytes;
        std::uint32_t longest_token;
        std::uint32_t padding;
    };

    /// A token and how many bytes of a text it covers.
    struct match {
        token_id token{no_token};
        std::uint32_t size{0};
    };

    /// Errors: `errc::io_failed`: these are not the bytes of a vocabulary.
    [[nodiscard]] static result<vocabulary> read(std::span<std::byte const> packed);

    [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }
    [[nodiscard]] std::size_t longest_token() const noexcept { return longest_; }
    [[nodiscard]] std::string_view text_of(token_id token) const noexcept {
        return text_.substr(starts_[token], starts_[token + 1] - starts_[token]);
    }
    [[nodiscard]] std::uint32_t size_of(token_id token) const noexcept { return starts_[token + 1] - starts_[token]; }

    /// Calls `f` with each token that `text` begins with, shortest first.
    template <class F>
    void for_each_match(std::string_view text, F f) const {
        std::uint32_t node = 0;
        for (std::uint32_t i = 0; i < text.size(); ++i) {
            auto const child = nodes_[node].base + static_cast<unsigned char>(text[i]);
            if (nodes_[child].parent != node) return;
            node = child;
            if (nodes_[node].token != no_token) f(match{nodes_[node].token, i + 1});
        }
    }
    /// The longest token that `text` begins with.
    [[nodiscard]] match longest_match(std::string_view text) const noexcept {
        match found;
        for_each_match(text, [&](match one) { found = one; });
        return found;
    }
    /// The longest token that a token begins with, besides itself.
    [[nodiscard]] token_id longest_prefix(token_id token) const noexcept { return prefixes_[token]; }

    /// Whether the two, each encoded as itself, stay so side by side: no merge across their border comes before those
    /// that made them. All of a text is encoded as its tokens if each two neighbours are.
    [[nodiscard]] bool can_follow(token_id left, token_id right) const noexcept {
        auto earliest = no_token;
        for (;;) {
            if (merged(left, right) < earliest) return false;
            bool const right_is_byte = parts_[right].left == right;
            if (parts_[left].left != left && (left > right || right_is_byte)) {
                earliest = left;
                left = parts_[left].right;
            } else if (!right_is_byte) {
                earliest = right + 1;  // of two merges alike the left one is first
                right = parts_[right].left;
            } else {
                return true;
            }
        }
    }

private:
    friend class vocabulary_packer;

    /// The token that two become; `no_token`: they do not.
    [[nodiscard]] token_id merged(token_id left, token_id right) const noexcept {
        auto const wanted = pair_of(left, right);
        for (auto slot = hash_of(wanted) & slot_mask_;; slot = (slot + 1) & slot_mask_) {
            auto const found = pairs_[slot];
            if (found == 0) return no_token;
            if (found >> token_bits == wanted) return static_cast<token_id>(found & ((1U << token_bits) - 1));
        }
    }

    std::span<std::uint64_t const> pairs_{};
    std::span<trie_node const> nodes_{};
    std::span<token_parts const> parts_{};
    std::span<token_id const> prefixes_{};
    std::span<std::uint32_t const> starts_{};
    std::string_view text_{};
    std::uint64_t slot_mask_{0};
    std::size_t longest_{0};
};

/// The packed form of a vocabulary.
/// @param ranks  A text in tiktoken's form: on each line a token in base64, a blank and its rank, from 0 without gaps.
/// Errors: `errc::invalid_argument`: it is not that, or a byte is no token, or a token is not merged of others.
[[nodiscard]] result<std::string> pack_vocabulary(std::string_view ranks);

}  // namespace coax::tokens::detail
