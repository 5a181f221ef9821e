#pragma once

#include <coax/json/detail/plan_of.hpp>
#include <coax/json/writer.hpp>

#include <string>

namespace coax::json {

/// How a value is written as JSON.
struct write_options {
    /// Members without a value are left out; otherwise they are written as `null`.
    bool omit_empty_optionals{true};

    friend bool operator==(write_options const&, write_options const&) = default;
};

namespace detail {

void write_value(std::string& out, plan const& type, void const* value, write_options const& options);

}  // namespace detail

/// Appends `value` as compact JSON. Bytes that are not UTF-8 become U+FFFD, NaN and infinities `null`;
/// doubles have the fewest digits that read back as the same value.
template <class T>
void write_to(std::string& out, T const& value, write_options const& options = {}) {
    detail::write_value(out, detail::plan_of<T>, &value, options);
}

/// `value` as compact JSON.
template <class T>
[[nodiscard]] std::string write(T const& value, write_options const& options = {}) {
    std::string out;
    detail::write_value(out, detail::plan_of<T>, &value, options);
    return out;
}

template <class T>
writer& writer::write(T const& value) {
    separate();
    detail::write_value(out_, detail::plan_of<T>, &value, {});
    return *this;
}

}  // namespace coax::json
