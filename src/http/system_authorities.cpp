#include "http/system_authorities.hpp"

#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace coax::http::detail {
namespace {

/// Debian and Alpine, Fedora and RHEL (two generations), openSUSE, macOS and the BSDs, Homebrew.
constexpr std::array<char const*, 7> usual_authority_files{"/etc/ssl/certs/ca-certificates.crt",
                                                           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                                           "/etc/pki/tls/certs/ca-bundle.crt",
                                                           "/etc/ssl/ca-bundle.pem",
                                                           "/etc/ssl/cert.pem",
                                                           "/usr/local/etc/ssl/cert.pem",
                                                           "/opt/homebrew/etc/openssl@3/cert.pem"};

bool is_readable_file_or_full_folder(std::string const& path) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) return !std::filesystem::is_empty(path, failed) && !failed;
    return std::ifstream{path}.good();
}

}  // namespace

system_authorities find_system_authorities(
    std::vector<std::string> const& default_places,
    std::function<std::optional<std::string>(std::string_view name)> const& look_up,
    std::function<bool(std::string const& path)> const& is_there) {
    for (auto const* name : {"SSL_CERT_FILE", "SSL_CERT_DIR"})
        if (auto const named = look_up(name); named && !named->empty()) return {.in_default_places = true};
    if (std::ranges::any_of(default_places, is_there)) return {.in_default_places = true};
    auto const usual = std::ranges::find_if(usual_authority_files, is_there);
    return {.file = usual == usual_authority_files.end() ? "" : *usual};
}

system_authorities const& authorities_of_this_machine() {
    static auto const found = find_system_authorities(
        {X509_get_default_cert_file(), X509_get_default_cert_dir()},
        [](std::string_view name) -> std::optional<std::string> {
            char const* const value = std::getenv(std::string{name}.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
        },
        is_readable_file_or_full_folder);
    return found;
}

std::string no_authorities_message() {
    std::string text{"this machine has no file of certificate authorities where one is looked for: "};
    text.append(X509_get_default_cert_file()).append(", ").append(X509_get_default_cert_dir());
    for (auto const* each : usual_authority_files) text.append(", ").append(each);
    return text.append("; let SSL_CERT_FILE or ca_file name one");
}

}  // namespace coax::http::detail
