#pragma once

#include <coax/core/result.hpp>

namespace coax::policy::detail {

/// @throws coax::exception  What `validate(options)` says is wrong.
template <class Options>
Options checked(Options options) {
    value_or_throw(validate(options));
    return options;
}

}  // namespace coax::policy::detail
