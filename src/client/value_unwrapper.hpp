#pragma once

#include <coax/json/leniency.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace coax::detail {

/// Takes the value out of the object `{"value": ...}` that a service was asked for, as its text arrives. A text that is
/// no such object stays as it is.
class value_unwrapper {
public:
    /// What the next part of the text holds of the value.
    [[nodiscard]] std::string feed(std::string_view part);
    /// What is left when the text has ended.
    [[nodiscard]] std::string finish();

private:
    enum class phase { before, inside, after, bare };

    [[nodiscard]] std::size_t take(std::string_view part);

    phase phase_{phase::before};
    std::string head_{};  ///< What may yet be the beginning of the object.
    std::size_t depth_{0};
    bool in_string_{false};
    bool escaped_{false};
};

/// The same of a whole text, out of what surrounds it as far as `leniency` allows.
[[nodiscard]] std::string unwrapped(std::string const& text, json::leniency const& leniency);

}  // namespace coax::detail
