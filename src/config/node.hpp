#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coax::config::detail {

/// Where a value was stated.
struct place {
    std::string source{};  ///< A file, "environment NAME", or a flag.
    std::size_t line{0};   ///< From 1. 0: the source has no lines.
    std::size_t column{0};
};

/// "coax.yaml:12:5", "environment COAX_MODEL", "--model".
[[nodiscard]] std::string to_string(place const& where);

enum class node_kind : unsigned char {
    null,
    plain,    ///< Text without quotes: its type is that of the setting it is for.
    quoted,   ///< Text.
    literal,  ///< A number or boolean of JSON.
    list,
    map
};

/// The text that a source ends in error for.
struct problem {
    place where{};
    std::string message{};
};

/// A value as it is written, before it is known what it is for.
struct node {
    node_kind kind{node_kind::null};
    std::string text{};  ///< Of a scalar.
    place at{};
    std::vector<node> items{};  ///< Of a list or map.
    std::string key{};          ///< Of a map's item; each stands there once.
    place key_at{};
    bool expanded{false};  ///< The text holds the value of a variable: it is not shown.

    [[nodiscard]] node const* find(std::string_view name) const noexcept;
};

/// What a file may be at most.
inline constexpr std::size_t most_file_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t most_nodes = 20'000;  ///< Aliases counted as what they stand for.
inline constexpr std::size_t most_levels = 64;

}  // namespace coax::config::detail
