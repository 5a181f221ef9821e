#include "batch/answer_table.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <sys/mman.h>

namespace coax::detail {

void answer_table::unmapped::operator()(place* places) const noexcept { ::munmap(places, bytes); }

void answer_table::add(std::uint64_t sent, std::uint64_t offset) {
    if (most_ == 0 || sent == 0) return;
    if (2 * count_ >= size_) make_room();
    put({sent, offset});
}

/// Uses twice as many places, as long as there are some: each goes on where it is, or so much further behind.
void answer_table::make_room() {
    auto const most = std::max(std::bit_ceil(most_), ways);
    if (size_ == most) return;
    if (!places_) {
        auto const bytes = most * sizeof(place);
        auto* const mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) throw std::bad_alloc{};  // NOLINT: the system's macro
        places_ = {static_cast<place*>(mapped), unmapped{bytes}};
        size_ = ways;
        return;
    }
    auto const before = size_;
    size_ *= 2;
    count_ = 0;
    for (auto* first = places_.get(); first != places_.get() + before; first += ways) {
        std::array<place, ways> all{};
        std::swap_ranges(all.begin(), all.end(), first);
        for (auto one = all.rbegin(); one != all.rend(); ++one)  // so that the newest stands first again
            if (one->sent != 0) put(*one);
    }
}

/// The newest stands first among those of its places.
void answer_table::put(place one) noexcept {
    auto* const first = first_of(one.sent);
    auto* const last = first + ways - 1;
    auto* const free =
        std::find_if(first, last, [&](place const& each) { return each.sent == 0 || each.sent == one.sent; });
    if (free->sent == 0) ++count_;
    std::move_backward(first, free, free + 1);
    *first = one;
}

std::optional<std::uint64_t> answer_table::find(std::uint64_t sent) const noexcept {
    if (!places_ || sent == 0) return std::nullopt;
    auto const* const first = first_of(sent);
    auto const* const found = std::find_if(first, first + ways, [&](place const& one) { return one.sent == sent; });
    return found == first + ways ? std::nullopt : std::optional{found->offset};
}

}  // namespace coax::detail
