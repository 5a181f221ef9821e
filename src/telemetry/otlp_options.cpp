#include <coax/telemetry/otlp_exporter.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace coax {
namespace {

using look_up_function = std::function<std::optional<std::string>(std::string_view name)>;
using std::chrono::milliseconds;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank{" \t\r\n"};
    auto const from = text.find_first_not_of(blank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(blank) + 1 - from);
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const escaped =
            text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
        out += escaped ? static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])) : text[i];
        if (escaped) i += 2;
    }
    return out;
}

/// What the environment says, piece by piece. Remembers the first thing that is wrong.
class variables {
public:
    explicit variables(look_up_function const& look_up) : look_up_{look_up} {}

    /// Empty counts as unset, as OpenTelemetry says.
    [[nodiscard]] std::string text(std::string const& name) const {
        return std::string{trimmed(look_up_(name).value_or(""))};
    }
    /// Of what holds for one kind of export: "TRACES_" or "METRICS_", or for both.
    [[nodiscard]] std::string text_for(std::string const& kind, std::string const& name) const {
        auto own = text("OTEL_EXPORTER_OTLP_" + kind + name);
        return own.empty() ? text("OTEL_EXPORTER_OTLP_" + name) : own;
    }

    template <class T>
    void number(std::string const& name, T least, T& into) {
        auto const given = text(name);
        if (given.empty()) return;
        T value{};
        auto const [end, problem] = std::from_chars(given.data(), given.data() + given.size(), value);
        if (problem != std::errc{} || end != given.data() + given.size() || value < least)
            return fail(name, "must be a number of at least " + std::to_string(least));
        into = value;
    }
    void time(std::string const& name, milliseconds& into) {
        auto count = into.count();
        number(name, decltype(count){1}, count);
        into = milliseconds{count};
    }
    /// Whether the variable has one of these values; any other is wrong.
    template <std::size_t N>
    std::string choice(std::string const& name, std::array<std::string_view, N> const& known) {
        auto given = lower(text(name));
        if (given.empty() || std::ranges::find(known, given) != known.end()) return given;
        std::string list;
        for (auto const each : known) list.append(list.empty() ? "" : ", ").append(each);
        fail(name, "must be one of " + list);
        return {};
    }
    /// "a=b,c=d", the values percent-encoded.
    std::vector<std::pair<std::string, std::string>> pairs(std::string const& name, std::string_view given) {
        std::vector<std::pair<std::string, std::string>> all;
        while (!given.empty()) {
            auto const end = std::min(given.find(','), given.size());
            auto const one = trimmed(given.substr(0, end));
            given.remove_prefix(std::min(end + 1, given.size()));
            if (one.empty()) continue;
            auto const equals = one.find('=');
            if (equals == std::string_view::npos || equals == 0) {
                fail(name, "must be a list as in key=value,key2=value2");
                return all;
            }
            all.emplace_back(trimmed(one.substr(0, equals)), percent_decoded(trimmed(one.substr(equals + 1))));
        }
        return all;
    }

    void fail(std::string name, std::string message) {
        if (!wrong_) wrong_ = invalid_argument(std::move(name), std::move(message));
    }
    [[nodiscard]] std::optional<error> const& wrong() const noexcept { return wrong_; }

private:
    look_up_function const& look_up_;
    std::optional<error> wrong_{};
};

