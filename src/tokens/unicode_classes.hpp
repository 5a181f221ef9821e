#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>

namespace coax::tokens::detail {

/// What the patterns that cut a text into words tell apart. Unicode's general categories and White_Space.
enum class char_class : std::uint8_t { other, blank, number, upper, lower, caseless, mark, line_break };

/// Several classes at once.
[[nodiscard]] constexpr unsigned set_of(auto... classes) noexcept {
    return ((1U << static_cast<unsigned>(classes)) | ...);
}

struct character {
    char_class kind;
    std::uint8_t size;  ///< In bytes.

    [[nodiscard]] bool in(unsigned set) const noexcept { return ((set >> static_cast<unsigned>(kind)) & 1U) != 0; }
};

/// The class of each code point: 1.1 MB, of which a text touches little. Made once.
class char_classes {
public:
    [[nodiscard]] static char_classes const& unicode();

    [[nodiscard]] char_class of(std::uint32_t code_point) const noexcept { return table_[code_point]; }

    /// The character at `at`, in well-formed UTF-8.
    [[nodiscard]] character at(char const* at) const noexcept {
        auto const byte = [at](int index) { return static_cast<std::uint32_t>(static_cast<unsigned char>(at[index])); };
        auto const tail = [&](int index) { return byte(index) & 0x3FU; };
        auto const lead = byte(0);
        if (lead < 0x80) return {table_[lead], 1};
        if (lead < 0xE0) return {table_[((lead & 0x1FU) << 6U) | tail(1)], 2};
        if (lead < 0xF0) return {table_[((lead & 0xFU) << 12U) | (tail(1) << 6U) | tail(2)], 3};
        return {table_[((lead & 7U) << 18U) | (tail(1) << 12U) | (tail(2) << 6U) | tail(3)], 4};
    }

private:
    static constexpr std::uint32_t code_points = 0x110000;

    char_classes();
    void add(std::uint32_t first, std::uint32_t end, char_class kind) noexcept {
        for (auto point = first; point < end; ++point) table_[point] = kind;
    }

    std::unique_ptr<char_class[]> table_{std::make_unique<char_class[]>(code_points)};
};

inline char_classes const& char_classes::unicode() {
    static char_classes const all;
    return all;
}

}  // namespace coax::tokens::detail
