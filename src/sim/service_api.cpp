#include "sim/service_api.hpp"

#include "sim/embedding.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace coax::sim::detail {
namespace {

std::tm utc(std::chrono::system_clock::time_point when) noexcept {
    auto const seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return parts;
}

/// What follows on ".../batches". @param name  Becomes the batch's.
endpoint batch_endpoint(std::string_view rest, std::string_view& name) noexcept {
    if (rest.empty()) return endpoint::batches;
    name = rest.substr(1);
    for (auto const& [end, which] : {std::pair{std::string_view{"/cancel"}, endpoint::cancel_batch},
                                     std::pair{std::string_view{":cancel"}, endpoint::cancel_batch},
                                     std::pair{std::string_view{"/results"}, endpoint::batch_results}}) {
        if (!name.ends_with(end)) continue;
        name.remove_suffix(end.size());
        return name.empty() || name.find('/') != std::string_view::npos ? endpoint::unknown : which;
    }
    return name.empty() || name.find('/') != std::string_view::npos ? endpoint::unknown : endpoint::one_batch;
}

endpoint endpoint_of(std::string_view path, std::string_view& name) noexcept {
    if (path.ends_with("/chat/completions")) return endpoint::chat;
    if (path.ends_with("/responses")) return endpoint::responses;
    if (path.ends_with("/responses/input_tokens")) return endpoint::count_tokens;
    if (auto const at = path.rfind("/responses/"); at != std::string_view::npos) {
        name = path.substr(at + 11);
        bool const cancels = name.ends_with("/cancel");
        if (cancels) name.remove_suffix(7);
        if (name.empty() || name.find('/') != std::string_view::npos) return endpoint::unknown;
        return cancels ? endpoint::cancel_response : endpoint::one_response;
    }
    if (path.ends_with("/embeddings")) return endpoint::embeddings;
    if (path.ends_with("/rerank")) return endpoint::rerank;
    if (path.ends_with("/decisions") || path.ends_with("/systemone")) return endpoint::decisions;
    if (auto const at = path.rfind("/batches"); at != std::string_view::npos) {
        auto const rest = path.substr(at + 8);
        if (rest.empty() || rest.front() == '/') return batch_endpoint(rest, name);
    }
    if (path.ends_with("/files")) return endpoint::files;
    if (auto const at = path.rfind("/files/"); at != std::string_view::npos) {
        name = path.substr(at + 7);
        bool const content = name.ends_with("/content");
        if (content) name.remove_suffix(8);
        if (name.empty() || name.find('/') != std::string_view::npos) return endpoint::unknown;
        return content ? endpoint::file_content : endpoint::one_file;
    }
    if (path.ends_with("/models")) return endpoint::models;
    if (auto const at = path.rfind("/models/"); at != std::string_view::npos) {
        name = path.substr(at + 8);
        return name.empty() ? endpoint::unknown : endpoint::one_model;
    }
    return endpoint::unknown;
}

endpoint gemini_endpoint(std::string_view method) noexcept {
    if (method == "generateContent" || method == "streamGenerateContent") return endpoint::chat;
    if (method == "countTokens") return endpoint::count_tokens;
    if (method == "batchGenerateContent") return endpoint::batches;
    for (std::string_view const embeds : {"embedContent", "batchEmbedContents", "predict"})
        if (method == embeds) return endpoint::embeddings;
    return endpoint::unknown;
}

/// ".../models/M:generateContent" and the lists of Google's versions.
bool find_gemini_route(request_view const& request, std::string_view path, request_route& found) noexcept {
    if (path.ends_with("/upload/v1beta/files")) {
        found.dialect = dialect::gemini;
        found.endpoint = endpoint::upload;
        return true;
    }
    if (path.find("/v1beta/batches") != std::string_view::npos) {
        found.dialect = dialect::gemini;
        found.endpoint = endpoint_of(path, found.name);
        return true;
    }
    auto const colon = path.rfind(':');
    bool const has_method = colon != std::string_view::npos && path.find('/', colon) == std::string_view::npos &&
                            path.find("/models/") < colon;
    bool const is_google = path.find("/v1beta") != std::string_view::npos || !request.x_goog_api_key.empty();
    if (!has_method && !is_google) return false;
    if (path.find("/files/") != std::string_view::npos && path.ends_with(":download")) {
        found.dialect = dialect::gemini;
        found.endpoint = endpoint_of(path.substr(0, colon), found.name) == endpoint::one_file ? endpoint::file_content
                                                                                              : endpoint::unknown;
        return true;
    }
    found.dialect = path.find("/publishers/") != std::string_view::npos ? dialect::vertex : dialect::gemini;
    found.endpoint = endpoint_of(path.substr(0, colon), found.name);
    if (!has_method) return true;
    found.method = path.substr(colon + 1);
    found.endpoint = gemini_endpoint(found.method);
    return true;
}

/// Azure AI model inference: `/models/…` of a resource, or, with a version, at the root of a model's own address.
bool find_azure_ai_route(std::string_view path, request_route& found) noexcept {
    constexpr std::string_view folder = "/models";  // of the resource, not the list of models in /v1
    for (auto const& [method, which] : {std::pair{std::string_view{"/chat/completions"}, endpoint::chat},
                                        std::pair{std::string_view{"/embeddings"}, endpoint::embeddings},
                                        std::pair{std::string_view{"/info"}, endpoint::models}}) {
        if (!path.ends_with(method)) continue;
        auto const before = path.substr(0, path.size() - method.size());
        bool const of_resource = before.ends_with(folder) && !before.ends_with("/v1/models");
        if (!of_resource && !(before.empty() && !found.api_version.empty())) return false;
        found.dialect = dialect::azure_ai;
        found.endpoint = which;
        found.name = query_value(found.query, "model");
        if (which == endpoint::models && !found.name.empty()) found.endpoint = endpoint::one_model;
        return true;
    }
    return false;
}

}  // namespace

