#include "mcp/catalog.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <utility>

namespace coax::mcp::detail {
namespace {

constexpr std::chrono::hours longest_lifetime{24};

struct wire_annotations {
    std::string title{};
    bool readOnlyHint{false};
    bool idempotentHint{false};
};

struct wire_tool {
    std::string name{};
    std::string title{};
    std::string description{};
    json_value inputSchema{};
    json_value outputSchema{};
    wire_annotations annotations{};
};

struct wire_page {
    std::optional<std::vector<json_value>> tools{};
    std::optional<std::string> nextCursor{};
    double ttlMs{0};
};

error bad_page(std::string const& why) {
    return {.code = errc::protocol_error, .message = "the list of tools cannot be read: " + why};
}

std::chrono::milliseconds lifetime_of(wire_page const& page) {
    using milliseconds = std::chrono::milliseconds;
    if (!(page.ttlMs > 0)) return milliseconds::zero();
    auto const most = static_cast<double>(milliseconds{longest_lifetime}.count());
    return milliseconds{static_cast<milliseconds::rep>(std::min(page.ttlMs, most))};
}

/// The schema of arguments, which are always an object.
result<runtime_schema> parse_arguments(json_value const& text) {
    if (text.is_null()) return runtime_schema::parse(R"({"type":"object"})");
    auto schema = runtime_schema::parse(text.text());
    if (!schema || schema->is_object() || !text.is_object()) return schema;
    auto const rest = text.text().substr(1);
    return runtime_schema::parse(R"({"type":"object")" + (rest == "}" ? rest : ',' + rest));
}

tool described(wire_tool told) {
    return {.name = std::move(told.name),
            .title = told.title.empty() ? std::move(told.annotations.title) : std::move(told.title),
            .description = std::move(told.description),
            .input_schema = std::move(told.inputSchema),
            .output_schema = std::move(told.outputSchema),
            .read_only = told.annotations.readOnlyHint,
            .idempotent = told.annotations.idempotentHint};
}

}  // namespace

result<std::optional<std::string>> catalog::add_page(json_value const& page) {
    auto read = json::read<wire_page>(page, json::wire_options);
    if (!read) return bad_page(read.error().message + " (at " + read.error().where + ")");
    if (!read->tools) return bad_page("there is no list in it");
    if (++pages_ > limits_.max_pages)
        return error{.code = errc::too_large, .message = "the list of tools has too many pages: max_pages"};
    for (auto const& each : *read->tools) {
        if (tools_.size() + left_out_.size() >= limits_.max_tools)
            return error{.code = errc::too_large, .message = "the server has too many tools: max_tools"};
        add_tool(each);
    }
    auto const lifetime = lifetime_of(*read);
    lifetime_ = std::min(lifetime, lifetime_.value_or(lifetime));
    return std::move(read->nextCursor);
}

void catalog::add_tool(json_value const& text) {
    auto read = json::read<wire_tool>(text, json::wire_options);
    if (!read) return leave_out("a tool", read.error().message + " (at " + read.error().where + ")");
    auto const name = read->name;
    if (name.empty()) return leave_out("a tool", "it has no name");
    if (find(name) != nullptr) return leave_out(name, "there is another one of this name");
    auto input = parse_arguments(read->inputSchema);
    if (!input) return leave_out(name, "the schema of its arguments: " + to_string(input.error()));
    if (!input->is_object()) return leave_out(name, "its arguments are no object");
    auto mirrored = mirrored_parameters_of(read->inputSchema);
    if (!mirrored) return leave_out(name, to_string(mirrored.error()));
    known_tool made{.input = *std::move(input), .mirrored = *std::move(mirrored)};
    if (!read->outputSchema.is_null()) {
        // One that is not understood is no reason to do without the tool: its results go unchecked.
        if (auto output = runtime_schema::parse(read->outputSchema.text())) made.output = *std::move(output);
    }
    made.described = described(*std::move(read));
    tools_.push_back(std::move(made));
}

void catalog::leave_out(std::string const& name, std::string const& why) { left_out_.push_back(name + ": " + why); }

known_tool const* catalog::find(std::string_view name) const noexcept {
    auto const found =
        std::ranges::find(tools_, name, [](known_tool const& each) -> auto const& { return each.described.name; });
    return found == tools_.end() ? nullptr : &*found;
}

}  // namespace coax::mcp::detail
