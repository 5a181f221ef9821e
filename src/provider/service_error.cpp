#include "provider/service_error.hpp"

#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace coax::detail {

namespace {

constexpr std::size_t longest_message_bytes = 1'024;
constexpr std::size_t longest_code_bytes = 128;

/// The content of an error body, independent of the service.
struct error_report {
    std::string code{};
    std::string type{};
    std::string message{};
    std::string request_id{};
    std::string detail_code{};                               ///< Anthropic's `details.error_code`.
    std::string inner_code{};                                ///< Azure's `innererror.code`.
    std::string filters{};                                   ///< The filters that were triggered: "hate, violence".
    std::optional<std::chrono::milliseconds> retry_after{};  ///< Google's `RetryInfo`.
};

// --- reading ---

/// The members of a JSON object, as services and gateways send them: of any type, null or missing.
using members = std::map<std::string, json_value>;

/// Empty for what is no object.
members read_members(json_value const& value) {
    auto read = json::read<members>(value.text(), json::wire_options);
    return read ? std::move(*read) : members{};
}

/// The names of the filters that were triggered, from the object of their verdicts.
std::string triggered_filters(json_value const& verdicts) {
    std::string names;
    for (auto const& [name, verdict] : read_members(verdicts)) {
        if (read_members(verdict)["filtered"].text() != "true") continue;
        if (!names.empty()) names += ", ";
        names += name;
    }
    return names;
}

/// The longest wait among Google's details: one 429 may report several limits.
std::optional<std::chrono::milliseconds> longest_retry_delay(json_value const& details) {
    std::optional<std::chrono::milliseconds> longest;
    auto const list = json::read<std::vector<json_value>>(details.text(), json::wire_options);
    if (!list) return longest;
    for (auto const& detail : *list)
        longest = std::max(longest, parse_retry_delay(text_of(read_members(detail)["retryDelay"])));
    return longest;
}

void read_error_object(error_report& report, members error) {
    report.code = text_of(error["code"]);
    report.type = text_of(error["type"]);
    report.message = text_of(error["message"]);
    if (report.code.empty()) report.code = text_of(error["status"]);
    auto inner = read_members(error["innererror"].is_object() ? error["innererror"] : error["inner_error"]);
    report.inner_code = text_of(inner["code"]);
    auto const& verdicts = inner["content_filter_result"];
    report.filters = triggered_filters(verdicts.is_object() ? verdicts : inner["content_filter_results"]);
    report.retry_after = longest_retry_delay(error["details"]);
    report.detail_code = text_of(read_members(error["details"])["error_code"]);
}

error_report read_report(std::string_view body) {
    error_report report;
    auto read = json::read<members>(body, json::wire_options);
    if (!read) {
        report.message = body.substr(0, longest_message_bytes + 1);  // no JSON: a gateway's page or plain text
        return report;
    }
    auto& all = *read;
    auto const& error = all["error"];
    if (error.is_object()) {
        read_error_object(report, read_members(error));
    } else if (is_truthy(error)) {
        report.message = text_of(error);
    } else {
        report.code = text_of(all["code"]);
        report.type = text_of(all["type"]);
        for (auto const* name : {"message", "detail", "status"})
            if (report.message.empty()) report.message = text_of(all[name]);
    }
    report.request_id = text_of(all["request_id"]);
    return report;
}

// --- classifying ---

struct text_rule {
    std::string_view text;
    errc code;
};

/// Codes and types that are more specific than the status.
constexpr std::array specific_codes{
    text_rule{"insufficient_quota", errc::quota_exhausted},
    text_rule{"billing_hard_limit_reached", errc::quota_exhausted},
    text_rule{"billing_not_active", errc::quota_exhausted},
    text_rule{"billing_error", errc::quota_exhausted},
    text_rule{"enforced_spend_limit_reached", errc::quota_exhausted},
    text_rule{"content_filter", errc::content_filtered},
    text_rule{"content_policy_violation", errc::content_filtered},
    text_rule{"ResponsibleAIPolicyViolation", errc::content_filtered},
    text_rule{"context_length_exceeded", errc::context_too_long},
    text_rule{"exceed_context_size_error", errc::context_too_long},
    text_rule{"model_not_found", errc::not_found},
    text_rule{"DeploymentNotFound", errc::not_found},
    text_rule{"invalid_api_key", errc::authentication},
    text_rule{"overloaded_error", errc::overloaded},
};

/// Types that say no more than a status would; used where there is none.
constexpr std::array general_types{
    text_rule{"rate_limit_exceeded", errc::rate_limited},
    text_rule{"rate_limit_error", errc::rate_limited},
    text_rule{"requests", errc::rate_limited},
    text_rule{"tokens", errc::rate_limited},
    text_rule{"authentication_error", errc::authentication},
    text_rule{"permission_error", errc::authentication},
    text_rule{"not_found_error", errc::not_found},
    text_rule{"invalid_request_error", errc::bad_request},
    text_rule{"request_too_large", errc::bad_request},
    text_rule{"timeout_error", errc::timeout},
};

/// Phrases in the messages of 400s that have no code of their own.
constexpr std::array message_phrases{
    text_rule{"prompt is too long", errc::context_too_long},
    text_rule{"exceed context limit", errc::context_too_long},
    text_rule{"maximum context length", errc::context_too_long},
    text_rule{"credit balance is too low", errc::quota_exhausted},
    text_rule{"usage limits", errc::quota_exhausted},
};

template <std::size_t Size>
std::optional<errc> find_code(std::array<text_rule, Size> const& rules, error_report const& report) {
    for (auto const& rule : rules)
        for (std::string_view const text : {report.code, report.type, report.detail_code, report.inner_code})
            if (text == rule.text) return rule.code;
    return std::nullopt;
}

std::optional<errc> find_phrase(std::string_view message) {
    for (auto const& rule : message_phrases)
        if (message.find(rule.text) != std::string_view::npos) return rule.code;
    return std::nullopt;
}

errc classify_status(int status) {
    switch (status) {
        case 401:
        case 403: return errc::authentication;
        case 402: return errc::quota_exhausted;
        case 404: return errc::not_found;
        case 408: return errc::timeout;
        case 409: return errc::overloaded;  // a lock was not acquired in time
        case 429: return errc::rate_limited;
        case 503:
        case 529: return errc::overloaded;
        default: break;
    }
    if (status >= 500 && status < 600) return errc::server_error;
    if (status >= 400 && status < 500) return errc::bad_request;
    if (status >= 300 && status < 400) return errc::not_found;  // moved: this is not the service's address
    return errc::protocol_error;
}

errc classify(int status, error_report const& report) {
    if (auto const code = find_code(specific_codes, report)) return *code;
    if (status == 400)
        if (auto const code = find_phrase(report.message)) return *code;
    return classify_status(status);
}

/// A code that is an HTTP status, as Azure often has it; 0: it is none.
int parse_status(std::string_view code) {
    int status = 0;
    auto const [end, failed] = std::from_chars(code.data(), code.data() + code.size(), status);
    return failed == std::errc{} && end == code.data() + code.size() && status >= 400 && status < 600 ? status : 0;
}

errc classify_reported(error_report const& report) {
    if (int const status = parse_status(report.code)) return classify(status, report);
    if (auto const code = find_code(specific_codes, report)) return *code;
    if (auto const code = find_code(general_types, report)) return *code;
    return errc::server_error;
}

// --- messages ---

bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '*';
}

