#pragma once

#include <string>

namespace coax {

/// A function the model may ask for, as the service is told of it.
struct tool_definition {
    std::string name{};         ///< Letters, digits, '_' and '-'; at most 64.
    std::string description{};  ///< What it does and when to use it: the model reads this.
    std::string parameters{};   ///< JSON Schema of the arguments, an object; empty: no arguments.
    bool strict{false};         ///< Arguments are forced into the schema; it must then be in the service's dialect.
};

/// The model's wish to have a function called.
struct tool_call {
    std::string id{};  ///< The service's; ties the answer to the call.
    std::string name{};
    std::string arguments{};  ///< JSON text as the model wrote it: may be invalid. Never empty: none is "{}".

    [[nodiscard]] bool operator==(tool_call const& other) const;
};

/// Whether the model may or must call a tool.
enum class tool_choice_mode { service_default, none, automatic, required, named };

/// Whether and which tool the model must call.
struct tool_choice {
    tool_choice_mode mode{tool_choice_mode::service_default};
    std::string name{};  ///< With `named`.
};

}  // namespace coax
