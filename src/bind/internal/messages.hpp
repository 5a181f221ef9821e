#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The wording of violations, the same for typed reading and for schemas known at run time.
namespace coax::bind::detail {

inline constexpr std::string_view missing_key = "nothing: the key is required";
inline constexpr std::string_view unknown_key = "unknown key";
inline constexpr std::string_view duplicate_key = "duplicate key";
inline constexpr std::string_view duplicate_item = "duplicate item";

/// `one of "a", "b"`; at most 20 are named.
/// @param name  Returns the i-th as it stands in JSON.
template <class Name>
[[nodiscard]] std::string one_of(std::size_t count, Name name) {
    constexpr std::size_t most = 20;
    std::string list = "one of";
    for (std::size_t i = 0; i < count && i < most; ++i) list.append(i == 0 ? " " : ", ").append(name(i));
    return count > most ? list + ", ..." : list;
}

[[nodiscard]] inline std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

/// Adds "or what" to a list of what is expected, unless it is there already.
inline void add_choice(std::string& list, std::string const& what) {
    if ((" or " + list + " or ").find(" or " + what + " or ") != std::string::npos) return;
    list += (list.empty() ? "" : " or ") + what;
}

}  // namespace coax::bind::detail
