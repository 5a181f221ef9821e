#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/json/violation.hpp>
#include <coax/schema/dialect.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// A JSON Schema known only at run time, such as one from a file.
///
/// Understood: JSON Schema 2020-12, and of older drafts and OpenAPI 3.0 what they say otherwise (lists of `items`,
/// `dependencies`, flags as exclusive bounds, `nullable`, `$recursiveRef`). Refused by name and place:
/// `unevaluatedItems`, `unevaluatedProperties`, references to other files, and those that may lead to several schemas.
/// Of the formats, date-time, date, time, duration, email, hostname, ipv4, ipv6, uri and uuid are checked, others are
/// for the model only. Patterns are those of ECMA-262. Bounds: 4 MiB of text, 64 levels, 1,000 schemas that are
/// referred to. Thread safety: immutable; copies share one state.
class runtime_schema {
public:
    /// Checks and keeps a schema.
    /// Errors: `errc::invalid_argument`; `where` is the JSON pointer of the offence in the schema.
    [[nodiscard]] static result<runtime_schema> parse(std::string_view text);

    /// The schema as a service wants it, compact. What the dialect cannot express moves into the description and is
    /// still checked by `validate`: single keywords, `not`, and that properties may be there that are not listed.
    /// `allOf` is written as one schema. Where the root must be an object and is none, it becomes the property "value"
    /// of one. Errors: `errc::invalid_argument` if the dialect cannot express it; `where` is the JSON pointer in the
    /// schema.
    [[nodiscard]] result<std::string> for_dialect(schema_dialect dialect) const;

    /// Checks a response. Errors: `errc::invalid_json`, with the messages of `json::read`.
    [[nodiscard]] result<void> validate(std::string_view response) const;

    /// All violations of a response, in the order of the text. Empty: `validate` accepts it.
    [[nodiscard]] std::vector<json::violation> find_violations(std::string_view response) const;

    /// The schema's `title` if it can be a name, else "answer". Fits ^[A-Za-z0-9_-]{1,64}$.
    [[nodiscard]] std::string const& name() const noexcept;

    /// Whether each value is an object, so that no dialect has to wrap it.
    [[nodiscard]] bool is_object() const noexcept;

    struct state;

private:
    explicit runtime_schema(core::detail::shared_opaque<state> shared) noexcept;

    core::detail::shared_opaque<state> state_;
};

}  // namespace coax
