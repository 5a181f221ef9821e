#pragma once

#include <coax/core/result.hpp>
#include <coax/json/leniency.hpp>
#include <coax/schema/codec.hpp>
#include <coax/schema/dialect.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// The form an answer must have, without its type: what `parse` hands to non-template code.
struct output_format {
    std::string name{};                                             ///< Of the schema, as the service is told.
    std::function<result<std::string>(schema_dialect)> schema{};    ///< Its text in one service's dialect.
    std::function<result<void>(std::string_view answer)> accept{};  ///< Reads and validates the answer.
    /// All that is wrong with an answer that was not accepted. Empty: only what `accept` said is known.
    std::function<std::vector<json::violation>(std::string_view answer)> explain{};
};

namespace detail {
[[nodiscard]] result<std::string> schema_of(json::codec const& type, schema_dialect dialect);
}

/// Reads into `*into`, an object of the codec's type that must outlive the form.
/// @param renew  Makes `*into` fresh before each reading, so that nothing is left of an answer that did not fit; null:
///               the object keeps what an answer does not name.
[[nodiscard]] output_format form_of(json::codec const& type, void* into, json::read_options const& reading = {},
                                    void (*renew)(void* into) = nullptr);

/// Validates against a schema known only at run time, which must outlive the form.
/// @param forgive  What may be wrong around and in the JSON; `json::read<json_value>` with the same gets it out of the
///                 answer. Words around it are not forgiven: nothing tells where the value begins.
[[nodiscard]] output_format form_of(runtime_schema const& schema, json::leniency const& leniency = {});

}  // namespace coax
