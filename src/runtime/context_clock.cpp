#include "runtime/internal/context_clock.hpp"

#include <random>
#include <utility>

namespace coax::detail {
namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;

/// The mixing step of SplitMix64.
constexpr std::uint64_t mixed(std::uint64_t bits) noexcept {
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31U);
}

std::uint64_t fresh_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

}  // namespace

context_clock::context_clock() : time_{std::shared_ptr<clock const>{}, &clock::real()}, random_state_{fresh_seed()} {}

double context_clock::random() noexcept {
    auto const state = random_state_.fetch_add(golden, std::memory_order_relaxed) + golden;
    return static_cast<double>(mixed(state) >> 11U) * 0x1p-53;
}

void context_clock::use_virtual(std::shared_ptr<virtual_clock> time, std::uint64_t seed) {
    time_ = time;
    virtual_time_ = std::move(time);
    random_state_ = golden + seed;
    tie_seed_ = seed;
}

std::uint64_t context_clock::tie_breaker(std::uint64_t sequence) const noexcept {
    return tie_seed_ == 0 ? sequence : mixed(sequence * golden ^ tie_seed_);
}

}  // namespace coax::detail
