#include "client/cache_key.hpp"

#include "client/secret_filter.hpp"
#include "core/internal/sha256.hpp"
#include "json/internal/canonical.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace coax::detail {
namespace {

/// To be raised when other requests become equal than before.
constexpr std::string_view key_version = "coax response 2";

/// Nesting of a body.
constexpr std::size_t max_depth = 512;

/// Members of a body that say who asks or how it is sent, but nothing of the response.
constexpr std::array<std::string_view, 8> left_out_members{
    "metadata", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "stream", "stream_options", "user",
    "labels"};

/// Header fields of the same kind, besides credentials. Lower case.
constexpr std::array<std::string_view, 9> left_out_fields{"accept",     "accept-encoding",     "content-type",
                                                          "tracestate", "traceparent",         "user-agent",
                                                          "baggage",    "x-client-request-id", "x-request-id"};

bool is_left_out(std::string_view member) {
    return std::ranges::find(left_out_members, member) != left_out_members.end();
}

bool is_left_out_field(std::string_view name) {
    auto const is_it = [&](std::string_view one) { return equal_ignoring_case(name, one); };
    return std::ranges::any_of(left_out_fields, is_it) || names_credential(name);
}

struct generation_config {
    std::optional<double> temperature{};
};

/// Where temperatures stand: at the root, on Gemini's services in `generationConfig`.
struct sampling_members {
    std::optional<double> temperature{};
    std::optional<generation_config> generationConfig{};  // NOLINT: the service's name
};

bool is_sampled(std::string_view body) {
    auto const of = json::read<sampling_members>(body, {.check_utf8 = false});
    if (!of) return false;
    return of->temperature.value_or(0) > 0 ||
           (of->generationConfig && of->generationConfig->temperature.value_or(0) > 0);
}

/// A part of what is digested: no two different lists of parts make the same text.
void append_part(std::string& text, std::string_view part) {
    text.append(std::to_string(part.size())).append(":").append(part);
}

/// Path and query, without the query's credentials.
void append_target(std::string& text, std::string_view target) {
    auto const mark = target.find('?');
    append_part(text, target.substr(0, mark));
    while (mark != target.npos && !target.empty()) {
        auto const begin = target.find_first_of("?&");
        if (begin == target.npos) break;
        target.remove_prefix(begin + 1);
        auto const parameter = target.substr(0, target.find('&'));
        if (!names_credential(parameter.substr(0, parameter.find('=')))) append_part(text, parameter);
    }
}

/// The fields in the order of their names: where they stand means nothing.
void append_fields(std::string& text, header_list const& headers) {
    std::vector<std::string> fields;
    for (auto const& [name, value] : headers) {
        if (is_left_out_field(name)) continue;
        auto& field = fields.emplace_back(name);
        std::ranges::transform(field, field.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        field.append(":").append(value);
    }
    std::ranges::sort(fields);
    for (auto const& field : fields) append_part(text, field);
}

std::string sha256_hex(std::string_view text) {
    auto const digest = core::detail::sha256(text);
    if (digest == decltype(digest){}) return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * digest.size());
    for (auto const byte : digest) hex.append({digits[byte >> 4U], digits[byte & 15U]});
    return hex;
}

}  // namespace

cache_key key_of(std::string_view service, http_request const& request, bool kept_raw) {
    std::string text;
    text.reserve(request.body.size() + 512);
    for (auto const part : {key_version, service, std::string_view{kept_raw ? "raw" : ""}}) append_part(text, part);
    append_part(text, to_string(request.to));
    append_target(text, request.target);
    append_fields(text, request.headers);
    if (!json::detail::append_canonical(text, request.body, max_depth, is_left_out)) return {};
    return {.text = sha256_hex(text), .sampled = is_sampled(request.body)};
}

}  // namespace coax::detail