/// Services quote the key they refuse, in part or whole: "Incorrect API key provided: sk-…".
void hide_keys(std::string& text) {
    constexpr std::string_view mark = "sk-";
    constexpr std::string_view hidden = "[secret]";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        if (at > 0 && is_key_character(text[at - 1])) continue;  // inside a word
        auto end = at + mark.size();
        while (end < text.size() && is_key_character(text[end])) ++end;
        text.replace(at, end - at, hidden);
    }
}

/// The text as one line of at most `limit` bytes, cut between characters.
std::string one_line(std::string text, std::size_t limit) {
    if (text.size() > limit) {
        while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
        text.resize(limit);
    }
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    while (!text.empty() && text.back() == ' ') text.pop_back();
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    return text;
}

/// The most specific of the service's own codes.
std::string const& service_code_of(error_report const& report) {
    if (!report.detail_code.empty()) return report.detail_code;
    return !report.code.empty() ? report.code : report.type;
}

error to_error(std::string_view service, errc code, std::string_view what, error_report&& report) {
    error why{.code = code, .message = std::string{service}};
    why.message.append(" ").append(what);
    if (!report.filters.empty()) why.message.append("; triggered filters: ").append(report.filters);
    why.service_code = one_line(service_code_of(report), longest_code_bytes);
    why.service_message = one_line(std::move(report.message), longest_message_bytes);
    why.request_id = one_line(std::move(report.request_id), longest_code_bytes);
    for (auto* const text : {&why.message, &why.service_code, &why.service_message, &why.request_id}) hide_keys(*text);
    return why;
}

}  // namespace

error make_service_error(std::string_view service, http_response const& response,
                         std::chrono::system_clock::time_point now) {
    auto report = read_report(response.body);
    auto const code = classify(response.status, report);
    auto const in_body = report.retry_after;
    auto why = to_error(service, code, "answered " + std::to_string(response.status), std::move(report));
    why.http_status = response.status;
    if (auto id = request_id(response.headers); !id.empty()) why.request_id = std::move(id);
    hide_keys(why.request_id);
    why.retry_after = retry_after(response.headers, now);
    if (!why.retry_after) why.retry_after = in_body;
    why.should_retry = should_retry(response.headers);
    return why;
}

error make_reported_error(std::string_view service, std::string_view text, std::string_view request_id) {
    auto report = read_report(text);
    auto const code = classify_reported(report);
    auto const in_body = report.retry_after;
    auto why = to_error(service, code, "reported an error in its response", std::move(report));
    why.retry_after = in_body;
    why.http_status = 200;
    if (why.request_id.empty()) why.request_id = request_id;
    return why;
}

error make_protocol_error(std::string_view service, std::string_view what, error const& reader_error,
                          std::string_view request_id) {
    error why{.code = errc::protocol_error, .message = std::string{service}, .where = reader_error.where};
    why.message.append(": ").append(what);
    why.http_status = 200;
    why.request_id = request_id;
    return why;
}

}  // namespace coax::detail
