#include "provider/json_text.hpp"

#include <coax/bind/read.hpp>

namespace coax::detail {

std::string text_of(json_value const& value) {
    switch (value.kind()) {
        case json_kind::string: {
            auto text = json::read<std::string>(value);
            return text ? std::move(*text) : std::string{};
        }
        case json_kind::number:
        case json_kind::boolean: return value.text();
        case json_kind::null:
        case json_kind::array:
        case json_kind::object: break;
    }
    return {};
}

bool is_truthy(json_value const& value) {
    return !value.is_null() && value.text() != "false" && value.text() != "\"\"";
}

json_members read_members(json_value const& value) {
    auto read = json::read<json_members>(value.text(), json::wire_options);
    return read ? std::move(*read) : json_members{};
}

}  // namespace coax::detail
