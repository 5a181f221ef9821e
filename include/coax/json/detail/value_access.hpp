#pragma once

#include <coax/json/value.hpp>

#include <string>
#include <utility>

namespace coax::json::detail {

/// How the reader and the writer reach into a json_value.
struct value_access {
    static json_value make(std::string text) { return json_value{json_value::checked{}, std::move(text)}; }
    static std::string& text(json_value& value) { return value.text_; }
};

}  // namespace coax::json::detail
