#include "provider/endpoint.hpp"

#include <coax/version.hpp>

#include <algorithm>
#include <utility>

namespace coax::detail {
namespace {

bool is_token(std::string_view name) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
    };
    return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

bool is_field_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(),
                        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

bool is_credential(std::string_view name) {
    for (auto const* field : {"authorization", "api-key", "x-api-key", "x-goog-api-key"})
        if (equal_ignoring_case(name, field)) return true;
    return false;
}

/// What the transport writes itself, from the body and the connection.
bool is_framing(std::string_view name) {
    for (auto const* field : {"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})
        if (equal_ignoring_case(name, field)) return true;
    return false;
}

/// Takes the method off an address that was pasted whole. Longer ones first. Of Azure AI, `/models` is no method.
void leave_out_method(std::string& path, std::string_view service) {
    for (std::string_view const method : {"/chat/completions", "/completions", "/responses", "/messages", "/embeddings",
                                          "/rerank", "/models", "/decisions", "/systemone"})
        if (path.ends_with(method) && (method != "/models" || service != "azure_ai"))
            return path.resize(path.size() - method.size());
}

}  // namespace

http_request endpoint::post(std::string_view path, std::string body) const {
    http_request request{.to = base.to, .headers = headers, .body = std::move(body)};
    request.target.reserve(base.path.size() + path.size() + base.query.size() + 1);
    request.target = base.path;
    request.target += path;
    if (!base.query.empty()) request.target.append(path.find('?') == path.npos ? "?" : "&").append(base.query);
    return request;
}

http_request endpoint::get(std::string_view path, std::string_view query) const {
    auto request = post(path, {});
    request.method = "GET";
    request.headers.erase("Content-Type");
    if (!query.empty()) request.target.append(base.query.empty() ? "?" : "&").append(query);
    return request;
}

void endpoint::authorize(http_request& request, std::string_view name, secret const& key) const {
    if (key.empty() || has_credential) return;
    request.headers.set(name, name == "Authorization" ? "Bearer " + key.reveal() : key.reveal());
}

result<void> add_headers(http_request& to, std::vector<request_header> const& headers) {
    for (std::size_t i = 0; i < headers.size(); ++i) {
        auto const& [name, value] = headers[i];
        auto const where = "advanced.headers[" + std::to_string(i) + ']';
        if (!is_token(name) || !is_field_value(value))
            return invalid_argument(where,
                                    "'" + (is_token(name) ? name : std::string{"?"}) + "' is not a header field");
        if (is_credential(name)) return invalid_argument(where, "'" + name + "' is the client's to set, by its key");
        if (is_framing(name)) return invalid_argument(where, "'" + name + "' is the transport's to set");
        bool const adds = equal_ignoring_case(name, "anthropic-beta") && to.headers.contains(name);
        to.headers.set(name, adds ? std::string{to.headers.find(name)} + ',' + value : value);
    }
    return {};
}

result<http_request> with_headers(http_request made, chat_request const& request) {
    if (request.advanced)
        if (auto added = add_headers(made, request.advanced->headers); !added) return std::move(added).error();
    return made;
}

result<endpoint> make_endpoint(provider_options const& options, std::string_view standard_url,
                               header_list service_headers) {
    std::string_view const url = options.base_url.empty() ? standard_url : std::string_view{options.base_url};
    if (url.empty()) return invalid_argument("base_url", "the service has no public address: set one");
    auto base = parse_base_url(url);
    if (!base) {
        auto why = std::move(base).error();
        why.where = "base_url";
        return why;
    }
    endpoint made{.base = std::move(*base)};
    leave_out_method(made.base.path, options.service);
    made.headers.add("Content-Type", "application/json");
    made.headers.add("Accept", "application/json");
    made.headers.add("User-Agent", "coax/" COAX_VERSION);
    for (auto const& [name, value] : service_headers) made.headers.set(name, value);
    for (auto const& [name, value] : options.headers) {
        if (!is_token(name) || !is_field_value(value))
            return invalid_argument("headers",
                                    "'" + (is_token(name) ? name : std::string{"?"}) + "' is not a header field");
        made.headers.set(name, value);
        made.has_credential |= is_credential(name);
    }
    return made;
}

}  // namespace coax::detail
