#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <string>
#include <vector>

namespace coax::config::detail {

/// A setting that has a value of its own: no group.
struct setting_leaf {
    std::string path{};
    bind::detail::type_descriptor const* type{nullptr};
};

/// All settings below a type, those of what is off included.
[[nodiscard]] std::vector<setting_leaf> leaves_of(bind::detail::type_descriptor const& type);

/// The value of one.
struct setting_value {
    std::string path{};
    std::string text{};         ///< As it is shown: secrets hidden.
    std::string hidden_text{};  ///< The same with secrets, to be compared.
};

/// The values of all settings; a group that is off is one value, "none".
[[nodiscard]] std::vector<setting_value> values_of(bind::detail::type_descriptor const& type, void const* object);

}  // namespace coax::config::detail
