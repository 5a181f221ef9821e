#include <coax/json/codec.hpp>

namespace coax::json {
namespace {

std::string_view explain(detail::schema_problem problem) {
    using enum detail::schema_problem;
    switch (problem) {
        case none: break;
        case root_not_object: return "the root must be an object; put the value into a struct with one field";
        case map: return "objects are closed, so a map cannot be said; use a list of structs with a key and a value";
        case any_value:
            return "every value has a stated type, so coax::json_value cannot be said; use a string that holds JSON";
        case recursive: return "a type cannot contain itself; unroll it to the depth needed";
        case too_deep: return "the type is nested too deep; flatten it";
        case too_many_properties: return "the type has too many properties; split it";
        case too_many_enum_values: return "the type has too many enum values; use a string";
        case too_many_optionals: return "the type has too many optional fields; require some";
    }
    return "the type cannot be said";
}

}  // namespace

result<std::string_view> codec::schema(schema_dialect dialect) const {
    auto const& text = texts[static_cast<std::size_t>(dialect)];
    if (text.problem == detail::schema_problem::none) return text.text;
    return error{.code = errc::invalid_argument,
                 .message = "the service's schema dialect cannot say the type " + std::string{name} + ": " +
                            std::string{explain(text.problem)},
                 .where = std::string{name}};
}

}  // namespace coax::json
