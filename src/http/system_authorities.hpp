#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::http::detail {

/// Where the machine keeps the certificate authorities that it trusts.
struct system_authorities {
    /// OpenSSL's own places hold some, or the environment names another one: nothing is to be added.
    bool in_default_places{false};
    /// Where they do not: the first of the usual files that is there. Empty: none is.
    std::string file{};

    [[nodiscard]] bool found() const noexcept { return in_default_places || !file.empty(); }
};

/// An OpenSSL that was built for another machine, as a static one is, looks where this one may have nothing.
/// @param default_places  A file and a folder.
/// @param look_up         A variable of the environment; a set SSL_CERT_FILE or SSL_CERT_DIR takes the place of both.
/// @param is_there        Whether a file can be read, or a folder has something in it.
[[nodiscard]] system_authorities find_system_authorities(
    std::vector<std::string> const& default_places,
    std::function<std::optional<std::string>(std::string_view name)> const& look_up,
    std::function<bool(std::string const& path)> const& is_there);

/// The same of this machine, looked for once.
[[nodiscard]] system_authorities const& authorities_of_this_machine();

/// For an error: which files were tried, and what to do.
[[nodiscard]] std::string no_authorities_message();

}  // namespace coax::http::detail
