#include "client/tool_definitions.hpp"
#include "schema/internal/wrapped_root.hpp"

#include <coax/client/toolbox.hpp>
#include <coax/core/detail/name.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <algorithm>

namespace coax {
namespace detail {
namespace {

error inexpressible(toolbox::entry const& tool, error why) {
    why.message = "the arguments of the tool \"" + tool.name + "\": " + why.message;
    why.where = tool.name;
    return why;
}

/// Whether the arguments are something else than an object.
bool takes_no_object(toolbox::entry const& tool) {
    auto const text = tool.parameters ? tool.parameters(schema_dialect::json_schema) : error{};
    auto const schema = text ? runtime_schema::parse(*text) : text.error();
    return schema && !schema->is_object();
}

/// The schema of the arguments as an object: the dialects that want one wrap by themselves.
result<std::string> parameters_in(toolbox::entry const& tool, schema_dialect dialect) {
    auto schema = tool.parameters(dialect);
    if (schema && tool.wraps && !schema::detail::wants_object_root(dialect))
        return schema::detail::wrap_schema(*schema);
    return schema;
}

}  // namespace

result<tool_definitions> define_tools(toolbox const& tools, schema_dialect dialect, bool relax) {
    tool_definitions defined;
    for (auto const& tool : tools.entries()) {
        auto& one = defined.all.emplace_back(tool_definition{.name = tool->name, .description = tool->description});
        if (!tool->parameters) continue;
        one.strict = tool->options.strict;
        auto schema = parameters_in(*tool, one.strict ? dialect : schema_dialect::json_schema);
        if (!schema && one.strict && relax) {
            one.strict = false;
            defined.note.append(defined.note.empty() ? "" : "; ").append(inexpressible(*tool, schema.error()).message);
            schema = parameters_in(*tool, schema_dialect::json_schema);
        }
        if (!schema) {
            auto why = inexpressible(*tool, std::move(schema).error());
            if (one.strict) why.message += " (or let them go unenforced: tool_options::strict, output.relax_schemas)";
            return why;
        }
        one.parameters = *std::move(schema);
    }
    return defined;
}

}  // namespace detail

result<void> validate(run_options const& options) {
    if (options.max_rounds < 1 || options.max_rounds > 1'000)
        return invalid_argument("max_rounds", "must be in [1, 1000]");
    if (options.max_parallel_tools < 1 || options.max_parallel_tools > 128)
        return invalid_argument("max_parallel_tools", "must be in [1, 128]");
    if (options.max_calls_per_turn < 1 || options.max_calls_per_turn > 128)
        return invalid_argument("max_calls_per_turn", "must be in [1, 128]");
    if (options.tool_timeout.count() < 0) return invalid_argument("tool_timeout", "must not be negative");
    if (options.max_tokens < 0) return invalid_argument("max_tokens", "must not be negative");
    if (options.timeout.count() < 0) return invalid_argument("timeout", "must not be negative");
    return {};
}

toolbox& toolbox::add(entry tool) {
    if (!core::detail::is_name(tool.name))
        throw_error(
            invalid_argument('"' + tool.name + '"', std::string{"the name of a tool "} + core::detail::name_rule));
    if (find(tool.name) != nullptr) throw_error(invalid_argument(tool.name, "duplicate tool"));
    tool.wraps = detail::takes_no_object(tool);
    entries_.push_back(std::make_shared<entry const>(std::move(tool)));
    return *this;
}

toolbox::entry const* toolbox::find(std::string_view name) const noexcept {
    auto const found =
        std::find_if(entries_.begin(), entries_.end(), [name](auto const& tool) { return tool->name == name; });
    return found == entries_.end() ? nullptr : found->get();
}

result<std::vector<tool_definition>> toolbox::definitions(schema_dialect dialect) const {
    return detail::define_tools(*this, dialect, false).transform([](auto defined) { return std::move(defined.all); });
}

}  // namespace coax
