#include "auth/token_request.hpp"

#include <coax/auth/entra.hpp>

#include <initializer_list>
#include <memory>
#include <utility>

namespace coax {
namespace {

using auth::detail::form;
using auth::detail::make_token_request;
using auth::detail::read_small_file;
using auth::detail::request_token;

/// Errors: `errc::invalid_argument`, naming the first member that is empty.
result<void> require(std::initializer_list<std::pair<std::string_view, bool>> members) {
    for (auto const& [name, given] : members)
        if (!given) return invalid_argument(std::string{name}, "must be set");
    return {};
}

std::string token_url(std::string const& tenant_id, entra_options const& options) {
    auto authority = options.authority;
    while (authority.ends_with('/')) authority.pop_back();
    if (authority.find("://") == std::string::npos) authority.insert(0, "https://");
    return authority + '/' + percent_encode(tenant_id) + "/oauth2/v2.0/token";
}

/// What identities are asked for in place of a scope.
std::string resource_of(std::string scope) {
    constexpr std::string_view suffix = "/.default";
    if (scope.ends_with(suffix)) scope.resize(scope.size() - suffix.size());
    return scope;
}

/// One request that is the same each time.
token_source source_of(http_request request, secret hidden, entra_options const& options) {
    auto const shared = std::make_shared<http_request>(std::move(request));
    return cached_token([shared, hidden, how = options.http] { return request_token(how, *shared, hidden); },
                        options.http.cache);
}

/// As a function of its own: what a lambda that is a coroutine captures would die with it.
asio::awaitable<result<access_token>> sign_in_with_file(workload_identity who, entra_options options) {
    auto assertion = read_small_file(who.token_file);
    if (!assertion) co_return std::move(assertion).error();
    auto body = form({{"grant_type", "client_credentials"},
                      {"client_id", who.client_id},
                      {"scope", options.scope},
                      {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                      {"client_assertion", *assertion}});
    auto request = make_token_request("authority", token_url(who.tenant_id, options), std::move(body));
    if (!request) co_return std::move(request).error();
    co_return co_await request_token(options.http, *std::move(request), secret{*std::move(assertion)});
}

result<token_source> make_source(client_secret_credential const& who, entra_options const& options) {
    if (auto valid = require({{"tenant_id", !who.tenant_id.empty()},
                              {"client_id", !who.client_id.empty()},
                              {"client_secret", !who.client_secret.empty()}});
        !valid)
        return std::move(valid).error();
    auto body = form({{"grant_type", "client_credentials"},
                      {"client_id", who.client_id},
                      {"scope", options.scope},
                      {"client_secret", who.client_secret.reveal()}});
    auto request = make_token_request("authority", token_url(who.tenant_id, options), std::move(body));
    if (!request) return std::move(request).error();
    return source_of(*std::move(request), who.client_secret, options);
}

result<token_source> make_source(workload_identity const& who, entra_options const& options) {
    if (auto valid = require({{"tenant_id", !who.tenant_id.empty()},
                              {"client_id", !who.client_id.empty()},
                              {"token_file", !who.token_file.empty()}});
        !valid)
        return std::move(valid).error();
    if (auto valid = make_token_request("authority", token_url(who.tenant_id, options)); !valid)
        return std::move(valid).error();
    return cached_token([who, options] { return sign_in_with_file(who, options); }, options.http.cache);
}

result<token_source> make_source(managed_identity const& who, entra_options const& options) {
    bool const is_machine = who.endpoint.empty();
    if (auto valid = require({{"header", is_machine || !who.header.empty()}}); !valid) return std::move(valid).error();
    auto url = is_machine ? who.metadata_host + "/metadata/identity/oauth2/token?api-version=2018-02-01"
                          : who.endpoint + "?api-version=2019-08-01";
    url += "&resource=" + percent_encode(resource_of(options.scope));
    if (!who.client_id.empty()) url += "&client_id=" + percent_encode(who.client_id);
    auto request = make_token_request(is_machine ? "metadata_host" : "endpoint", url);
    if (!request) return std::move(request).error();
    if (is_machine)
        request->headers.add("Metadata", "true");
    else
        request->headers.add("X-IDENTITY-HEADER", who.header.reveal());
    return source_of(*std::move(request), who.header, options);
}

}  // namespace

token_source client_secret_token(client_secret_credential const& who, entra_options const& options) {
    return value_or_throw(make_source(who, options));
}

token_source workload_identity_token(workload_identity const& who, entra_options const& options) {
    return value_or_throw(make_source(who, options));
}

token_source managed_identity_token(managed_identity const& who, entra_options const& options) {
    return value_or_throw(make_source(who, options));
}

result<token_source> entra_token_from(std::function<std::optional<std::string>(std::string_view name)> const& look_up,
                                      entra_options options) {
    auto const value = [&](std::string_view name) { return look_up(name).value_or(std::string{}); };
    if (auto authority = value("AZURE_AUTHORITY_HOST"); !authority.empty()) options.authority = std::move(authority);
    auto const tenant = value("AZURE_TENANT_ID");
    auto const client = value("AZURE_CLIENT_ID");
    if (!tenant.empty() && !client.empty()) {
        if (auto key = value("AZURE_CLIENT_SECRET"); !key.empty())
            return make_source(client_secret_credential{tenant, client, secret{std::move(key)}}, options);
        if (auto file = value("AZURE_FEDERATED_TOKEN_FILE"); !file.empty())
            return make_source(workload_identity{tenant, client, std::move(file)}, options);
    }
    auto endpoint = value("IDENTITY_ENDPOINT");
    if (endpoint.empty()) return token_source{};
    if (value("IDENTITY_HEADER").empty())
        return invalid_argument("IDENTITY_HEADER", "must be set beside IDENTITY_ENDPOINT");
    return make_source(
        managed_identity{
            .client_id = client, .endpoint = std::move(endpoint), .header = secret{value("IDENTITY_HEADER")}},
        options);
}

}  // namespace coax
