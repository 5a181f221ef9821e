#include "schema_problem.hpp"

#include <coax/json/codec.hpp>
#include <coax/json/detail/schema_emitter.hpp>

#include <memory>

namespace coax::json {

namespace detail {

struct schema_outcome {
    std::string text{};
    schema_problem problem{schema_problem::none};
    std::string_view field{};
};

}  // namespace detail

namespace {

/// Runs what the compiler runs for `json_schema`.
std::unique_ptr<detail::schema_outcome> make_schema(detail::plan const& type, schema_dialect dialect) {
    auto made = std::make_unique<detail::schema_outcome>();
    auto const& rules = detail::rules_of(dialect);
    detail::schema_emitter measure{type, rules, nullptr};
    measure.emit_document();
    made->problem = measure.problem();
    made->field = measure.problem_field();
    if (made->problem != detail::schema_problem::none) return made;
    made->text.resize(measure.size());
    detail::schema_emitter{type, rules, made->text.data()}.emit_document();
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
    std::string message = "the service's schema dialect cannot say the type " + std::string{name} + ": ";
    if (!made.field.empty()) message += "\"" + std::string{made.field} + "\": ";
    return error{.code = errc::invalid_argument,
                 .message = message + std::string{detail::explain(made.problem)},
                 .where = std::string{name}};
}

std::vector<violation> codec::examine(void* into, std::string_view text, read_options const& options) const {
    return detail::examine_text(text, *type, into, options);
}

}  // namespace coax::json
