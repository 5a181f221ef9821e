#pragma once

#include <coax/auth/token_source.hpp>
#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// Tokens of Google Cloud for Vertex AI, to be given as `service_options::token_source`. Each is kept and refreshed
/// before it ends (`cached_token`). No error of theirs repeats a key or a token; they name the address that was asked
/// and Google's words ("Invalid JWT Signature.").
namespace coax {

/// What a token is for.
struct google_options {
    std::string scope{"https://www.googleapis.com/auth/cloud-platform"};
    token_http_options http{};
};

/// A service account that signs in with its own key, as in the JSON file that Google Cloud makes of one.
struct service_account {
    std::string client_email{};
    secret private_key{};          ///< RSA, in PEM.
    std::string private_key_id{};  ///< Empty: not sent.
    std::string token_uri{"https://oauth2.googleapis.com/token"};
};
/// Signs a request for a token with RS256, anew for each refresh.
/// @throws coax::exception  `errc::invalid_argument`, naming the member.
[[nodiscard]] token_source service_account_token(service_account const& who, google_options const& options = {});

/// The account that a virtual machine, a container or a function of Google Cloud runs as.
struct google_metadata_server {
    std::string host{"http://metadata.google.internal"};
    std::string account{"default"};  ///< Its e-mail address or alias.
};
/// @throws coax::exception  `errc::invalid_argument`, naming the member.
[[nodiscard]] token_source google_metadata_token(google_metadata_server const& who = {},
                                                 google_options const& options = {});

/// The source that a file of credentials describes: of type "service_account", or "authorized_user" as
/// `gcloud auth application-default login` writes it.
/// Errors: `errc::io_failed`, `errc::invalid_argument`; `where` is the path.
[[nodiscard]] result<token_source> google_token_file(std::string const& path, google_options const& options = {});

/// The source that the environment describes, in the order of Google's own libraries: the file that
/// GOOGLE_APPLICATION_CREDENTIALS names, gcloud's own in CLOUDSDK_CONFIG or below HOME, else the metadata server
/// (GCE_METADATA_HOST or its own name), which answers on Google Cloud only.
/// @param look_up  Returns nothing for a name that is not set.
/// Errors: those of `google_token_file`.
[[nodiscard]] result<token_source> google_token_from(
    std::function<std::optional<std::string>(std::string_view name)> const& look_up,
    google_options const& options = {});

}  // namespace coax
