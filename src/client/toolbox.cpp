#include <coax/client/toolbox.hpp>

#include <algorithm>

namespace coax {
namespace {

constexpr std::size_t max_name_length = 64;

bool is_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= max_name_length && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

tool_definition definition_of(toolbox::entry const& tool, schema_dialect dialect) {
    tool_definition definition{.name = tool.name, .description = tool.description};
    if (!tool.parameters) return definition;
    if (auto said = tool.options.strict ? tool.parameters(dialect) : error{.code = errc::invalid_argument}) {
        definition.parameters = std::move(*said);
        definition.strict = true;
    } else {
        definition.parameters = tool.parameters(schema_dialect::json_schema).value();
    }
    return definition;
}

}  // namespace

std::optional<error> validate(run_options const& options) {
    auto const wrong = [](char const* field, char const* message) {
        return error{.code = errc::invalid_argument, .message = message, .where = field};
    };
    if (options.max_rounds < 1 || options.max_rounds > 1'000) return wrong("max_rounds", "must be in [1, 1000]");
    if (options.max_parallel_tools < 1 || options.max_parallel_tools > 128)
        return wrong("max_parallel_tools", "must be in [1, 128]");
    if (options.max_calls_per_turn < 1 || options.max_calls_per_turn > 128)
        return wrong("max_calls_per_turn", "must be in [1, 128]");
    if (options.tool_timeout.count() < 0) return wrong("tool_timeout", "must not be negative");
    return std::nullopt;
}

toolbox& toolbox::add(entry tool) {
    if (!is_name(tool.name))
        throw_error({.code = errc::invalid_argument,
                     .message = "a tool's name is 1 to 64 letters, digits, '_' or '-'",
                     .where = "\"" + tool.name + "\""});
    if (find(tool.name) != nullptr)
        throw_error(
            {.code = errc::invalid_argument, .message = "a tool of this name is there already", .where = tool.name});
    entries_.push_back(std::move(tool));
    return *this;
}

toolbox::entry const* toolbox::find(std::string_view name) const noexcept {
    auto const found =
        std::find_if(entries_.begin(), entries_.end(), [name](entry const& tool) { return tool.name == name; });
    return found == entries_.end() ? nullptr : &*found;
}

std::vector<tool_definition> toolbox::definitions(schema_dialect dialect) const {
    std::vector<tool_definition> all;
    all.reserve(entries_.size());
    for (auto const& tool : entries_) all.push_back(definition_of(tool, dialect));
    return all;
}

}  // namespace coax
