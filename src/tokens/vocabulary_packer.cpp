#include "tokens/vocabulary.hpp"
#include "tokens/vocabulary_format.hpp"

#include <coax/chat/content.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <vector>

namespace coax::tokens::detail {
namespace {

error bad_ranks(std::size_t line, char const* what) {
    return invalid_argument("ranks", "line " + std::to_string(line) + ": " + what);
}

/// The bytes of all tokens, in the order of their ranks.
result<std::vector<std::string>> read_ranks(std::string_view text) {
    std::vector<std::string> tokens;
    for (std::size_t line = 1; !text.empty(); ++line) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const row = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (row.empty()) continue;
        auto const blank = row.find(' ');
        if (blank == std::string_view::npos) return bad_ranks(line, "needs a token and its rank");
        std::size_t rank = 0;
        auto const [stop, why] = std::from_chars(row.data() + blank + 1, row.data() + row.size(), rank);
        if (why != std::errc{} || rank != tokens.size()) return bad_ranks(line, "must have the next rank");
        tokens.push_back(base64_data{std::string{row.substr(0, blank)}}.decode());
        if (tokens.back().empty()) return bad_ranks(line, "is not base64");
        if (tokens.back().size() > max_token_bytes) return bad_ranks(line, "a token is at most 255 bytes");
    }
    if (tokens.empty() || tokens.size() >= (1U << token_bits) - 1)
        return invalid_argument("ranks", "must be 1 to 1,048,574 tokens");
    return tokens;
}

/// Builds the double array of a tree, node by node, each one's children at the first place where all of them fit.
class trie_builder {
public:
    explicit trie_builder(std::vector<std::string> const& tokens) : tokens_{tokens}, order_(tokens.size()) {
        std::iota(order_.begin(), order_.end(), token_id{0});
        std::ranges::sort(order_, [&](token_id a, token_id b) { return tokens[a] < tokens[b]; });
        grow(0);
        nodes_[0].parent = no_parent - 1;
        open_.push_back({0, 0, order_.size(), 0});
        for (std::size_t i = 0; i < open_.size(); ++i) place_children(open_[i]);
    }

    [[nodiscard]] std::vector<trie_node> take() {
        grow(nodes_.size());
        return std::move(nodes_);
    }

private:
    static constexpr std::uint32_t no_parent = no_token;

    /// A node, and the tokens below it as a range of the sorted ones.
    struct open_node {
        std::uint32_t node;
        std::size_t begin;
        std::size_t end;
        std::size_t depth;
    };

    /// Room for all children of a base.
    void grow(std::size_t base) {
        if (nodes_.size() < base + 256) nodes_.resize(base + 256, trie_node{0, no_parent, no_token});
    }

    void place_children(open_node of) {
        while (of.begin != of.end && tokens_[order_[of.begin]].size() == of.depth)  // more than one: `find_merges` sees
            nodes_[of.node].token = order_[of.begin++];
        if (of.begin == of.end) return;
        std::vector<open_node> children;
        for (auto at = of.begin; at != of.end; ++at) {
            auto const byte = byte_of(at, of.depth);
            if (children.empty() || children.back().node != byte) children.push_back({byte, at, at, of.depth + 1});
            children.back().end = at + 1;
        }
        auto const base = base_for(children);
        nodes_[of.node].base = base;
        for (auto& child : children) {
            child.node += base;
            nodes_[child.node].parent = of.node;
            open_.push_back(child);
        }
    }

    [[nodiscard]] std::uint32_t byte_of(std::size_t at, std::size_t depth) const {
        return static_cast<unsigned char>(tokens_[order_[at]][depth]);
    }
    [[nodiscard]] bool is_free(std::size_t at) const { return at >= nodes_.size() || nodes_[at].parent == no_parent; }

    [[nodiscard]] std::uint32_t base_for(std::vector<open_node> const& children) {
        auto const first = children.front().node;
        while (!is_free(first_free_)) ++first_free_;
        auto& from = children.size() == 1 ? first_free_ : first_roomy_;
        from = std::max(from, first_free_);
        for (auto at = std::max<std::size_t>(from, first + 1);; ++at) {
            auto const base = at - first;
            auto const fits = [&](open_node const& child) { return is_free(base + child.node); };
            if (!std::ranges::all_of(children, fits)) continue;
            // What lies behind is full enough: looking at it again for each node would take forever.
            if (children.size() > 1 && at - from > most_tries) from = at - most_tries / 2;
            grow(base);
            return static_cast<std::uint32_t>(base);
        }
    }

    static constexpr std::size_t most_tries = 4'096;

    std::vector<std::string> const& tokens_;
    std::vector<token_id> order_;
    std::vector<trie_node> nodes_{};
    std::vector<open_node> open_{};
    std::size_t first_free_{1};
    std::size_t first_roomy_{1};
};

template <class T>
std::span<std::byte const> bytes_of(std::vector<T> const& table) {
    return std::as_bytes(std::span{table});
}

}  // namespace

