#pragma once

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>

#include <string>

namespace coax {

/// The certificate by which a client proves itself to a server that asks for one (mutual TLS), and its private key, in
/// PEM. Default: none. A server that insists on one, or does not accept this one, is `errc::tls_failed`, which says so.
/// Files are read when the first connection over TLS is made, and again by one that is made after they have changed: a
/// renewed certificate needs no restart. While a changed pair cannot be read or does not fit, the one before it serves.
struct tls_client_certificate {
    /// File with the certificate, followed by those of its issuers that the server may lack.
    std::string file{};
    /// The same as text, in place of `file`.
    std::string pem{};
    /// File with the private key. Empty: it stands beside the certificate.
    std::string key_file{};
    /// The same as text, in place of `key_file`.
    secret key_pem{};
    /// What the key is encrypted with. Nobody is asked for it: an encrypted key without it is `errc::tls_failed`.
    secret passphrase{};
};

/// `errc::invalid_argument`, naming the member that is wrong: a key without a certificate, or one given in two ways.
[[nodiscard]] result<void> validate(tls_client_certificate const& certificate);

}  // namespace coax
