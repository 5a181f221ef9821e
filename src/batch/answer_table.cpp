#include "batch/answer_table.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace coax::detail {

void answer_table::add(std::uint64_t sent, std::uint64_t offset) {
    if (most_ == 0 || sent == 0) return;
    if (2 * count_ >= places_.size()) grow();
    put({sent, offset});
}

/// Twice the size, as long as that is allowed.
void answer_table::grow() {
    auto const most = std::max(std::bit_ceil(most_), ways);
    if (places_.size() >= most) return;
    auto const before = std::exchange(places_, std::vector<place>(std::max<std::size_t>(2 * places_.size(), 64)));
    if (places_.size() > most) places_.resize(most);
    count_ = 0;
    for (auto const& one : before)
        if (one.sent != 0) put(one);
}

/// The newest stands first among those of its places.
void answer_table::put(place one) {
    auto const first = places_.begin() + static_cast<std::ptrdiff_t>(first_of(one.sent));
    auto const last = first + ways - 1;
    auto free = std::find_if(first, last, [&](place const& each) { return each.sent == 0 || each.sent == one.sent; });
    if (free->sent == 0) ++count_;
    std::move_backward(first, free, free + 1);
    *first = one;
}

std::optional<std::uint64_t> answer_table::find(std::uint64_t sent) const noexcept {
    if (places_.empty() || sent == 0) return std::nullopt;
    auto const first = places_.begin() + static_cast<std::ptrdiff_t>(first_of(sent));
    auto const found = std::find_if(first, first + ways, [&](place const& each) { return each.sent == sent; });
    return found == first + ways ? std::nullopt : std::optional{found->offset};
}

void answer_table::clear() noexcept {
    places_ = {};
    count_ = 0;
}

}  // namespace coax::detail
