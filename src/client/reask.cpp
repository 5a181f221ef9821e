#include "client/reask.hpp"

#include "client/client_impl.hpp"
#include "client/usage_totals.hpp"

namespace coax {

result<void> ask_for(output_format const& form, schema_dialect dialect, chat_request& request) {
    response_format format{.kind = response_format_kind::json_schema, .name = form.name};
    auto schema = form.schema(dialect);
    if (!schema && is_strict_form(dialect)) {
        format.strict = false;
        schema = form.schema(schema_dialect::json_schema);
    }
    if (!schema) return schema.error();
    format.schema = std::move(*schema);
    request.response_format = std::move(format);
    return {};
}

std::string reask_prompt(error const& why, std::vector<json::violation> const& violations) {
    std::string text{"Your last answer does not have the required form.\n"};
    if (!violations.empty()) {
        text.append(to_string(violations));
    } else {
        text.append(why.message);
        text.append(why.where.empty() ? "\n" : " (at " + why.where + ")\n");
    }
    text.append("Answer again, with nothing but JSON that fits the schema.");
    return text;
}

error never_fitted(error violation, chat_response const& last, int reasks) {
    error why{.code = errc::invalid_output,
              .message = std::move(violation.message),
              .where = std::move(violation.where),
              .http_status = 200,
              .request_id = last.request_id};
    why.message.append(" (after ").append(std::to_string(reasks)).append(reasks == 1 ? " re-ask)" : " re-asks)");
    return why;
}

namespace {

/// Whether the tries so far cost as much as re-asking may.
bool is_spent(chat_response const& so_far, std::int64_t most_tokens) {
    return most_tokens != 0 && so_far.usage.total_tokens() >= most_tokens;
}

}  // namespace

asio::awaitable<result<chat_response>> client::impl::parse(shard& at, chat_request request, output_format const& form,
                                                           clock::time_point deadline) {
    complete(request);
    if (auto const asked = ask_for(form, service->dialect(), request); !asked) co_return asked.error();

    chat_response sum{.attempts = 0};
    for (int reasks = 0;; ++reasks) {
        auto answer = co_await call(at, request, deadline);
        if (!answer) co_return billed(std::move(answer).error(), sum);
        carry_over(*answer, sum);
        if (auto usable = check_usable(*answer); !usable) co_return std::move(usable).error();
        auto const fits = form.accept(answer->text);
        if (fits) co_return answer;
        auto why = billed(never_fitted(fits.error(), *answer, reasks), *answer);
        if (reasks == options.output.max_reasks || is_spent(*answer, options.output.max_reask_tokens)) co_return why;
        auto const violations = form.explain ? form.explain(answer->text) : std::vector<json::violation>{};
        count_reask();
        if (options.hooks.on_reask)
            options.hooks.on_reask({.number = reasks + 1, .why = why, .violations = violations, .response = *answer});
        request.messages.push_back(to_message(*answer));
        request.messages.push_back(user(reask_prompt(fits.error(), violations)));
        sum = std::move(*answer);
    }
}

}  // namespace coax
