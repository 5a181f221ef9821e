#include "auth/signed_assertion.hpp"
#include "auth/token_request.hpp"

#include <coax/auth/google.hpp>
#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>
#include <coax/runtime/clock.hpp>

#include <boost/asio/this_coro.hpp>

#include <filesystem>
#include <memory>
#include <utility>

namespace coax {

/// The files of credentials that are understood.
struct google_credentials {
    std::string type{};
    std::string client_email{};
    std::string private_key{};
    std::string private_key_id{};
    std::string token_uri{};
    std::string client_id{};
    std::string client_secret{};
    std::string refresh_token{};
};

namespace {

using auth::detail::form;
using auth::detail::make_token_request;
using auth::detail::read_signing_key;
using auth::detail::read_small_file;
using auth::detail::request_token;
using auth::detail::sign_assertion;
using auth::detail::signing_key;

constexpr std::int64_t assertion_life = 3'600;  ///< In seconds; the longest that Google takes.

/// What a service account asks with.
struct signing_account {
    service_account who;
    signing_key key;
    google_options options;
};

std::string claims_of(signing_account const& account, std::chrono::system_clock::time_point now) {
    auto const issued = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    std::string claims;
    json::writer out{claims};
    out.begin_object().member("iss", account.who.client_email).member("scope", account.options.scope);
    out.member("aud", account.who.token_uri).member("iat", issued).member("exp", issued + assertion_life).end_object();
    return claims;
}

/// As a function of its own: what a lambda that is a coroutine captures would die with it.
asio::awaitable<result<access_token>> sign_in(std::shared_ptr<signing_account const> account) {
    auto const executor = co_await asio::this_coro::executor;
    auto const assertion =
        sign_assertion(account->key, account->who.private_key_id, claims_of(*account, clock_of(executor).system_now()));
    if (!assertion) co_return assertion.error();
    auto body =
        form({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", assertion->reveal()}});
    auto request = make_token_request("token_uri", account->who.token_uri, std::move(body));
    if (!request) co_return std::move(request).error();
    co_return co_await request_token(account->options.http, *std::move(request), *assertion);
}

/// One request that is the same each time.
token_source source_of(http_request request, secret hidden, google_options const& options) {
    auto const shared = std::make_shared<http_request>(std::move(request));
    return cached_token([shared, hidden, how = options.http] { return request_token(how, *shared, hidden); },
                        options.http.cache);
}

result<token_source> make_source(service_account const& who, google_options const& options) {
    if (who.client_email.empty()) return invalid_argument("client_email", "must be set");
    auto key = read_signing_key(who.private_key);
    if (!key) return invalid_argument("private_key", "must be an RSA key in PEM, without a password");
    if (auto valid = make_token_request("token_uri", who.token_uri); !valid) return std::move(valid).error();
    auto const account = std::make_shared<signing_account const>(signing_account{who, std::move(key), options});
    return cached_token([account] { return sign_in(account); }, options.http.cache);
}

result<token_source> make_source(google_metadata_server const& who, google_options const& options) {
    auto url = who.host.find("://") == std::string::npos ? "http://" + who.host : who.host;
    while (url.ends_with('/')) url.pop_back();
    url += "/computeMetadata/v1/instance/service-accounts/" + percent_encode(who.account) +
           "/token?scopes=" + percent_encode(options.scope);
    auto request = make_token_request("host", url);
    if (!request) return std::move(request).error();
    request->headers.add("Metadata-Flavor", "Google");
    return source_of(*std::move(request), {}, options);
}

/// A person, as gcloud keeps the sign-in.
result<token_source> make_user_source(google_credentials const& who, google_options const& options) {
    for (auto const& [name, value] : {std::pair{"client_id", &who.client_id},
                                      {"client_secret", &who.client_secret},
                                      {"refresh_token", &who.refresh_token}})
        if (value->empty()) return invalid_argument(name, "must be set");
    auto body = form({{"grant_type", "refresh_token"},
                      {"client_id", who.client_id},
                      {"client_secret", who.client_secret},
                      {"refresh_token", who.refresh_token}});
    auto request = make_token_request("token_uri", who.token_uri, std::move(body));
    if (!request) return std::move(request).error();
    return source_of(*std::move(request), secret{who.refresh_token}, options);
}

result<token_source> make_source(google_credentials& who, google_options const& options) {
    if (who.token_uri.empty()) who.token_uri = service_account{}.token_uri;
    if (who.type == "authorized_user") return make_user_source(who, options);
    if (who.type != "service_account")
        return invalid_argument("type", "is \"" + who.type + "\": known are service_account and authorized_user");
    return make_source(service_account{.client_email = who.client_email,
                                       .private_key = secret{std::move(who.private_key)},
                                       .private_key_id = who.private_key_id,
                                       .token_uri = who.token_uri},
                       options);
}

/// Where gcloud keeps what a user signed in with; empty: nowhere.
std::string gcloud_file(std::function<std::optional<std::string>(std::string_view name)> const& look_up) {
    auto const config = look_up("CLOUDSDK_CONFIG");
    auto const home = look_up("HOME");
    if (!config && !home) return {};
    auto path = (config ? *config : *home + "/.config/gcloud") + "/application_default_credentials.json";
    std::error_code missing;
    return std::filesystem::is_regular_file(path, missing) ? path : std::string{};
}

}  // namespace

token_source service_account_token(service_account const& who, google_options const& options) {
    return value_or_throw(make_source(who, options));
}

token_source google_metadata_token(google_metadata_server const& who, google_options const& options) {
    return value_or_throw(make_source(who, options));
}

result<token_source> google_token_file(std::string const& path, google_options const& options) {
    auto const text = read_small_file(path);
    if (!text) return text.error();
    auto read = json::read<google_credentials>(*text, json::wire_options);
    if (!read) return invalid_argument(path, "is no file of Google's credentials");
    auto source = make_source(*read, options);
    if (source) return source;
    return invalid_argument(path, source.error().where + " " + source.error().message);
}

result<token_source> google_token_from(std::function<std::optional<std::string>(std::string_view name)> const& look_up,
                                       google_options const& options) {
    if (auto const path = look_up("GOOGLE_APPLICATION_CREDENTIALS"); path && !path->empty())
        return google_token_file(*path, options);
    if (auto const path = gcloud_file(look_up); !path.empty()) return google_token_file(path, options);
    google_metadata_server server;
    if (auto const host = look_up("GCE_METADATA_HOST"); host && !host->empty()) server.host = *host;
    return make_source(server, options);
}

}  // namespace coax
