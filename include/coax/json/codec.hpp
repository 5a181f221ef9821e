#pragma once

#include <coax/core/result.hpp>
#include <coax/json/dialect.hpp>
#include <coax/json/read.hpp>
#include <coax/json/schema.hpp>
#include <coax/json/write.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax::json {

/// All that non-template code needs to ask for a type, read it and write it. Lives as long as the program.
struct codec {
    /// The type's short name, fit for a service: ^[A-Za-z0-9_-]{1,64}$.
    std::string_view name;
    /// What the type's documentation says of it; may be empty.
    std::string_view description;
    /// The type's description, for `read` and `write`.
    detail::plan const* type;

    /// The type's schema, or `errc::invalid_argument` when the dialect cannot say this type.
    [[nodiscard]] result<std::string_view> schema(schema_dialect dialect) const;

    /// Reads into an object of the codec's type. Errors: as `json::read_into`.
    [[nodiscard]] result<void> read(void* into, std::string_view text, read_options const& options = {}) const {
        return detail::read_text(text, *type, into, options);
    }
    /// What is wrong with a text, in the order of the text; `into` is an object of the codec's type to read it into.
    [[nodiscard]] std::vector<violation> examine(void* into, std::string_view text,
                                                 read_options const& options = {}) const {
        return detail::examine_text(text, *type, into, options);
    }
    /// Appends an object of the codec's type as JSON.
    void write(std::string& out, void const* value, write_options const& options = {}) const {
        detail::write_value(out, *type, value, options);
    }

    /// The texts behind `schema`, in the order of `schema_dialect`.
    detail::schema_text texts[3];
};

/// The codec of a type: the one thing that templates hand to the rest of coax.
template <class T>
inline constexpr codec codec_of{
    detail::schema_name<T>.view(),
    detail::plan_of<T>.description(),
    &detail::plan_of<T>,
    {detail::schema_text_of<T, schema_dialect::json_schema>, detail::schema_text_of<T, schema_dialect::openai_strict>,
     detail::schema_text_of<T, schema_dialect::anthropic>}};

}  // namespace coax::json
