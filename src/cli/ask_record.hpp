#pragma once

#include "cli/decide_flags.hpp"

#include <coax/batch/outcome.hpp>
#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
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

[[nodiscard]] output_format format_of(answer_form const& form);
/// The text of the response, or the JSON in it where it has to be some.
[[nodiscard]] std::string output_of(answer_form const& form, chat_response const& response);

/// Asks for one record. The output is the text of the response, or the JSON in it where it has to be some.
/// @param form  Outlives the call.
[[nodiscard]] asio::awaitable<batch_output<std::string>> ask_record(answer_form const& form, client llm,
                                                                    chat_request request);

}  // namespace coax::cli
