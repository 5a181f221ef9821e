#include <coax/client/toolbox.hpp>
#include <coax/core/detail/name.hpp>

#include <algorithm>

namespace coax {
namespace {

tool_definition definition_of(toolbox::entry const& tool, schema_dialect dialect) {
    tool_definition definition{.name = tool.name, .description = tool.description};
    if (!tool.parameters) return definition;
    if (tool.options.strict) {
        if (auto schema = tool.parameters(dialect)) {
            definition.parameters = *std::move(schema);
            definition.strict = true;
            return definition;
        }
    }
    definition.parameters = tool.parameters(schema_dialect::json_schema).value();
    return definition;
}

}  // namespace

result<void> validate(run_options const& options) {
    if (options.max_rounds < 1 || options.max_rounds > 1'000)
        return invalid_argument("max_rounds", "must be in [1, 1000]");
    if (options.max_parallel_tools < 1 || options.max_parallel_tools > 128)
        return invalid_argument("max_parallel_tools", "must be in [1, 128]");
    if (options.max_calls_per_turn < 1 || options.max_calls_per_turn > 128)
        return invalid_argument("max_calls_per_turn", "must be in [1, 128]");
    if (options.tool_timeout.count() < 0) return invalid_argument("tool_timeout", "must not be negative");
    return {};
}

toolbox& toolbox::add(entry tool) {
    if (!core::detail::is_name(tool.name))
        throw_error(
            invalid_argument('"' + tool.name + '"', std::string{"the name of a tool "} + core::detail::name_rule));
    if (find(tool.name) != nullptr) throw_error(invalid_argument(tool.name, "duplicate tool"));
    entries_.push_back(std::make_shared<entry const>(std::move(tool)));
    return *this;
}

toolbox::entry const* toolbox::find(std::string_view name) const noexcept {
    auto const found =
        std::find_if(entries_.begin(), entries_.end(), [name](auto const& tool) { return tool->name == name; });
    return found == entries_.end() ? nullptr : found->get();
}

std::vector<tool_definition> toolbox::definitions(schema_dialect dialect) const {
    std::vector<tool_definition> all;
    all.reserve(entries_.size());
    for (auto const& tool : entries_) all.push_back(definition_of(*tool, dialect));
    return all;
}

}  // namespace coax
