#pragma once

#include <string_view>

namespace coax::bind::detail {

/// How a `format` of JSON Schema is checked.
struct format_rule {
    std::string_view format{};
    std::string_view name{};  ///< For a message: "an e-mail address".
    bool (*holds)(std::string_view text){nullptr};
};

/// The rule of a format; `holds` is null for one that is only told to the model.
[[nodiscard]] format_rule find_format(std::string_view format);

}  // namespace coax::bind::detail
