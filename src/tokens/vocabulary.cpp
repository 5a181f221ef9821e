#include "tokens/vocabulary.hpp"

#include "tokens/vocabulary_format.hpp"

namespace coax::tokens::detail {
namespace {

error unreadable(char const* what) {
    return {.code = errc::io_failed,
            .message = std::string{"this is no vocabulary of this version of coax: "} + what +
                       " (make it again: scripts/fetch_ranks)"};
}

/// Takes table after table from packed bytes.
class table_reader {
public:
    explicit table_reader(std::span<std::byte const> bytes) : rest_{bytes} {}

    template <class T>
    [[nodiscard]] std::span<T const> take(std::size_t count) noexcept {
        auto const bytes = padded(count * sizeof(T));
        if (bytes > rest_.size()) return fits_ = false, std::span<T const>{};
        std::span<T const> const table{reinterpret_cast<T const*>(rest_.data()), count};
        rest_ = rest_.subspan(bytes);
        return table;
    }
    [[nodiscard]] bool took_all() const noexcept { return fits_ && rest_.empty(); }

private:
    std::span<std::byte const> rest_;
    bool fits_{true};
};

}  // namespace

std::uint64_t checksum_of(std::span<std::byte const> bytes) noexcept {
    std::uint64_t sum = bytes.size();
    for (; bytes.size() >= sizeof sum; bytes = bytes.subspan(sizeof sum)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        sum = std::rotl((sum ^ word) * 0x9E3779B97F4A7C15ULL, 29);
    }
    return sum;
}

result<vocabulary> vocabulary::read(std::span<std::byte const> packed) {
    header head{};
    if (packed.size() < sizeof head) return unreadable("it is too short");
    std::memcpy(&head, packed.data(), sizeof head);
    auto const tables = packed.subspan(sizeof head);
    if (head.magic != format_magic) return unreadable("it begins otherwise");
    if (head.checksum != checksum_of(tables)) return unreadable("its bytes were changed");
    table_reader from{tables};
    vocabulary words;
    words.pairs_ = from.take<std::uint64_t>(head.pair_slots);
    words.nodes_ = from.take<trie_node>(head.node_count);
    words.parts_ = from.take<token_parts>(head.token_count);
    words.prefixes_ = from.take<token_id>(head.token_count);
    words.starts_ = from.take<std::uint32_t>(std::size_t{head.token_count} + 1);
    auto const text = from.take<char>(head.text_bytes);
    if (!from.took_all()) return unreadable("its tables do not fit");
    words.text_ = {text.data(), text.size()};
    words.slot_mask_ = head.pair_slots - 1;
    words.longest_ = head.longest_token;
    return words;
}

}  // namespace coax::tokens::detail
