#pragma once

#include <coax/json/read.hpp>
#include <coax/json/value.hpp>
#include <coax/json/write.hpp>

#include <string>

namespace coax {

namespace json::detail {

/// How the reader and writer reach into a json_value.
struct value_access {
    static json_value make(std::string text) { return json_value{json_value::checked{}, std::move(text)}; }
    static void assign(json_value& value, std::string_view text) { value.text_.assign(text); }
    static std::string& text(json_value& value) { return value.text_; }
};

}  // namespace json::detail

template <class T>
json_value json_value::from(T const& value) {
    return json::detail::value_access::make(json::write(value));
}

template <class T>
result<T> json_value::as() const {
    return json::read<T>(text_);
}

}  // namespace coax
