#include <coax/reflect/enums.hpp>
#include <coax/sim/options.hpp>

#include <algorithm>
#include <charconv>

namespace coax::sim {
namespace {

constexpr auto const& kinds = reflect::enumerators<fault_kind>;

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
    for (std::size_t i = 0; i < kinds.size(); ++i) list.append(i == 0 ? "" : ", ").append(kinds.name(i));
    return list;
}

std::optional<fault_kind> find_kind(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (kinds.name(i) == name) return kinds.value(i);
    return std::nullopt;
}

/// Sets the member that the third part of a fault's text stands for.
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

result<void> validate(fault const& what, std::string const& where) {
    if (!(what.probability >= 0 && what.probability <= 1))
        return invalid_argument(where + ".probability", "must be in [0, 1]");
    if (what.http_status < 400 || what.http_status > 599)
        return invalid_argument(where + ".http_status", "must be in [400, 599]");
    if (what.wait.count() < 0) return invalid_argument(where + ".wait", "must not be negative");
    return {};
}

result<void> validate(batch_fault const& what, std::string const& where) {
    if (!(what.share >= 0 && what.share <= 1)) return invalid_argument(where + ".share", "must be in [0, 1]");
    if (what.http_status < 400 || what.http_status > 599)
        return invalid_argument(where + ".http_status", "must be in [400, 599]");
    return {};
}

}  // namespace

std::string_view to_string(fault_kind kind) noexcept {
    auto const name = reflect::enum_name(kind);
    return name.empty() ? std::string_view{"unknown"} : name;
}

std::string_view to_string(batch_fault_kind kind) noexcept {
    auto const name = reflect::enum_name(kind);
    return name.empty() ? std::string_view{"unknown"} : name;
}

result<batch_fault> parse_batch_fault(std::string_view text) {
    std::string const where{text};
    auto const name = take_part(text);
    constexpr auto const& known = reflect::enumerators<batch_fault_kind>;
    batch_fault made;
    std::string names;
    bool found = false;
    for (std::size_t i = 0; i < known.size(); ++i) {
        names.append(i == 0 ? "" : ", ").append(known.name(i));
        if (known.name(i) != name) continue;
        made.kind = known.value(i);
        found = true;
    }
    if (!found)
        return invalid_argument(where, "no such fault of a batch: '" + std::string{name} + "'; known are " + names);
    bool const good = (text.empty() || read_number(take_part(text), made.share)) &&
                      (text.empty() || read_number(take_part(text), made.batch)) &&
                      (text.empty() || read_number(take_part(text), made.http_status)) && text.empty();
    if (!good) return invalid_argument(where, "must be KIND[:SHARE[:BATCH[:STATUS]]]");
    if (auto valid = validate(made, where); !valid) return std::move(valid).error();
    return made;
}

result<fault> parse_fault(std::string_view text) {
    std::string const where{text};
    auto const name = take_part(text);
    auto const kind = find_kind(name);
    if (!kind) return invalid_argument(where, "no such fault: '" + std::string{name} + "'; known are " + all_kinds());
    fault made{.kind = *kind};
    if (made.kind == fault_kind::slow || made.kind == fault_kind::overloaded) made.wait = std::chrono::milliseconds{0};
    if (!text.empty() && !read_number(take_part(text), made.probability))
        return invalid_argument(where, "a fault's probability must be a number");
    if (!text.empty()) {
        std::int64_t value = 0;
        if (!read_number(text, value) || value < 0 || value > 1'000'000'000)
            return invalid_argument(where, "a fault's value must be a whole number in [0, 1000000000]");
        set_value(made, value);
    }
    if (auto const valid = validate(made, "fault"); !valid)
        return invalid_argument(where, valid.error().where + " " + valid.error().message);
    return made;
}

std::string_view recorded_request::header(std::string_view name) const noexcept {
    auto const found =
        std::ranges::find_if(headers, [name](auto const& field) { return same_name(field.first, name); });
    return found != headers.end() ? std::string_view{found->second} : std::string_view{};
}

result<void> validate(options const& opts) {
    struct rule {
        bool broken;
        char const* where;
        char const* message;
    };
    for (auto const& [broken, where, message] : {
             rule{opts.certificate_host.empty(), "certificate_host", "must not be empty"},
             rule{!(opts.requests_per_minute >= 0), "requests_per_minute", "must not be negative"},
             rule{!(opts.tokens_per_minute >= 0), "tokens_per_minute", "must not be negative"},
             rule{opts.limit_window.count() <= 0, "limit_window", "must be above 0"},
             rule{opts.latency.first_byte.count() < 0, "latency.first_byte", "must not be negative"},
             rule{opts.latency.first_byte_spread.count() < 0, "latency.first_byte_spread", "must not be negative"},
             rule{!(opts.latency.tokens_per_second >= 0), "latency.tokens_per_second", "must not be negative"},
             rule{opts.response_words <= 0, "response_words", "must be above 0"},
             rule{opts.tool_calls_per_turn < 1 || opts.tool_calls_per_turn > 128, "tool_calls_per_turn",
                  "must be in [1, 128]"},
             rule{opts.max_connections == 0, "max_connections", "must be above 0"},
             rule{opts.max_body_bytes == 0, "max_body_bytes", "must be above 0"},
             rule{opts.idle_timeout.count() <= 0, "idle_timeout", "must be above 0"},
             rule{opts.stall_limit.count() <= 0, "stall_limit", "must be above 0"},
         })
        if (broken) return invalid_argument(where, message);
    for (std::size_t i = 0; i < opts.faults.size(); ++i)
        if (auto valid = validate(opts.faults[i], "faults[" + std::to_string(i) + "]"); !valid) return valid;
    for (std::size_t i = 0; i < opts.answers.size(); ++i)
        if (auto valid = validate(opts.answers[i]); !valid)
            return invalid_argument("answers[" + std::to_string(i) + "]." + valid.error().where, valid.error().message);
    for (std::size_t i = 0; i < opts.script.size(); ++i) {
        auto const where = "script[" + std::to_string(i) + "]";
        if (opts.script[i].request == 0) return invalid_argument(where + ".request", "requests count from 1");
        if (auto valid = validate(opts.script[i].fault, where + ".fault"); !valid) return valid;
    }
    return {};
}

}  // namespace coax::sim
