#include "batch/internal/run_text.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <array>

namespace coax::detail {

namespace {

constexpr std::size_t longest_text = 160;

struct run_part {
    std::string_view name;
    std::string_view changed;
    std::uint32_t response_origin::* digest;
    std::string run_identity::* now;
    std::optional<std::string> run_description::* then;
};
constexpr std::array run_parts{
    run_part{"prompt", "another prompt", &response_origin::prompt, &run_identity::prompt, &run_description::prompt},
    run_part{"model", "another model", &response_origin::model, &run_identity::model, &run_description::model},
    run_part{"schema", "another schema", &response_origin::schema, &run_identity::schema, &run_description::schema},
    run_part{"service", "another service", &response_origin::service, &run_identity::service,
             &run_description::service},
    run_part{"parameters", "other parameters", &response_origin::parameters, &run_identity::parameters,
             &run_description::parameters}};

std::string quoted(std::string_view text) {
    std::string quoted;
    json::append_string(quoted, text);
    return text.empty() ? "none" : quoted;
}

/// " ("m" then, "n" now)", as far as it is known and short.
std::string change_of(std::optional<std::string> const& then, std::string const& now) {
    if (now.size() > longest_text) return then ? " (" + quoted(*then) + " then)" : std::string{};
    if (then && *then == now) return {};
    auto const was = then ? quoted(*then) + " then, " : std::string{};
    return " (" + was + quoted(now) + " now)";
}

}  // namespace

std::string run_text(run_identity const& run) {
    std::string text;
    json::writer out{text};
    out.begin_object();
    for (auto const& part : run_parts)
        if (auto const& value = run.*part.now; value.size() <= longest_text)
            out.member(part.name, std::string_view{value});
    if (!run.shard.empty()) out.member("shard", std::string_view{run.shard});
    if (run.records != 0) out.member("records", run.records);
    out.end_object();
    return text;
}

run_description parse_run(json_value const& text) {
    return json::read<run_description>(text, {.check_utf8 = false}).value_or(run_description{});
}

std::string differences(response_origin const& was, run_description const& then, run_identity const& now) {
    std::string text;
    for (auto const& part : run_parts) {
        auto const before = was.*part.digest;
        auto const after = now.digests.*part.digest;
        if (before == 0 || after == 0 || before == after) continue;
        text.append(text.empty() ? "" : ", ").append(part.changed).append(change_of(then.*part.then, now.*part.now));
    }
    return text;
}

}  // namespace coax::detail
