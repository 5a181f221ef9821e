#include "schema/explain.hpp"

namespace coax::schema::detail {

std::string_view explain(schema_problem problem) {
    using enum schema_problem;
    switch (problem) {
        case none: break;
        case root_not_object:
            return "the root must be an object in this dialect; put the value into one with one property";
        case map:
            return "objects are closed in this dialect, so a map cannot be expressed, nor an object without listed "
                   "properties; list them, or use an array of objects with a key and a value";
        case any_value: return "every value needs a stated type in this dialect; use a string that holds JSON";
        case tuple: return "all items of an array have one type in this dialect; use an object instead";
        case no_items: return "an array needs \"items\" in this dialect";
        case several_schemas: return "alternatives that hold at once make too many together; write them as one list";
        case contradiction: return "no value fits: what must hold at once contradicts itself";
        case required_without_schema:
            return "something is required that no property describes; describe it in \"properties\"";
        case recursive: return "nothing can contain itself in this dialect; unroll it to the depth needed";
        case required_recursion:
            return "in this dialect something may contain itself only through a property that is not required";
        case too_deep: return "nested deeper than the dialect allows; flatten it";
        case too_many_properties: return "more properties than the dialect allows; split it";
        case too_many_enum_values: return "more enum values than the dialect allows; use a string";
        case too_many_optionals: return "more optional properties than the dialect allows; require some";
        case too_many_unions: return "more unions than the dialect allows; use fewer";
        case too_many_characters: return "longer names and enum values than the dialect allows; shorten them";
        case too_large: return "the schema grows too large when it is written out; use fewer references to large parts";
    }
    return "it cannot be expressed";
}

}  // namespace coax::schema::detail
