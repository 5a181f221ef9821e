#include "http/internal/secret_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace coax::http::detail {

bool names_credential(std::string_view name) {
    std::string lower{name};
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::array<std::string_view, 8> marks{"auth",  "cookie", "credential", "key",
                                                    "passw", "secret", "sig",        "token"};
    auto const has = [&](std::string_view mark) { return lower.find(mark) != std::string::npos; };
    return lower == "code" || std::ranges::any_of(marks, has);
}

std::string without_scheme(std::string const& value) {
    auto const blank = value.find(' ');
    return blank == std::string::npos ? value : value.substr(blank + 1);
}

}  // namespace coax::http::detail
