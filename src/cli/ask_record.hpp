#pragma once

#include "cli/decide_flags.hpp"

#include <coax/batch/outcome.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/client.hpp>
#include <coax/json/leniency.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <optional>
#include <string>

namespace coax::cli {

/// What answers have to be.
struct answer_form {
    std::optional<runtime_schema> schema{};
    std::optional<decide_plan> decide{};
    bool any_json{false};
    json::leniency leniency{};

    [[nodiscard]] bool is_json() const noexcept { return schema || decide || any_json; }
};

/// Asks for one record. The output is the text of the response, or the JSON in it where it has to be some.
/// @param form  Outlives the call.
[[nodiscard]] asio::awaitable<batch_output<std::string>> ask_record(answer_form const& form, client llm,
                                                                    chat_request request);

}  // namespace coax::cli
