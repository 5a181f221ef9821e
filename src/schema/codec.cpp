#include "schema/emit_schema.hpp"
#include "schema/explain.hpp"

#include <coax/schema/codec.hpp>
#include <coax/schema/detail/type_source.hpp>

#include <memory>

namespace coax::schema::detail {

struct schema_outcome : emitted_schema<type_source> {};

}  // namespace coax::schema::detail

namespace coax::json {

namespace {

/// Two threads may both make one: the first to be done is kept.
schema::detail::schema_outcome const& find_or_make(bind::detail::type_descriptor const& type, schema_dialect dialect,
                                                   std::atomic<schema::detail::schema_outcome const*>& kept) {
    if (auto const* const known = kept.load(std::memory_order_acquire)) return *known;
    schema::detail::type_source source{type};
    auto made = std::make_unique<schema::detail::schema_outcome>(schema::detail::emit_schema(source, dialect));
    schema::detail::schema_outcome const* other = nullptr;
    if (!kept.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel)) return *other;
    return *made.release();
}

}  // namespace

result<std::string_view> codec::schema(schema_dialect dialect) const {
    auto const& made = find_or_make(*type, dialect, schemas->made[static_cast<std::size_t>(dialect)]);
    if (made.problem == schema::detail::schema_problem::none) return std::string_view{made.text};
    std::string message = "the service's schema dialect cannot express the type " + std::string{name} + ": ";
    if (auto const field = made.location.field; !field.empty()) message += "\"" + std::string{field} + "\": ";
    return error{.code = errc::invalid_argument,
                 .message = message + std::string{coax::schema::detail::explain(made.problem)},
                 .where = std::string{name}};
}

std::vector<violation> codec::examine(void* into, std::string_view text, read_options const& options) const {
    return bind::detail::examine_text(text, *type, into, options);
}

}  // namespace coax::json
