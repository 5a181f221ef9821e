#pragma once

#include <coax/core/error.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <utility>

namespace coax {

/// A value or the `error` that stands in its place. `value()` throws `coax::exception`.
template <class T>
using result = boost::system::result<T, error>;

/// Found by `boost::system::result::value()`.
[[noreturn]] inline void throw_exception_from_error(error const& why, boost::source_location const&) { throw_error(why); }

/// Takes the value out or throws the error: the one step from `result` to the throwing public edge.
template <class T>
[[nodiscard]] T value_or_throw(result<T>&& outcome) {
    if (!outcome) throw_error(std::move(outcome).error());
    return std::move(*outcome);
}

inline void value_or_throw(result<void>&& outcome) {
    if (!outcome) throw_error(std::move(outcome).error());
}

}  // namespace coax
