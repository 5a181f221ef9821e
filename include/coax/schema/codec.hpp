#pragma once

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/core/result.hpp>
#include <coax/schema/dialect.hpp>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace coax::schema::detail {

struct schema_outcome;

/// The schemas of one type that were asked for, each made once and kept for good.
struct schema_cache {
    std::atomic<schema_outcome const*> made[schema_dialect_count]{};
};

template <class T>
inline constinit schema_cache schema_cache_of{};

}  // namespace coax::schema::detail

namespace coax::json {

/// All that non-template code needs to ask for a type, read it and write it. Lives as long as the program.
struct codec {
    /// The type's short name, fit for a service: ^[A-Za-z0-9_-]{1,64}$.
    std::string_view name;
    /// From the type's documentation; may be empty.
    std::string_view description;
    /// The type's description, for `read` and `write`.
    bind::detail::type_descriptor const* type;
    /// Where its schemas are kept.
    schema::detail::schema_cache* schemas;

    /// The type's schema, or `errc::invalid_argument` when the dialect cannot express this type. The text is that of
    /// `json_schema<T, dialect>`; it is made by the first call, so that no file is compiled for dialects that nobody
    /// asks for. Thread safety: may be called from any thread.
    [[nodiscard]] result<std::string_view> schema(schema_dialect dialect) const;

    /// Reads into an object of the codec's type. Errors: as `json::read_into`.
    [[nodiscard]] result<void> read(void* into, std::string_view text, read_options const& options = {}) const {
        return bind::detail::read_text(text, *type, into, options);
    }
    /// What is wrong with a text, in the order of the text; `into` is an object of the codec's type to read it into.
    [[nodiscard]] std::vector<violation> examine(void* into, std::string_view text,
                                                 read_options const& options = {}) const;
    /// Appends an object of the codec's type as JSON.
    void write(std::string& out, void const* value, write_options const& options = {}) const {
        bind::detail::write_value(out, *type, value, options);
    }
};

/// The codec of a type: the one thing that templates hand to the rest of coax.
template <class T>
inline constexpr codec codec_of{bind::detail::schema_name<T>.view(), bind::detail::descriptor_of<T>.description(),
                                &bind::detail::descriptor_of<T>, &schema::detail::schema_cache_of<T>};

}  // namespace coax::json
