#include "provider/service_error.hpp"

#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_words.hpp"
#include "provider/told_wait.hpp"
#include "provider/tolerant_read.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace coax::detail {

namespace {

/// The content of an error body, independent of the service.
struct error_report {
    std::string code{};
    std::string type{};
    std::string message{};
    std::string request_id{};
    std::string detail_code{};  ///< Anthropic's `details.error_code`, the reason of Google's `ErrorInfo`.
    std::string inner_code{};   ///< Azure's `innererror.code`.
    std::string filters{};      ///< The filters that were triggered: "hate, violence".
    std::string number{};       ///< The code, where it is a number and a status in words took its place.
    std::optional<std::chrono::milliseconds> retry_after{};  ///< Google's `RetryInfo`.
    bool daily_quota{false};                                 ///< Google's `QuotaFailure` names one of a day.
};

// --- reading ---

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

std::vector<json_value> items_of(json_value const& list) {
    auto items = json::read<std::vector<json_value>>(list.text(), json::wire_options);
    return items ? *std::move(items) : std::vector<json_value>{};
}

/// Google's details. One 429 may report several limits: the longest wait counts.
void read_google_details(error_report& report, json_value const& details) {
    for (auto const& detail : items_of(details)) {
        auto members = read_members(detail);
        report.retry_after = std::max(report.retry_after, parse_retry_delay(text_of(members["retryDelay"])));
        if (auto reason = text_of(members["reason"]); !reason.empty()) report.detail_code = std::move(reason);
        for (auto const& violation : items_of(members["violations"]))
            report.daily_quota |= text_of(read_members(violation)["quotaId"]).find("PerDay") != std::string::npos;
    }
}

/// A code that is a number says less than a type or status in words.
bool is_numeric(std::string_view code) {
    return !code.empty() && code.find_first_not_of("0123456789") == std::string_view::npos;
}

/// OpenRouter says "Provider returned error" and has the provider's own words beside it.
std::string words_of_error(json_members& error) {
    auto words = words_of(error["message"]);
    if (auto const raw = words_of(read_members(error["metadata"])["raw"]); !raw.empty())
        words.append(words.empty() ? "" : ": ").append(raw);
    return words;
}

void read_error_object(error_report& report, json_value const& object) {
    auto error = read_members(object);
    report.code = text_of(error["code"]);
    report.type = text_of(error["type"]);
    report.message = words_of_error(error);
    auto const status = text_of(error["status"]);
    if (report.code.empty() ||
        (is_numeric(report.code) && report.type.empty() && !status.empty() && !is_numeric(status))) {
        report.number = report.code;
        report.code = status;
    }
    auto inner = read_members(error["innererror"].is_object() ? error["innererror"] : error["inner_error"]);
    report.inner_code = text_of(inner["code"]);
    auto const& verdicts = inner["content_filter_result"];
    report.filters = triggered_filters(verdicts.is_object() ? verdicts : inner["content_filter_results"]);
    report.detail_code = text_of(read_members(error["details"])["error_code"]);
    read_google_details(report, error["details"]);
    if (report.message.empty() && object.text() != "{}") report.message = words_of(object);
}

/// What a gateway has instead of an object `error`.
void read_flat_error(error_report& report, json_members& all, json_value const& whole) {
    report.code = text_of(all["code"]);
    report.type = text_of(all["type"]);
    if (auto const& told = all["error"]; is_truthy(told)) report.message = words_of(told);
    for (auto const* name : {"message", "detail", "status"})
        if (report.message.empty()) report.message = words_of(all[name]);
    if (report.message.empty() && !all.contains("choices")) report.message = words_of(whole);
}

/// The error's object: Google's OpenAI-compatible endpoint wraps it in an array.
json_value unwrapped(json_value value) {
    if (!value.is_array()) return value;
    auto items = json::read<std::vector<json_value>>(value.text(), json::wire_options);
    return items && !items->empty() && items->front().is_object() ? std::move(items->front()) : value;
}

error_report read_report(std::string_view body) {
    error_report report;
    auto parsed = json::read<json_value>(repair_json(body), tolerant_options);
    if (!parsed) {  // a gateway's page or plain text
        report.message = words_of_text(body.substr(0, longest_page_bytes)).substr(0, longest_message_bytes + 1);
        return report;
    }
    auto const whole = unwrapped(*std::move(parsed));
    auto all = read_members(whole);
    if (all["error"].is_object())
        read_error_object(report, all["error"]);
    else
        read_flat_error(report, all, whole);
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
    text_rule{"max_tokens_per_request", errc::context_too_long},
    text_rule{"model_not_found", errc::not_found},
    text_rule{"DeploymentNotFound", errc::not_found},
    text_rule{"invalid_api_key", errc::authentication},
    text_rule{"API_KEY_INVALID", errc::authentication},
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
    text_rule{"invalid_prompt", errc::bad_request},
    text_rule{"data_residency_mismatch", errc::bad_request},
    text_rule{"bio_policy", errc::content_filtered},
    text_rule{"misalignment_policy_violation", errc::content_filtered},
    text_rule{"image_content_policy_violation", errc::content_filtered},
};

/// Phrases in the messages of 400s that have no code of their own.
constexpr std::array message_phrases{
    text_rule{"prompt is too long", errc::context_too_long},
    text_rule{"exceed context limit", errc::context_too_long},
    text_rule{"exceeds the maximum number of tokens", errc::context_too_long},
    text_rule{"maximum context length", errc::context_too_long},
    text_rule{"maximum input length", errc::context_too_long},
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
    if (status == 429 && report.daily_quota) return errc::quota_exhausted;
    if (status == 429 && exceeds_limit_alone(report.message)) return errc::context_too_long;
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
    for (auto const& code : {report.code, report.number})
        if (int const status = parse_status(code)) return classify(status, report);
    if (auto const code = find_code(specific_codes, report)) return *code;
    if (auto const code = find_code(general_types, report)) return *code;
    return errc::server_error;
}

// --- messages ---

/// The most specific of the service's own codes.
std::string const& service_code_of(error_report const& report) {
    if (!report.detail_code.empty()) return report.detail_code;
    if (is_numeric(report.code) && !report.type.empty()) return report.type;
    return !report.code.empty() ? report.code : report.type;
}

/// What to do about a status that alone says it; empty: the service's words have to.
std::string_view remedy(int status) {
    switch (status) {
        case 401: return ": check the key, and that it is one of this service";
        case 402: return ": its credit is used up";
        case 403: return ": the key may not do this";
        case 404: return ": check `base_url` and the model's name";
        case 407: return ": check the proxy's user and password";
        default: return "";
    }
}

/// Redirects are not followed: a key goes to no other address than the one it was given for.
std::string redirection(http_response const& response) {
    auto const target = response.headers.find("location");
    if (response.status < 300 || response.status > 399 || target.empty()) return {};
    auto const shown = target.substr(0, std::min(target.find_first_of("?#"), longest_code_bytes));
    return "; it has moved: set `base_url` to where it says, " + one_line(std::string{shown}, longest_code_bytes);
}

error error_of_report(std::string_view service, errc code, std::string_view what, error_report&& report) {
    error why{.code = code, .message = std::string{service}};
    why.message.append(" ").append(what);
    if (!report.filters.empty()) why.message.append("; triggered filters: ").append(report.filters);
    why.service_code = one_line(service_code_of(report), longest_code_bytes);
    why.service_message = one_line(std::move(report.message), longest_message_bytes);
    why.request_id = one_line(std::move(report.request_id), longest_code_bytes);
    why.retry_after = report.retry_after;
    for (auto* const text : {&why.message, &why.service_code, &why.service_message, &why.request_id}) hide_keys(*text);
    return why;
}

/// A wait that stands elsewhere than in Retry-After, of an error that a wait may mend.
void add_told_wait(error& why, header_list const& headers, std::chrono::system_clock::time_point now) {
    if (why.retry_after || (why.code != errc::rate_limited && why.code != errc::overloaded)) return;
    why.retry_after = wait_in_words(why.service_message);
    if (!why.retry_after) why.retry_after = wait_for_reset(headers, now);
}

}  // namespace

error make_service_error(std::string_view service, http_response const& response,
                         std::chrono::system_clock::time_point now) {
    auto report = read_report(response.body);
    auto const code = classify(response.status, report);
    auto what = "answered " + std::to_string(response.status);
    what.append(remedy(response.status)).append(redirection(response));
    auto why = error_of_report(service, code, what, std::move(report));
    why.http_status = response.status;
    if (auto id = request_id(response.headers); !id.empty()) why.request_id = std::move(id);
    hide_keys(why.request_id);
    if (auto const told = retry_after(response.headers, now)) why.retry_after = told;
    add_told_wait(why, response.headers, now);
    why.should_retry = should_retry(response.headers);
    return why;
}

error make_reported_error(std::string_view service, std::string_view text, std::string_view request_id) {
    auto report = read_report(text);
    auto const code = classify_reported(report);
    auto why = error_of_report(service, code, "reported an error in its response", std::move(report));
    add_told_wait(why, {}, {});
    why.http_status = 200;
    if (why.request_id.empty()) why.request_id = request_id;
    return why;
}

}  // namespace coax::detail
