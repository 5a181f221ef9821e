#include "cli/ask_record.hpp"

#include "batch/internal/any_json.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/output_format.hpp>
#include <coax/json/value.hpp>

#include <utility>

namespace coax::cli {

asio::awaitable<batch_output<std::string>> ask_record(answer_form const& form, client llm, chat_request request) {
    if (form.decide) co_return co_await decide_record(*form.decide, llm, std::move(request));
    auto format = form.schema     ? output_format::of(*form.schema, form.leniency)
                  : form.any_json ? coax::detail::any_json(form.leniency)
                                  : output_format{};
    auto response = co_await llm.parse(std::move(request), std::move(format));
    if (form.is_json())
        if (auto value = json::read<json_value>(response.text, {.leniency = form.leniency}))
            response.text = value->text();
    co_return batch_output<std::string>{std::move(response.text), response.usage, response.attempts};
}

}  // namespace coax::cli
