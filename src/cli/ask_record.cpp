#include "cli/ask_record.hpp"

#include <coax/batch/process_batch.hpp>
#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>

#include <utility>

namespace coax::cli {

output_format format_of(answer_form const& form) {
    return form.schema     ? output_format::of(*form.schema, form.leniency)
           : form.any_json ? coax::detail::any_json(form.leniency)
                           : output_format{};
}

std::string output_of(answer_form const& form, chat_response const& response) {
    if (form.is_json())
        if (auto value = json::read<json_value>(response.text, {.leniency = form.leniency})) return value->text();
    return response.text;
}

asio::awaitable<batch_output<std::string>> ask_record(answer_form const& form, client llm, chat_request request) {
    if (form.decide) co_return co_await decide_record(*form.decide, llm, std::move(request));
    auto const response = co_await llm.parse(std::move(request), format_of(form));
    co_return batch_output<std::string>{output_of(form, response), response.usage, response.attempts};
}

}  // namespace coax::cli
