// Functions and schemas of the output, which chat completions and Responses write alike but for where they stand.
#include "sim/openai_reader.hpp"
#include "sim/schema_rules.hpp"
#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

/// Refuses the name of a function or of a format. @param where  The path of the object that has it.
rejection check_name(json::value const& of, std::string const& where) {
    auto const place = where + ".name";
    if (member(of, "name") == nullptr) return missing_parameter(place);
    if (is_tool_name(text_member(of, "name"), 64)) return std::nullopt;
    return bad_request("Invalid " + quoted(place) +
                           ": string does not match pattern. Expected a string that matches the pattern "
                           "'^[a-zA-Z0-9_-]+$'.",
                       place, "invalid_value");
}

bool is_absent(json::value const* value) noexcept { return value == nullptr || value->is_null(); }

}  // namespace

rejection openai_reader::check_tool_list(json::value const& tools) {
    if (!tools.is_array()) return invalid_type("tools", "an array of objects");
    if (tools.get_array().size() <= 128) return std::nullopt;
    return bad_request("Invalid 'tools': array too long. Expected an array with maximum length 128.", "tools",
                       "array_above_max_length");
}

rejection openai_reader::read_function(json::value const& function, std::string const& where, bool needs_type) {
    if (auto wrong = check_name(function, where)) return wrong;
    auto const name = text_member(function, "name");
    auto const* parameters = member(function, "parameters");
    auto const* strict = member(function, "strict");
    if (!is_absent(strict) && !strict->is_bool()) return invalid_type(where + ".strict", "a boolean");
    bool const none = is_absent(parameters);
    bool const untyped = !none && parameters->is_object() && member(*parameters, "type") == nullptr;
    std::optional<std::string> complaint;
    if (is_bool(strict, true) && !none)
        complaint = openai_schema_error(*parameters);
    else if (!none && (needs_type || !untyped))
        complaint = openai_root_error(*parameters);
    if (complaint)
        return bad_request("Invalid schema for function " + quoted(name) + ": " + *complaint, where + ".parameters",
                           "invalid_function_parameters");
    chat_.tools.push_back({.name = name, .parameters = none ? nullptr : parameters});
    return std::nullopt;
}

rejection openai_reader::read_output_schema(json::value const& format, std::string const& where, api_error const& at) {
    if (auto wrong = check_name(format, where)) return wrong;
    chat_.schema = member(format, "schema");
    if (chat_.schema == nullptr || !chat_.schema->is_object()) return missing_parameter(where + ".schema");
    bool const strict = is_bool(member(format, "strict"), true);
    auto const complaint = strict ? openai_schema_error(*chat_.schema) : openai_root_error(*chat_.schema);
    if (!complaint) return std::nullopt;
    return bad_request("Invalid schema for response_format " + quoted(text_member(format, "name")) + ": " + *complaint,
                       at.param, at.code);
}

void openai_reader::allow_only(json::value const& allowed, std::string_view (*name_of)(json::value const& entry)) {
    auto const& entries = allowed.get_array();
    std::erase_if(chat_.tools, [&](tool_spec const& tool) {
        return std::ranges::none_of(entries, [&](json::value const& entry) { return name_of(entry) == tool.name; });
    });
}

}  // namespace coax::sim::detail
