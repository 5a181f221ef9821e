#include "sim/request_record.hpp"

#include "json/internal/text.hpp"
#include "sim/service_api.hpp"
#include "sim/text.hpp"

#include <coax/bind/write.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cerrno>
#include <map>
#include <span>
#include <vector>

namespace coax::sim::detail {
namespace {

constexpr std::string_view hidden = "***";

/// Whether a header or a parameter of this name may hold a secret.
bool is_secret_name(std::string_view name) {
    auto const lowered = lower_ascii(name);
    for (std::string_view const end :
         {"authorization", "api-key", "api_key", "subscription-key", "token", "secret", "cookie"})
        if (lowered.ends_with(end)) return true;
    return lowered == "key" || lowered == "sig" || lowered == "signature";
}

/// The target with the values of secret parameters hidden.
std::string public_target(std::string_view target) {
    auto const mark = std::min(target.find('?'), target.size());
    std::string shown{target.substr(0, mark)};
    auto query = target.substr(mark);
    while (!query.empty()) {
        auto const end = std::min(query.find('&', 1), query.size());
        auto const pair = query.substr(0, end);
        auto const equals = std::min(pair.find('='), pair.size());
        bool const hides = equals < pair.size() && is_secret_name(pair.substr(1, equals - 1));
        shown += hides ? std::string{pair.substr(0, equals + 1)}.append(hidden) : std::string{pair};
        query.remove_prefix(end);
    }
    return shown;
}

/// By name in lower case; those of one name joined by commas.
std::map<std::string, std::string> public_headers(recorded_request const& request) {
    std::map<std::string, std::string> shown;
    for (auto const& [name, value] : request.headers) {
        auto& text = shown[lower_ascii(name)];
        text.append(text.empty() ? "" : ", ").append(is_secret_name(name) ? hidden : std::string_view{value});
    }
    return shown;
}

std::vector<std::byte> bytes_of(std::string_view text) {
    auto const bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

bool is_text(std::string_view text) {
    auto const* const end = text.data() + text.size();
    return coax::json::detail::find_invalid_utf8(text.data(), end) == end;
}

void write_body(writer& out, std::string const& body) {
    constexpr std::size_t most_depth = 128;
    boost::system::error_code failure;
    json::parse_options parsing;
    parsing.max_depth = most_depth;
    auto const value = json::parse(body, failure, {}, parsing);
    if (!failure)
        write_json(out, value);
    else if (is_text(body))
        out.value(body);
    else
        out.begin_object().key("base64").write(bytes_of(body)).end_object();
}

}  // namespace

std::string record_line(recorded_request const& request, std::chrono::system_clock::time_point when) {
    std::string line;
    writer out{line};
    out.begin_object().member("time", rfc3339_ms(when)).member("method", request.method);
    out.member("path", public_target(request.target)).key("headers").begin_object();
    for (auto const& [name, value] : public_headers(request)) out.member(name, value);
    write_body(out.end_object().key("body"), request.body);
    out.end_object();
    return line += '\n';
}

request_record::request_record(std::string const& path) {
    if (path.empty()) return;
    errno = 0;
    file_.open(path, std::ios::app | std::ios::binary);
    if (!file_)
        throw_error({.code = errc::io_failed,
                     .message = "the simulator cannot record requests there",
                     .where = path,
                     .cause = {errno, boost::system::generic_category()}});
}

bool request_record::add(recorded_request const& request, std::chrono::system_clock::time_point when) {
    file_ << record_line(request, when) << std::flush;
    return file_.good();
}

}  // namespace coax::sim::detail
