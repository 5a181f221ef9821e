#pragma once

#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace coax::auth::detail {

using signing_key = std::shared_ptr<evp_pkey_st>;

/// Reads an RSA key in PEM. Null: it is none.
[[nodiscard]] signing_key read_signing_key(secret const& pem);

/// A JSON Web Token (RFC 7515) of these claims, an object, signed with RS256.
/// @param key_id  Of the header; empty: it has none. Errors: `errc::internal`: OpenSSL refused to sign.
[[nodiscard]] result<secret> sign_assertion(signing_key const& key, std::string_view key_id, std::string_view claims);

}  // namespace coax::auth::detail