std::string_view query_value(std::string_view query, std::string_view name) noexcept {
    while (!query.empty()) {
        auto const pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
    }
    return {};
}

rejection service_api::read_embedding(json::value const& body, request_view const& /*request*/,
                                      request_route const& route, embedding_request& wanted) const {
    return read_embedding_request(body, route, wanted);
}

void service_api::write_embeddings(response& out, embedding_request const& wanted, request_route const& /*route*/,
                                   std::uint64_t seed) const {
    detail::write_embeddings(out, wanted, seed);
}

void service_api::write_token_count(writer& out, std::size_t count) const {
    out.begin_object().member("input_tokens", count).end_object();
}

bool read_count(std::string_view text, std::size_t& count) noexcept {
    if (text.empty()) return true;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), count);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

request_route find_route(request_view const& request) noexcept {
    auto const mark = request.target.find('?');
    auto const path = request.target.substr(0, mark);
    auto const query = mark == std::string_view::npos ? std::string_view{} : request.target.substr(mark + 1);
    request_route found{.api_version = query_value(query, "api-version"), .query = query};
    if (path.ends_with("/v1/messages") || path.ends_with("/v1/messages/count_tokens")) {
        found.dialect = dialect::anthropic;
        found.endpoint = path.ends_with("/messages") ? endpoint::chat : endpoint::count_tokens;
        return found;
    }
    if (path.find("/v1/messages/batches") != std::string_view::npos) {
        found.dialect = dialect::anthropic;
        found.endpoint = endpoint_of(path, found.name);
        return found;
    }
    if (path.ends_with("/systemone") || path.find("/typesafe/") != std::string_view::npos) {
        found.dialect = dialect::system_one;
        found.endpoint = endpoint_of(path, found.name);
        return found;
    }
    if (find_gemini_route(request, path, found) || find_azure_ai_route(path, found)) return found;
    found.endpoint = endpoint_of(path, found.name);
    constexpr std::string_view deployments = "/openai/deployments/";
    if (auto const at = path.find(deployments); at != std::string_view::npos) {
        found.dialect = dialect::azure_classic;
        found.name = path.substr(at + deployments.size());
        found.name = found.name.substr(0, found.name.find('/'));
    } else if (path.find("/openai/v1/") != std::string_view::npos || path.ends_with("/openai/responses")) {
        found.dialect = dialect::azure_v1;
    } else if (path.find("/openai/") != std::string_view::npos && !found.api_version.empty()) {
        found.dialect = dialect::azure_classic;  // beside the deployments
    } else if (!request.anthropic_version.empty()) {
        found.dialect = dialect::anthropic;
    }
    return found;
}

void add_header(std::string& headers, std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
}

void add_header(std::string& headers, std::string_view name, std::int64_t value) {
    add_header(headers, name, std::to_string(value));
}

std::string bearer_token(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (lower_ascii(authorization.substr(0, scheme.size())) != scheme) return {};
    return std::string{authorization.substr(scheme.size())};
}

std::string http_date(std::chrono::system_clock::time_point when) {
    constexpr std::array<char const*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<char const*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto const t = utc(when);
    std::array<char, 64> text{};
    auto const size = std::snprintf(
        text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[static_cast<std::size_t>(t.tm_wday)],
        t.tm_mday, months[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string rfc3339(std::chrono::system_clock::time_point when) {
    auto const t = utc(when);
    std::array<char, 64> text{};
    auto const size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900,
                                    t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string rfc3339_ms(std::chrono::system_clock::time_point when) {
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count() % 1000;
    auto text = rfc3339(when);
    text.insert(text.size() - 1, "." + std::to_string(1000 + ms).substr(1));
    return text;
}

std::string short_duration(std::chrono::nanoseconds span) {
    auto const ms = (span.count() + 999'999) / 1'000'000;
    if (ms < 1000) return std::to_string(ms) + "ms";
    auto const hours = ms / 3'600'000;
    auto const minutes = ms / 60'000 % 60;
    auto const rest = ms % 60'000;
    std::string text;
    if (hours > 0) text += std::to_string(hours) + "h";
    if (hours > 0 || minutes > 0) text += std::to_string(minutes) + "m";
    text += std::to_string(rest / 1000);
    if (auto const thousandths = rest % 1000; thousandths != 0) {
        auto digits = std::to_string(1000 + thousandths).substr(1);
        while (digits.back() == '0') digits.pop_back();
        text += "." + digits;
    }
    return text + "s";
}

std::int64_t ceil_seconds(std::chrono::nanoseconds span) noexcept {
    return (span.count() + 999'999'999) / 1'000'000'000;
}

std::int64_t unix_seconds(std::chrono::system_clock::time_point when) noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}

bool is_tool_name(std::string_view name, std::size_t longest) noexcept {
    return !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

}  // namespace coax::sim::detail
