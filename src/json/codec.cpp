#include <coax/json/codec.hpp>
#include <coax/json/detail/schema_text.hpp>

#include <memory>

namespace coax::json {

namespace detail {

struct schema_outcome {
    std::string text{};
    schema_problem problem{schema_problem::none};
};

}  // namespace detail

namespace {

std::string_view explain(detail::schema_problem problem) {
    using enum detail::schema_problem;
    switch (problem) {
        case none: break;
        case root_not_object: return "the root must be an object; put the value into a struct with one field";
        case map: return "objects are closed, so a map cannot be said; use a list of structs with a key and a value";
        case any_value:
            return "every value has a stated type, so coax::json_value cannot be said; use a string that holds JSON";
        case tuple: return "all items of an array have one type; use a struct instead of a tuple or pair";
        case required_recursion:
            return "a type may contain itself only through a field that is not required; use std::optional";
        case recursive: return "a type cannot contain itself; unroll it to the depth needed";
        case too_deep: return "the type is nested too deep; flatten it";
        case too_many_properties: return "the type has too many properties; split it";
        case too_many_enum_values: return "the type has too many enum values; use a string";
        case too_many_optionals: return "the type has too many optional fields; require some";
        case too_many_unions: return "the type has too many unions; use fewer variants";
        case too_many_characters: return "the type's names and enum values are too long; shorten them";
    }
    return "the type cannot be said";
}

/// Runs what the compiler runs for `json_schema`.
std::unique_ptr<detail::schema_outcome> make_schema(detail::plan const& type, schema_dialect dialect) {
    auto made = std::make_unique<detail::schema_outcome>();
    detail::schema_emitter measure{detail::rules_of(dialect), nullptr};
    measure.emit_document(type);
    made->problem = measure.problem();
    if (made->problem != detail::schema_problem::none) return made;
    made->text.resize(measure.size());
    detail::schema_emitter{detail::rules_of(dialect), made->text.data()}.emit_document(type);
    return made;
}

/// Two threads may both make one: the first to be done is kept.
detail::schema_outcome const& find_or_make(detail::plan const& type, schema_dialect dialect,
                                           std::atomic<detail::schema_outcome const*>& kept) {
    if (auto const* const known = kept.load(std::memory_order_acquire)) return *known;
    auto made = make_schema(type, dialect);
    detail::schema_outcome const* other = nullptr;
    if (!kept.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel)) return *other;
    return *made.release();
}

}  // namespace

result<std::string_view> codec::schema(schema_dialect dialect) const {
    auto const& made = find_or_make(*type, dialect, schemas->made[static_cast<std::size_t>(dialect)]);
    if (made.problem == detail::schema_problem::none) return std::string_view{made.text};
    return error{.code = errc::invalid_argument,
                 .message = "the service's schema dialect cannot say the type " + std::string{name} + ": " +
                            std::string{explain(made.problem)},
                 .where = std::string{name}};
}

}  // namespace coax::json
