#pragma once

#include <chrono>
#include <string>

namespace coax::test {

/// A certificate and its key, in PEM.
struct certificate {
    std::string chain{};
    std::string key{};
};

/// A certificate authority of the tests' own, made afresh: no key is kept anywhere.
class certificate_authority {
public:
    explicit certificate_authority(char const* name = "coax test authority");
    /// An intermediate one: what it issues carries its certificate behind it.
    explicit certificate_authority(certificate_authority const& issuer);

    /// @param host  A name or an address, as the subject's alternative name.
    /// @param good_for  From an hour ago on; negative: it has ended already.
    /// @param in_common_name  There instead, where no client must look for it.
    [[nodiscard]] certificate issue(std::string const& host, std::chrono::seconds good_for = std::chrono::hours{1},
                                    bool in_common_name = false) const;
    /// What a client must trust.
    [[nodiscard]] std::string const& pem() const noexcept { return self_.chain; }

private:
    certificate self_;
    bool is_intermediate_{false};
};

/// The same private key, encrypted.
[[nodiscard]] std::string encrypted(std::string const& key, std::string passphrase);

}  // namespace coax::test
