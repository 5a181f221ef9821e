#include "http/system_authorities.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>

namespace coax::http::detail {
namespace {

struct authorities_case {
    char const* name;
    std::map<std::string, std::string, std::less<>> environment;
    std::vector<std::string> there;
    bool in_default_places;
    char const* file;
};
void PrintTo(authorities_case const& row, std::ostream* out) { *out << row.name; }
class SystemAuthorities : public testing::TestWithParam<authorities_case> {};

TEST_P(SystemAuthorities, AreFoundWhereTheMachineHasThem) {
    auto const& row = GetParam();
    auto const found = find_system_authorities(
        {"/static/ssl/cert.pem", "/static/ssl/certs"},
        [&](std::string_view name) -> std::optional<std::string> {
            auto const at = row.environment.find(name);
            return at == row.environment.end() ? std::nullopt : std::optional{at->second};
        },
        [&](std::string const& path) { return std::ranges::count(row.there, path) > 0; });
    EXPECT_EQ(found.in_default_places, row.in_default_places);
    EXPECT_EQ(found.file, row.file);
    EXPECT_EQ(found.found(), row.in_default_places || *row.file != '\0');
}

constexpr char const* debian = "/etc/ssl/certs/ca-certificates.crt";
constexpr char const* fedora = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";

INSTANTIATE_TEST_SUITE_P(
    Rows, SystemAuthorities,
    testing::Values(authorities_case{"file_of_openssl", {}, {"/static/ssl/cert.pem", debian}, true, ""},
                    authorities_case{"folder_of_openssl", {}, {"/static/ssl/certs"}, true, ""},
                    authorities_case{"named_by_the_environment", {{"SSL_CERT_FILE", "/my.pem"}}, {debian}, true, ""},
                    authorities_case{"folder_named", {{"SSL_CERT_DIR", "/my"}}, {}, true, ""},
                    authorities_case{"empty_name_is_none", {{"SSL_CERT_FILE", ""}}, {debian}, false, debian},
                    authorities_case{"debian", {}, {debian}, false, debian},
                    authorities_case{"first_of_two", {}, {fedora, debian}, false, debian},
                    authorities_case{"fedora", {}, {fedora}, false, fedora},
                    authorities_case{"none", {}, {}, false, ""}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SystemAuthorities, WhereNoneAreTheMessageNamesFilesAndRemedy) {
    auto const message = no_authorities_message();
    for (auto const* part : {debian, fedora, "SSL_CERT_FILE", "ca_file"})
        EXPECT_NE(message.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace coax::http::detail
