#include "provider/service_error.hpp"

#include "provider/json_text.hpp"

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

// What error bodies have been seen to hold. Every member may be of any type, null or missing.

struct error_inner_wire {
    json_value code{};
    json_value content_filter_result{};
    json_value content_filter_results{};
};

struct error_details_wire {
    json_value error_code{};
};

/// An element of Google's `details`.
struct error_detail_wire {
    json_value retryDelay{};
};

struct error_object_wire {
    json_value code{};
    json_value type{};
    json_value message{};
    json_value status{};
    json_value innererror{};
    json_value inner_error{};
    json_value details{};
};

struct error_body_wire {
    json_value error{};
    json_value request_id{};
    json_value code{};
    json_value type{};
    json_value message{};
    json_value detail{};
    json_value status{};
};

struct filter_verdict_wire {
    json_value filtered{};
};

namespace {

constexpr std::size_t longest_message_bytes = 1'024;
constexpr std::size_t longest_code_bytes = 128;

/// What an error body says, in the words of no service in particular.
struct report {
    std::string code{};
    std::string type{};
    std::string message{};
    std::string request_id{};
    std::string detail_code{};                               ///< Anthropic's `details.error_code`.
    std::string inner_code{};                                ///< Azure's `innererror.code`.
    std::string filters{};                                   ///< The filters that struck: "hate, violence".
    std::optional<std::chrono::milliseconds> retry_after{};  ///< Google's `RetryInfo`.
};

// --- reading ---

template <class T>
T read_or_empty(std::string_view text) {
    auto value = json::read<T>(text, json::wire_options);
    return value ? std::move(*value) : T{};
}

/// The names of the filters that struck, from the object of their verdicts.
std::string filters_that_struck(json_value const& verdicts) {
    std::string names;
    for (auto const& [name, verdict] : read_or_empty<std::map<std::string, json_value>>(verdicts.text())) {
        if (!verdict.is_object()) continue;
        if (read_or_empty<filter_verdict_wire>(verdict.text()).filtered.text() != "true") continue;
        if (!names.empty()) names += ", ";
        names += name;
    }
    return names;
}

void read_inner(report& said, json_value const& inner) {
    if (!inner.is_object()) return;
    auto const wire = read_or_empty<error_inner_wire>(inner.text());
    said.inner_code = text_of(wire.code);
    auto const& verdicts =
        wire.content_filter_result.is_object() ? wire.content_filter_result : wire.content_filter_results;
    if (verdicts.is_object()) said.filters = filters_that_struck(verdicts);
}

/// The longest wait among Google's details: one 429 may tell of several limits.
std::optional<std::chrono::milliseconds> told_wait(json_value const& details) {
    std::optional<std::chrono::milliseconds> longest;
    for (auto const& detail : read_or_empty<std::vector<json_value>>(details.text())) {
        if (!detail.is_object()) continue;
        auto const wait = parse_retry_delay(text_of(read_or_empty<error_detail_wire>(detail.text()).retryDelay));
        if (wait && (!longest || *wait > *longest)) longest = wait;
    }
    return longest;
}

void read_error_object(report& said, std::string_view text) {
    auto const wire = read_or_empty<error_object_wire>(text);
    said.code = text_of(wire.code);
    said.type = text_of(wire.type);
    said.message = text_of(wire.message);
    if (said.code.empty()) said.code = text_of(wire.status);
    read_inner(said, wire.innererror.is_object() ? wire.innererror : wire.inner_error);
    if (wire.details.is_array()) said.retry_after = told_wait(wire.details);
    if (wire.details.is_object())
        said.detail_code = text_of(read_or_empty<error_details_wire>(wire.details.text()).error_code);
}

report read_report(std::string_view body) {
    report said;
    auto const read = json::read<error_body_wire>(body, json::wire_options);
    if (!read) {
        said.message = body.substr(0, longest_message_bytes + 1);  // no JSON: a gateway's page or plain text
        return said;
    }
    auto const& wire = *read;
    if (wire.error.is_object()) {
        read_error_object(said, wire.error.text());
    } else if (is_truthy(wire.error)) {
        said.message = text_of(wire.error);
    } else {
        said.code = text_of(wire.code);
        said.type = text_of(wire.type);
        for (auto const* words : {&wire.message, &wire.detail, &wire.status})
            if (said.message.empty()) said.message = text_of(*words);
    }
    said.request_id = text_of(wire.request_id);
    return said;
}

// --- judging ---

struct word_rule {
    std::string_view word;
    errc means;
};

/// Codes and types that tell more than the status does.
constexpr std::array telling_words{
    word_rule{"insufficient_quota", errc::quota_exhausted},
    word_rule{"billing_hard_limit_reached", errc::quota_exhausted},
    word_rule{"billing_not_active", errc::quota_exhausted},
    word_rule{"billing_error", errc::quota_exhausted},
    word_rule{"enforced_spend_limit_reached", errc::quota_exhausted},
    word_rule{"content_filter", errc::content_filtered},
    word_rule{"content_policy_violation", errc::content_filtered},
    word_rule{"ResponsibleAIPolicyViolation", errc::content_filtered},
    word_rule{"context_length_exceeded", errc::context_too_long},
    word_rule{"exceed_context_size_error", errc::context_too_long},
    word_rule{"model_not_found", errc::not_found},
    word_rule{"DeploymentNotFound", errc::not_found},
    word_rule{"invalid_api_key", errc::authentication},
    word_rule{"overloaded_error", errc::overloaded},
};

/// Types that say no more than a status would; they count where there was none.
constexpr std::array plain_words{
    word_rule{"rate_limit_exceeded", errc::rate_limited},
    word_rule{"rate_limit_error", errc::rate_limited},
    word_rule{"requests", errc::rate_limited},
    word_rule{"tokens", errc::rate_limited},
    word_rule{"authentication_error", errc::authentication},
    word_rule{"permission_error", errc::authentication},
    word_rule{"not_found_error", errc::not_found},
    word_rule{"invalid_request_error", errc::bad_request},
    word_rule{"request_too_large", errc::bad_request},
    word_rule{"timeout_error", errc::timeout},
};

/// Phrases of 400s that have no code of their own.
constexpr std::array telling_phrases{
    word_rule{"prompt is too long", errc::context_too_long},
    word_rule{"exceed context limit", errc::context_too_long},
    word_rule{"maximum context length", errc::context_too_long},
    word_rule{"credit balance is too low", errc::quota_exhausted},
    word_rule{"usage limits", errc::quota_exhausted},
};

template <std::size_t Size>
std::optional<errc> find_word(std::array<word_rule, Size> const& rules, report const& said) {
    for (auto const& rule : rules)
        for (std::string_view const word : {said.code, said.type, said.detail_code, said.inner_code})
            if (word == rule.word) return rule.means;
    return std::nullopt;
}

std::optional<errc> find_phrase(std::string_view message) {
    for (auto const& rule : telling_phrases)
        if (message.find(rule.word) != std::string_view::npos) return rule.means;
    return std::nullopt;
}

errc judge_status(int status) {
    switch (status) {
        case 401:
        case 403: return errc::authentication;
        case 402: return errc::quota_exhausted;
        case 404: return errc::not_found;
        case 408: return errc::timeout;
        case 409: return errc::overloaded;  // a lock was not to be had in time
        case 429: return errc::rate_limited;
        case 503:
        case 529: return errc::overloaded;
        default: break;
    }
    if (status >= 500 && status < 600) return errc::server_error;
    if (status >= 400 && status < 500) return errc::bad_request;
    if (status >= 300 && status < 400) return errc::not_found;  // moved: the address is not that of the service
    return errc::protocol_error;
}

errc judge(int status, report const& said) {
    if (auto const code = find_word(telling_words, said)) return *code;
    if (status == 400)
        if (auto const code = find_phrase(said.message)) return *code;
    return judge_status(status);
}

/// A status in words: Azure's codes are often just that.
int status_in(std::string_view code) {
    int status = 0;
    auto const [end, failed] = std::from_chars(code.data(), code.data() + code.size(), status);
    return failed == std::errc{} && end == code.data() + code.size() && status >= 400 && status < 600 ? status : 0;
}

errc judge_reported(report const& said) {
    if (int const status = status_in(said.code)) return judge(status, said);
    if (auto const code = find_word(telling_words, said)) return *code;
    if (auto const code = find_word(plain_words, said)) return *code;
    return errc::server_error;
}

// --- words for people ---

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

/// One line of at most `limit` bytes, cut between characters.
std::string tidy(std::string text, std::size_t limit) {
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

/// The most telling of the service's own words for it.
std::string const& best_code(report const& said) {
    if (!said.detail_code.empty()) return said.detail_code;
    return !said.code.empty() ? said.code : said.type;
}

error to_error(std::string_view service, errc code, std::string_view what, report&& said) {
    error why{.code = code, .message = std::string{service}};
    why.message.append(" ").append(what);
    if (!said.filters.empty()) why.message.append("; filters that struck: ").append(said.filters);
    hide_keys(said.message);
    why.service_code = tidy(best_code(said), longest_code_bytes);
    why.service_message = tidy(std::move(said.message), longest_message_bytes);
    why.request_id = tidy(std::move(said.request_id), longest_code_bytes);
    return why;
}

}  // namespace

error make_service_error(std::string_view service, http_response const& answer, time_point now) {
    auto said = read_report(answer.body);
    auto const code = judge(answer.status, said);
    auto const in_body = said.retry_after;
    auto why = to_error(service, code, "answered " + std::to_string(answer.status), std::move(said));
    why.http_status = answer.status;
    if (auto id = request_id(answer.headers); !id.empty()) why.request_id = std::move(id);
    why.retry_after = retry_after(answer.headers, now);
    if (!why.retry_after) why.retry_after = in_body;
    why.should_retry = should_retry(answer.headers);
    return why;
}

error make_reported_error(std::string_view service, std::string_view text, std::string_view request_id) {
    auto said = read_report(text);
    auto const code = judge_reported(said);
    auto const in_body = said.retry_after;
    auto why = to_error(service, code, "reported an error in its answer", std::move(said));
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