/// The address of one kind of export; empty: there is none.
std::string url_for(variables& from, std::string const& kind, std::string_view path) {
    if (from.choice("OTEL_" + kind + "EXPORTER", std::array<std::string_view, 2>{"otlp", "none"}) == "none") return {};
    auto own = from.text("OTEL_EXPORTER_OTLP_" + kind + "ENDPOINT");
    if (!own.empty()) return own;
    auto base = from.text("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (base.empty()) return {};
    if (base.ends_with('/')) base.pop_back();
    return base.append(path);
}

std::vector<header_list::field> headers_for(variables& from, std::string const& kind) {
    std::vector<header_list::field> fields;
    for (auto& [name, value] : from.pairs("OTEL_EXPORTER_OTLP_HEADERS", from.text_for(kind, "HEADERS")))
        fields.push_back({std::move(name), std::move(value)});
    return fields;
}

void read_transport(variables& from, otlp_options& options) {
    auto const kind = std::string{options.traces_url.empty() ? "METRICS_" : "TRACES_"};
    auto const protocol = lower(from.text_for(kind, "PROTOCOL"));
    if (!protocol.empty() && protocol != "http/protobuf")
        from.fail("OTEL_EXPORTER_OTLP_PROTOCOL", "coax exports by http/protobuf alone, this says " + protocol);
    auto const compression = lower(from.text_for(kind, "COMPRESSION"));
    if (!compression.empty() && compression != "gzip" && compression != "none")
        from.fail("OTEL_EXPORTER_OTLP_COMPRESSION", "must be gzip or none");
    options.gzip = compression == "gzip";
    from.time("OTEL_EXPORTER_OTLP_TIMEOUT", options.timeout);
    from.time("OTEL_EXPORTER_OTLP_" + kind + "TIMEOUT", options.timeout);
    options.http.ca_file = from.text_for(kind, "CERTIFICATE");
    options.http.client_certificate.file = from.text_for(kind, "CLIENT_CERTIFICATE");
    options.http.client_certificate.key_file = from.text_for(kind, "CLIENT_KEY");
    options.traces_headers = headers_for(from, "TRACES_");
    options.metrics_headers = headers_for(from, "METRICS_");
    from.time("OTEL_BSP_SCHEDULE_DELAY", options.send_delay);
    from.number("OTEL_BSP_MAX_QUEUE_SIZE", std::size_t{1}, options.max_queued_spans);
    from.time("OTEL_METRIC_EXPORT_INTERVAL", options.metrics_interval);
    constexpr std::array<std::string_view, 3> temporalities{"cumulative", "delta", "lowmemory"};
    auto const temporality = from.choice("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", temporalities);
    options.delta = temporality == "delta" || temporality == "lowmemory";
}

void read_resource(variables& from, otlp_options& options) {
    auto given = from.text("OTEL_RESOURCE_ATTRIBUTES");
    options.resource_attributes = from.pairs("OTEL_RESOURCE_ATTRIBUTES", given);
    for (auto const& [name, value] : options.resource_attributes)
        if (name == "service.name") options.service_name = value;
    if (auto name = from.text("OTEL_SERVICE_NAME"); !name.empty()) options.service_name = std::move(name);
}

void read_sampler(variables& from, otlp_options& options) {
    constexpr std::array<std::string_view, 6> samplers{"always_on",
                                                       "always_off",
                                                       "traceidratio",
                                                       "parentbased_always_on",
                                                       "parentbased_always_off",
                                                       "parentbased_traceidratio"};
    auto const sampler = from.choice("OTEL_TRACES_SAMPLER", samplers);
    if (sampler.empty()) return;
    options.heed_parent = sampler.starts_with("parentbased");
    if (sampler.ends_with("always_off")) options.sampled_share = 0;
    if (sampler.ends_with("ratio")) from.number("OTEL_TRACES_SAMPLER_ARG", 0.0, options.sampled_share);
    if (options.sampled_share > 1) from.fail("OTEL_TRACES_SAMPLER_ARG", "must be in [0, 1]");
}

void read_contents(variables& from, otlp_options& options) {
    constexpr std::array<std::string_view, 6> forms{"true",      "false",      "no_content",
                                                    "span_only", "event_only", "span_and_event"};
    auto const form = from.choice("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", forms);
    if (form != "true" && !form.starts_with("span")) return;
    options.content_bytes = 65'536;
    from.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", std::size_t{0}, options.content_bytes);
    from.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", std::size_t{0}, options.content_bytes);
}

result<void> check_url(char const* name, std::string const& url) {
    if (url.empty()) return {};
    auto const parsed = parse_base_url(url);
    return parsed ? result<void>{} : invalid_argument(name, parsed.error().message);
}

bool fits_header(header_list::field const& field) {
    auto const is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    return !field.name.empty() && std::ranges::none_of(field.name, is_control) &&
           std::ranges::none_of(field.value, is_control);
}

}  // namespace

result<void> validate(otlp_options const& options) {
    if (auto checked = check_url("traces_url", options.traces_url); !checked) return checked;
    if (auto checked = check_url("metrics_url", options.metrics_url); !checked) return checked;
    if (!std::ranges::all_of(options.traces_headers, fits_header))
        return invalid_argument("traces_headers", "hold what no header field may");
    if (!std::ranges::all_of(options.metrics_headers, fits_header))
        return invalid_argument("metrics_headers", "hold what no header field may");
    if (options.sampled_share < 0 || options.sampled_share > 1 || std::isnan(options.sampled_share))
        return invalid_argument("sampled_share", "must be in [0, 1]");
    if (options.max_queued_spans == 0) return invalid_argument("max_queued_spans", "must be > 0");
    if (options.max_queued_bytes == 0) return invalid_argument("max_queued_bytes", "must be > 0");
    if (std::min({options.timeout, options.send_delay, options.metrics_interval}).count() <= 0)
        return invalid_argument("timeout, send_delay, metrics_interval", "must be > 0");
    if (options.close_time.count() < 0) return invalid_argument("close_time", "must not be negative");
    return validate(options.http);
}

result<std::optional<otlp_options>> otlp_options_from(look_up_function const& look_up) {
    variables from{look_up};
    if (lower(from.text("OTEL_SDK_DISABLED")) == "true") return std::optional<otlp_options>{};
    otlp_options options;
    options.traces_url = url_for(from, "TRACES_", "/v1/traces");
    options.metrics_url = url_for(from, "METRICS_", "/v1/metrics");
    if (options.traces_url.empty() && options.metrics_url.empty() && !from.wrong())
        return std::optional<otlp_options>{};
    read_transport(from, options);
    read_resource(from, options);
    read_sampler(from, options);
    read_contents(from, options);
    if (from.wrong()) return *from.wrong();
    if (auto checked = validate(options); !checked) return std::move(checked).error();
    return std::optional{std::move(options)};
}

}  // namespace coax
