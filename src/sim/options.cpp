#include <coax/sim/options.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace coax::sim {
namespace {

struct kind_name {
    fault_kind kind;
    std::string_view name;
};

constexpr std::array kind_names{
    kind_name{fault_kind::http_status, "http_status"},
    kind_name{fault_kind::rate_limited, "rate_limited"},
    kind_name{fault_kind::overloaded, "overloaded"},
    kind_name{fault_kind::quota_exhausted, "quota_exhausted"},
    kind_name{fault_kind::context_too_long, "context_too_long"},
    kind_name{fault_kind::content_filter, "content_filter"},
    kind_name{fault_kind::reset, "reset"},
    kind_name{fault_kind::close_before_answer, "close_before_answer"},
    kind_name{fault_kind::stall, "stall"},
    kind_name{fault_kind::truncated_body, "truncated_body"},
    kind_name{fault_kind::malformed_json, "malformed_json"},
    kind_name{fault_kind::stream_error, "stream_error"},
    kind_name{fault_kind::schema_violation, "schema_violation"},
    kind_name{fault_kind::refusal, "refusal"},
    kind_name{fault_kind::overlong, "overlong"},
    kind_name{fault_kind::length, "length"},
    kind_name{fault_kind::slow, "slow"},
};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view left, std::string_view right) noexcept {
    return std::ranges::equal(left, right, {}, lower, lower);
}

/// Takes the text up to the next colon off the front.
std::string_view take_part(std::string_view& text) noexcept {
    auto const end = text.find(':');
    auto const part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
}

template <class Number>
bool read_number(std::string_view text, Number& out) noexcept {
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failure == std::errc{} && end == text.data() + text.size();
}

std::string all_kinds() {
    std::string list;
    for (auto const& known : kind_names) list.append(list.empty() ? "" : ", ").append(known.name);
    return list;
}

error invalid(std::string where, std::string message) {
    return error{.code = errc::invalid_argument, .message = std::move(message), .where = std::move(where)};
}

/// Puts the third part of a fault's text where its kind wants it.
void set_value(fault& made, std::int64_t value) {
    switch (made.kind) {
        case fault_kind::http_status: made.http_status = static_cast<int>(value); break;
        case fault_kind::rate_limited:
        case fault_kind::overloaded:
        case fault_kind::slow: made.wait = std::chrono::milliseconds{value}; break;
        default: made.at_byte = static_cast<std::size_t>(value); break;
    }
    if (made.kind == fault_kind::rate_limited && value % 1000 != 0) made.retry_after = retry_after_form::milliseconds;
}

std::optional<error> validate(fault const& what, std::string const& where) {
    if (!(what.probability >= 0 && what.probability <= 1)) return invalid(where + ".probability", "must be in [0, 1]");
    if (what.http_status < 400 || what.http_status > 599)
        return invalid(where + ".http_status", "must be in [400, 599]");
    if (what.wait.count() < 0) return invalid(where + ".wait", "must not be negative");
    return std::nullopt;
}

}  // namespace

std::string_view to_string(fault_kind kind) noexcept {
    auto const found = std::ranges::find(kind_names, kind, &kind_name::kind);
    return found != kind_names.end() ? found->name : std::string_view{"unknown"};
}

result<fault> parse_fault(std::string_view text) {
    std::string const where{text};
    auto const name = take_part(text);
    auto const found = std::ranges::find(kind_names, name, &kind_name::name);
    if (found == kind_names.end())
        return invalid(where, "no such fault: '" + std::string{name} + "'; known are " + all_kinds());
    fault made{.kind = found->kind};
    if (made.kind == fault_kind::slow || made.kind == fault_kind::overloaded) made.wait = std::chrono::milliseconds{0};
    if (!text.empty() && !read_number(take_part(text), made.probability))
        return invalid(where, "a fault's probability must be a number");
    if (!text.empty()) {
        std::int64_t value = 0;
        if (!read_number(text, value) || value < 0) return invalid(where, "a fault's value must be a whole number");
        set_value(made, value);
    }
    if (auto const wrong = validate(made, "fault")) return invalid(where, wrong->where + " " + wrong->message);
    return made;
}

std::string_view recorded_request::header(std::string_view name) const noexcept {
    auto const found =
        std::ranges::find_if(headers, [name](auto const& field) { return same_name(field.first, name); });
    return found != headers.end() ? std::string_view{found->second} : std::string_view{};
}

std::optional<error> validate(options const& wanted) {
    struct rule {
        bool broken;
        char const* where;
        char const* message;
    };
    for (auto const& [broken, where, message] : {
             rule{wanted.certificate_host.empty(), "certificate_host", "must not be empty"},
             rule{!(wanted.requests_per_minute >= 0), "requests_per_minute", "must not be negative"},
             rule{!(wanted.tokens_per_minute >= 0), "tokens_per_minute", "must not be negative"},
             rule{wanted.limit_window.count() <= 0, "limit_window", "must be above 0"},
             rule{wanted.latency.first_byte.count() < 0, "latency.first_byte", "must not be negative"},
             rule{wanted.latency.first_byte_spread.count() < 0, "latency.first_byte_spread", "must not be negative"},
             rule{!(wanted.latency.tokens_per_second >= 0), "latency.tokens_per_second", "must not be negative"},
             rule{wanted.answer_words <= 0, "answer_words", "must be above 0"},
             rule{wanted.tool_calls_per_turn < 1 || wanted.tool_calls_per_turn > 128, "tool_calls_per_turn",
                  "must be in [1, 128]"},
             rule{wanted.max_connections == 0, "max_connections", "must be above 0"},
             rule{wanted.max_body_bytes == 0, "max_body_bytes", "must be above 0"},
             rule{wanted.idle_timeout.count() <= 0, "idle_timeout", "must be above 0"},
             rule{wanted.stall_limit.count() <= 0, "stall_limit", "must be above 0"},
         })
        if (broken) return invalid(where, message);
    for (std::size_t i = 0; i < wanted.faults.size(); ++i)
        if (auto wrong = validate(wanted.faults[i], "faults[" + std::to_string(i) + "]")) return wrong;
    for (std::size_t i = 0; i < wanted.script.size(); ++i) {
        auto const where = "script[" + std::to_string(i) + "]";
        if (wanted.script[i].request == 0) return invalid(where + ".request", "requests count from 1");
        if (auto wrong = validate(wanted.script[i].what, where + ".what")) return wrong;
    }
    return std::nullopt;
}

}  // namespace coax::sim
