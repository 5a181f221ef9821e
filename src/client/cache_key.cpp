#include "client/cache_key.hpp"

#include "client/secret_filter.hpp"

#include <coax/json/writer.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace coax::detail {
namespace {

namespace bj = boost::json;

/// To be raised when other requests become equal than before.
constexpr std::string_view key_version = "coax response 1";

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

void append_canonical(std::string& out, bj::value const& value, bool at_root);

void append_number(std::string& out, double number) {
    constexpr double exact = 9'007'199'254'740'992.0;
    if (std::abs(number) < exact && number == std::trunc(number))
        json::append_number(out, static_cast<long long>(number));
    else
        json::append_number(out, number);
}

void append_object(std::string& out, bj::object const& object, bool at_root) {
    std::vector<bj::object::const_iterator> members;
    members.reserve(object.size());
    for (auto at = object.begin(); at != object.end(); ++at)
        if (!at_root || !is_left_out(at->key())) members.push_back(at);
    std::ranges::sort(members, {}, [](auto const& at) { return std::string_view{at->key()}; });
    out += '{';
    for (auto const& at : members) {
        json::append_string(out, at->key());
        out += ':';
        append_canonical(out, at->value(), false);
        out += ',';
    }
    out += '}';
}

void append_canonical(std::string& out, bj::value const& value, bool at_root) {
    switch (value.kind()) {
        case bj::kind::null: out += "null"; break;
        case bj::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
        case bj::kind::int64: json::append_number(out, static_cast<long long>(value.get_int64())); break;
        case bj::kind::uint64: json::append_number(out, static_cast<unsigned long long>(value.get_uint64())); break;
        case bj::kind::double_: append_number(out, value.get_double()); break;
        case bj::kind::string: json::append_string(out, value.get_string()); break;
        case bj::kind::array:
            out += '[';
            for (auto const& element : value.get_array()) {
                append_canonical(out, element, false);
                out += ',';
            }
            out += ']';
            break;
        case bj::kind::object: append_object(out, value.get_object(), at_root); break;
    }
}

/// Temperatures stand at the root, on Gemini's services in `generationConfig`.
bool is_sampled(bj::value const& body) {
    auto const is_warm = [](bj::object const& object) {
        auto const* const value = object.if_contains("temperature");
        return value != nullptr && value->is_number() && value->to_number<double>() > 0;
    };
    if (!body.is_object()) return false;
    auto const* const nested = body.get_object().if_contains("generationConfig");
    return is_warm(body.get_object()) || (nested != nullptr && nested->is_object() && is_warm(nested->get_object()));
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
    static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    std::array<unsigned char, 32> digest{};
    if (sha256 == nullptr || EVP_Digest(text.data(), text.size(), digest.data(), nullptr, sha256, nullptr) != 1)
        return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * digest.size());
    for (auto const byte : digest) hex.append({digits[byte >> 4U], digits[byte & 15U]});
    return hex;
}

}  // namespace

cache_key key_of(std::string_view service, http_request const& request, bool kept_raw) {
    std::array<unsigned char, 8'192> first_block;
    bj::monotonic_resource memory{first_block.data(), first_block.size()};
    boost::system::error_code not_json;
    bj::parse_options reading;
    reading.max_depth = 512;
    auto const body = bj::parse(request.body, not_json, &memory, reading);
    if (not_json) return {};

    std::string text;
    text.reserve(request.body.size() + 512);
    for (auto const part : {key_version, service, std::string_view{kept_raw ? "raw" : ""}}) append_part(text, part);
    append_part(text, to_string(request.to));
    append_target(text, request.target);
    append_fields(text, request.headers);
    append_canonical(text, body, true);
    return {.text = sha256_hex(text), .sampled = is_sampled(body)};
}

}  // namespace coax::detail
