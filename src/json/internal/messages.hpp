#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The words in which violations are told, whoever finds them.
namespace coax::json::detail {

inline constexpr std::string_view missing_key = "nothing: the key is required";

/// `one of "a", "b"`; at most 20 are named.
/// @param name  Gives the i-th as it stands in JSON.
template <class Name>
[[nodiscard]] std::string one_of(std::size_t count, Name name) {
    constexpr std::size_t most = 20;
    std::string list = "one of";
    for (std::size_t i = 0; i < count && i < most; ++i) list.append(i == 0 ? " " : ", ").append(name(i));
    return count > most ? list + ", ..." : list;
}

[[nodiscard]] inline std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

/// Adds `or what` to a list of what is expected, unless it says so already.
inline void add_choice(std::string& list, std::string const& what) {
    if ((" or " + list + " or ").find(" or " + what + " or ") != std::string::npos) return;
    list += (list.empty() ? "" : " or ") + what;
}

}  // namespace coax::json::detail
