#pragma once

#include <coax/auth/token_source.hpp>
#include <coax/core/result.hpp>
#include <coax/core/secret.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// Tokens of Microsoft Entra ID for Azure's services, to be given as `service_options::token_source`. Each is kept and
/// refreshed before it ends (`cached_token`). No error of theirs repeats a secret; they name the address that was asked
/// and Entra's words ("AADSTS700016: …").
namespace coax {

/// What a token is for.
struct entra_options {
    /// Azure's v1 URLs (the default), "https://cognitiveservices.azure.com/.default" for its dated versions, and
    /// "https://ml.azure.com/.default" for Azure AI model inference.
    std::string scope{"https://ai.azure.com/.default"};
    /// Another one for national clouds.
    std::string authority{"https://login.microsoftonline.com"};
    token_http_options http{};
};

/// An application that signs in with a secret.
struct client_secret_credential {
    std::string tenant_id{};
    std::string client_id{};
    secret client_secret{};
};
/// @throws coax::exception  `errc::invalid_argument`, naming the member.
[[nodiscard]] token_source client_secret_token(client_secret_credential const& who, entra_options const& options = {});

/// An application that signs in with the token that its platform (Kubernetes, a pipeline) keeps in a file. The file is
/// read for each refresh.
struct workload_identity {
    std::string tenant_id{};
    std::string client_id{};
    std::string token_file{};
};
/// @throws coax::exception  `errc::invalid_argument`, naming the member.
[[nodiscard]] token_source workload_identity_token(workload_identity const& who, entra_options const& options = {});

/// The identity that Azure gives a virtual machine, a container or an app.
struct managed_identity {
    /// Which of several, by its client id. Empty: the system-assigned one.
    std::string client_id{};
    /// Of App Service, Functions and Container Apps: their IDENTITY_ENDPOINT. Empty: the metadata service of virtual
    /// machines, `metadata_host`.
    std::string endpoint{};
    secret header{};  ///< Their IDENTITY_HEADER.
    std::string metadata_host{"http://169.254.169.254"};
};
/// @throws coax::exception  `errc::invalid_argument`, naming the member.
[[nodiscard]] token_source managed_identity_token(managed_identity const& who, entra_options const& options = {});

/// The source that the environment describes: AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or
/// AZURE_FEDERATED_TOKEN_FILE, else IDENTITY_ENDPOINT with IDENTITY_HEADER (AZURE_CLIENT_ID then names the identity).
/// AZURE_AUTHORITY_HOST replaces `entra_options::authority`. Empty: none of these is set.
/// @param look_up  Returns nothing for a name that is not set.
/// Errors: `errc::invalid_argument`, naming the variable that is missing or the member that is wrong.
[[nodiscard]] result<token_source> entra_token_from(
    std::function<std::optional<std::string>(std::string_view name)> const& look_up, entra_options options = {});

}  // namespace coax
