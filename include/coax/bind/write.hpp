#pragma once

#include <coax/bind/detail/descriptor_of.hpp>
#include <coax/json/detail/value_access.hpp>
#include <coax/json/value.hpp>
#include <coax/json/writer.hpp>

#include <string>

namespace coax::json {

/// How a value is written as JSON.
struct write_options {
    /// Members without a value are left out; otherwise they are written as `null`, as is one that a new object has
    /// filled.
    bool omit_empty_optionals{true};

    friend bool operator==(write_options const&, write_options const&) = default;
};

}  // namespace coax::json

namespace coax::bind::detail {

void write_value(std::string& out, type_descriptor const& type, void const* value, json::write_options const& options);

}  // namespace coax::bind::detail

namespace coax::json {

/// Appends `value` as compact JSON. Bytes that are not UTF-8 become U+FFFD, NaN and infinities `null`;
/// doubles have the fewest digits that read back as the same value.
template <class T>
void write_to(std::string& out, T const& value, write_options const& options = {}) {
    bind::detail::write_value(out, bind::detail::descriptor_of<T>, &value, options);
}

/// `value` as compact JSON.
template <class T>
[[nodiscard]] std::string write(T const& value, write_options const& options = {}) {
    std::string out;
    bind::detail::write_value(out, bind::detail::descriptor_of<T>, &value, options);
    return out;
}

/// `value` as a JSON value.
template <class T>
[[nodiscard]] json_value to_value(T const& value) {
    return detail::value_access::make(write(value));
}

template <class T>
writer& writer::write(T const& value) {
    separate();
    bind::detail::write_value(out_, bind::detail::descriptor_of<T>, &value, {});
    return *this;
}

}  // namespace coax::json
