#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace coax::sim::detail {

/// One step of SplitMix64's output function: every bit of the input affects every bit of the result.
[[nodiscard]] constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31U);
}

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    return scramble(a ^ scramble(b));
}

/// The same on every machine of one byte order; no defence against an adversary.
[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view text, std::uint64_t seed) noexcept {
    std::uint64_t hash = mix(seed, text.size());
    for (; text.size() >= 8; text.remove_prefix(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        hash = scramble(hash ^ word);
    }
    std::uint64_t tail = 0;
    if (!text.empty()) std::memcpy(&tail, text.data(), text.size());
    return scramble(hash ^ tail);
}

/// A number in [0, 1) from a hash.
[[nodiscard]] constexpr double unit_of(std::uint64_t hash) noexcept {
    return static_cast<double>(hash >> 11U) * 0x1.0p-53;
}

/// Numbers that follow from the seed alone, on every platform (those of <random>'s distributions do not).
class random_source {
public:
    explicit constexpr random_source(std::uint64_t seed) noexcept : state_{seed} {}

    constexpr std::uint64_t next() noexcept { return scramble(state_ += 0x9e3779b97f4a7c15ULL); }
    /// In [0, count); 0 if `count` is 0.
    constexpr std::size_t below(std::size_t count) noexcept {
        return count == 0 ? 0 : static_cast<std::size_t>(next() % count);
    }
    constexpr double unit() noexcept { return unit_of(next()); }
    constexpr bool chance(double probability) noexcept { return unit() < probability; }

private:
    std::uint64_t state_;
};

}  // namespace coax::sim::detail
