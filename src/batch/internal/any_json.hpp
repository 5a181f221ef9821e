#pragma once

#include <coax/client/output_format.hpp>

namespace coax::detail {

/// JSON of any form, where nothing tells a form: what does not parse is asked for again.
[[nodiscard]] output_format any_json(json::leniency const& leniency);

}  // namespace coax::detail
