#pragma once

#include "provider/endpoint.hpp"
#include "provider/request_members.hpp"

#include <coax/core/result.hpp>
#include <coax/provider/provider.hpp>

#include <string>
#include <string_view>

namespace coax::detail {

/// Where a service's methods are, and what of a request names its model.
struct openai_urls {
    endpoint to;
    std::string deployment{};       ///< Takes the place of the request's model; empty: the request names it.
    bool path_names_model{false};   ///< The model or deployment follows the base's path.
    bool classic_responses{false};  ///< Responses are beside the deployments, embeddings are in them.
    bool fixed_deployment{false};   ///< The base has the deployment: no request needs a model.
    std::string version{};          ///< Azure's dated version; empty: none.

    /// A POST of a method such as "/chat/completions", with the model in the path where that names it.
    [[nodiscard]] http_request post(std::string_view method, std::string const& model, std::string body) const;
};

/// Azure OpenAI's URLs. Source: reference azure.md, sections 1 and 4.
///
/// classic: {base}/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21
/// v1:      {base}/openai/v1/chat/completions, the deployment as the body's model
/// Responses: {base}/openai/v1/responses, {base}/openai/responses?api-version=2025-04-01-preview
/// @returns errc::invalid_argument for a base and a version that do not go together.
[[nodiscard]] result<openai_urls> make_azure_urls(endpoint base, provider_options const& options, bool responses);

/// Takes away what one of Azure's dated versions does not know yet. Source: reference azure.md, section 3.
void remove_newer_members(member_set& known, std::string_view version);

/// {base}/chat/completions?api-version=2024-05-01-preview. Source: reference azure.md, section 7.1.
[[nodiscard]] openai_urls make_inference_urls(endpoint base, provider_options const& options);

}  // namespace coax::detail
