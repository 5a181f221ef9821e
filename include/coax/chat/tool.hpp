#pragma once

#include <coax/json/value.hpp>

#include <string>

namespace coax {

/// A function that the model may call, as it is sent to the service.
struct tool_definition {
    std::string name{};         ///< 1 to 64 letters, digits, '_' or '-'.
    std::string description{};  ///< What it does and when to use it: the model reads this.
    std::string parameters{};   ///< JSON Schema of the arguments, an object; empty: no arguments.
    bool strict{false};         ///< The service enforces the schema, which must then be in its dialect.
    json_value
        raw{};  ///< In place of all above: a tool that the service runs itself or knows in another form, as the
                ///< object that its documents show, such as `{"type":"web_search_20250305","name":"web_search"}`.

    [[nodiscard]] bool operator==(tool_definition const& other) const;
};

/// A call of a function that the model asks for.
struct tool_call {
    std::string id{};  ///< The service's; the result names it.
    std::string name{};
    std::string
        arguments{};  ///< JSON text as the model wrote it, possibly invalid. Without arguments "{}", never empty.

    [[nodiscard]] bool operator==(tool_call const& other) const;
};

/// Whether the model may or must call a tool.
enum class tool_choice_mode { service_default, none, automatic, required, named };

/// Whether and which tool the model must call.
struct tool_choice {
    tool_choice_mode mode{tool_choice_mode::service_default};
    std::string name{};  ///< With `named`.

    [[nodiscard]] bool operator==(tool_choice const& other) const;
};

}  // namespace coax
