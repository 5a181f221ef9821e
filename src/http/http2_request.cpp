#include "http/http2_request.hpp"

#include "http/content_decoder.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace coax::http::detail {
namespace {

constexpr std::array<std::string_view, 4> fields_of_http1{"keep-alive", "proxy-connection", "upgrade", "te"};

std::string lower_case(std::string_view text) {
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string authority_of(origin const& to) {
    auto const url = coax::to_string(to);
    return url.substr(url.find("//") + 2);
}

}  // namespace

std::vector<header_list::field> http2_fields(http_request const& request) {
    std::vector<header_list::field> fields;
    fields.reserve(request.headers.size() + 6);
    fields.push_back({":method", request.method});
    fields.push_back({":scheme", request.to.tls ? "https" : "http"});
    fields.push_back({":authority", authority_of(request.to)});
    fields.push_back({":path", request.target});
    if (!request.body.empty() || !(request.method == "GET" || request.method == "HEAD"))
        fields.push_back({"content-length", std::to_string(request.body.size())});
    if (!request.headers.contains("accept-encoding"))
        fields.push_back({"accept-encoding", std::string{accepted_codings}});
    for (auto const& each : request.headers) {
        auto name = lower_case(each.name);
        if (std::ranges::find(fields_of_http1, name) == fields_of_http1.end())
            fields.push_back({std::move(name), std::string{each.value}});
    }
    return fields;
}

}  // namespace coax::http::detail