/// Fills the tables one by one, with the help of those that are there.
class vocabulary_packer {
public:
    explicit vocabulary_packer(std::vector<std::string> const& tokens) : nodes_{trie_builder{tokens}.take()} {
        for (auto const& token : tokens) {
            text_.insert(text_.end(), token.begin(), token.end());
            starts_.push_back(static_cast<std::uint32_t>(text_.size()));
            longest_ = std::max(longest_, token.size());
        }
        pairs_.resize(std::bit_ceil(2 * tokens.size() + 2));
        prefixes_.reserve(tokens.size());
        parts_.reserve(tokens.size());
        view_.nodes_ = nodes_;
        view_.starts_ = starts_;
        view_.text_ = {text_.data(), text_.size()};
        view_.pairs_ = pairs_;
        view_.slot_mask_ = pairs_.size() - 1;
    }

    /// Finds for each token, in the order of the ranks, which two are merged to it.
    [[nodiscard]] result<void> find_merges() {
        auto const count = static_cast<token_id>(starts_.size() - 1);
        for (token_id token = 0; token < count; ++token) {
            auto const text = view_.text_of(token);
            prefixes_.push_back(view_.longest_match(text.substr(0, text.size() - 1)).token);
            if (view_.longest_match(text).token != token) return bad_ranks(token + 1, "is there twice");
        }
        view_.prefixes_ = prefixes_;
        for (token_id token = 0; token < count; ++token)
            if (!find_merge(token)) return bad_ranks(token + 1, "the token is not merged of tokens of lower ranks");
        for (int byte = 0; byte < 256; ++byte) {
            char const text = static_cast<char>(byte);
            if (view_.longest_match({&text, 1}).token == no_token)
                return invalid_argument("ranks", "byte " + std::to_string(byte) + " is no token");
        }
        return {};
    }

    [[nodiscard]] std::string pack() const {
        vocabulary::header head{.magic = format_magic,
                                .checksum = 0,
                                .token_count = static_cast<std::uint32_t>(parts_.size()),
                                .node_count = static_cast<std::uint32_t>(nodes_.size()),
                                .pair_slots = static_cast<std::uint32_t>(pairs_.size()),
                                .text_bytes = static_cast<std::uint32_t>(text_.size()),
                                .longest_token = static_cast<std::uint32_t>(longest_),
                                .padding = 0};
        std::string packed(sizeof head, '\0');
        for (auto const table : {bytes_of(pairs_), bytes_of(nodes_), bytes_of(parts_), bytes_of(prefixes_),
                                 bytes_of(starts_), bytes_of(text_)}) {
            packed.append(reinterpret_cast<char const*>(table.data()), table.size());
            packed.resize(padded(packed.size()));
        }
        head.checksum = checksum_of(std::as_bytes(std::span{packed}).subspan(sizeof head));
        std::memcpy(packed.data(), &head, sizeof head);
        return packed;
    }

private:
    [[nodiscard]] bool find_merge(token_id token) {
        auto const text = view_.text_of(token);
        if (text.size() == 1) return parts_.push_back({token, token}), view_.parts_ = parts_, true;
        for (auto left = prefixes_[token]; left != no_token; left = prefixes_[left]) {
            auto const rest = text.substr(view_.size_of(left));
            auto const right = view_.longest_match(rest);
            if (right.size != rest.size() || left >= token || right.token >= token) continue;
            if (!view_.can_follow(left, right.token)) continue;
            add_pair(left, right.token, token);
            parts_.push_back({left, right.token});
            view_.parts_ = parts_;
            return true;
        }
        return false;
    }

    void add_pair(token_id left, token_id right, token_id whole) noexcept {
        auto const pair = pair_of(left, right);
        auto slot = hash_of(pair) & view_.slot_mask_;
        while (pairs_[slot] != 0) slot = (slot + 1) & view_.slot_mask_;
        pairs_[slot] = (pair << token_bits) | whole;
    }

    std::vector<std::uint64_t> pairs_{};
    std::vector<trie_node> nodes_;
    std::vector<token_parts> parts_{};
    std::vector<token_id> prefixes_{};
    std::vector<std::uint32_t> starts_{0};
    std::vector<char> text_{};
    std::size_t longest_{0};
    vocabulary view_{};  ///< Of those above.
};

result<std::string> pack_vocabulary(std::string_view ranks) {
    auto const tokens = read_ranks(ranks);
    if (!tokens) return tokens.error();
    vocabulary_packer packer{*tokens};
    if (auto found = packer.find_merges(); !found) return std::move(found).error();
    return packer.pack();
}

}  // namespace coax::tokens::detail
