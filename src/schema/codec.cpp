#include "schema/schema_problem.hpp"

#include <coax/schema/codec.hpp>
#include <coax/schema/detail/schema_emitter.hpp>

#include <memory>

namespace coax::schema::detail {

struct schema_outcome {
    std::string text{};
    schema_problem problem{schema_problem::none};
    std::string_view field{};
};

}  // namespace coax::schema::detail

namespace coax::json {

namespace {

/// Runs what the compiler runs for `json_schema`.
std::unique_ptr<schema::detail::schema_outcome> make_schema(bind::detail::type_descriptor const& type,
                                                            schema_dialect dialect) {
    auto made = std::make_unique<schema::detail::schema_outcome>();
    auto const& rules = schema::detail::rules_of(dialect);
    schema::detail::schema_emitter measure{type, rules, nullptr};
    measure.emit_document();
    made->problem = measure.problem();
    made->field = measure.problem_field();
    if (made->problem != schema::detail::schema_problem::none) return made;
    made->text.resize(measure.size());
    schema::detail::schema_emitter{type, rules, made->text.data()}.emit_document();
    return made;
}

/// Two threads may both make one: the first to be done is kept.
schema::detail::schema_outcome const& find_or_make(bind::detail::type_descriptor const& type, schema_dialect dialect,
                                                   std::atomic<schema::detail::schema_outcome const*>& kept) {
    if (auto const* const known = kept.load(std::memory_order_acquire)) return *known;
    auto made = make_schema(type, dialect);
    schema::detail::schema_outcome const* other = nullptr;
    if (!kept.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel)) return *other;
    return *made.release();
}

}  // namespace

result<std::string_view> codec::schema(schema_dialect dialect) const {
    auto const& made = find_or_make(*type, dialect, schemas->made[static_cast<std::size_t>(dialect)]);
    if (made.problem == schema::detail::schema_problem::none) return std::string_view{made.text};
    std::string message = "the service's schema dialect cannot say the type " + std::string{name} + ": ";
    if (!made.field.empty()) message += "\"" + std::string{made.field} + "\": ";
    return error{.code = errc::invalid_argument,
                 .message = message + std::string{coax::schema::detail::explain(made.problem)},
                 .where = std::string{name}};
}

std::vector<violation> codec::examine(void* into, std::string_view text, read_options const& options) const {
    return bind::detail::examine_text(text, *type, into, options);
}

}  // namespace coax::json
