#pragma once

#include "sim/json_text.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/value.hpp>

namespace coax::sim::detail {

/// The order in which a service's models write members.
enum class member_order {
    as_declared,     ///< Members in the order of the schema's `properties`.
    required_first,  ///< Required members, then optional ones, each in that order.
};

/// Makes a value that satisfies `schema`: words come from the prompt, labels follow its sentiment. Bounded in depth and
/// size where the schema allows it; for a schema that nothing can satisfy the value comes near.
[[nodiscard]] json::value make_value(json::value const& schema, prompt_words const& prompt, random_source& random,
                                     member_order order = member_order::as_declared);

/// Changes a value made for `schema` so that it no longer satisfies it: a required member goes, a value gets another
/// type, or a number leaves its range.
void break_value(json::value& made, json::value const& schema, random_source& random);

}  // namespace coax::sim::detail
