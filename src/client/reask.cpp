#include "client/reask.hpp"

#include "client/client_impl.hpp"
#include "client/usage_totals.hpp"

namespace coax {
namespace detail {

result<void> ask_for(output_format const& format, schema_dialect dialect, chat_request& request) {
    if (!format.schema) return {};
    response_format asked{.kind = response_format_kind::json_schema, .name = format.name};
    auto schema = format.schema(dialect);
    if (!schema && is_strict_form(dialect)) {
        asked.strict = false;
        schema = format.schema(schema_dialect::json_schema);
    }
    if (!schema) return std::move(schema).error();
    asked.schema = *std::move(schema);
    request.response_format = std::move(asked);
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

error reasks_exhausted(error violation, chat_response const& last, int reasks) {
    error why{.code = errc::invalid_output,
              .message = std::move(violation.message),
              .where = std::move(violation.where),
              .http_status = 200,
              .request_id = last.request_id};
    why.message.append(" (after ").append(std::to_string(reasks)).append(reasks == 1 ? " re-ask)" : " re-asks)");
    return why;
}

}  // namespace detail

namespace {

/// Whether the tries so far cost as many tokens as re-asking may. 0: there is no limit.
bool is_spent(chat_response const& so_far, std::int64_t max_tokens) {
    return max_tokens != 0 && so_far.usage.total_tokens() >= max_tokens;
}

}  // namespace

asio::awaitable<result<chat_response>> client::impl::parse(shard& at, chat_request request, output_format format,
                                                           clock::time_point deadline) {
    complete(request);
    if (auto asked = detail::ask_for(format, provider->dialect(), request); !asked) co_return std::move(asked).error();

    chat_response totals{.attempts = 0};
    for (int reasks = 0;; ++reasks) {
        auto response = co_await call(at, request, deadline);
        if (!response) co_return detail::with_totals(std::move(response).error(), totals);
        detail::add_totals(*response, totals);
        if (auto usable = check_usable(*response); !usable) co_return std::move(usable).error();
        auto accepted = format.accept ? format.accept(response->text) : result<void>{};
        if (accepted) co_return response;
        auto why = detail::with_totals(detail::reasks_exhausted(accepted.error(), *response, reasks), *response);
        if (reasks == options.output.max_reasks || is_spent(*response, options.output.max_reask_tokens)) co_return why;
        auto violations = format.explain ? format.explain(response->text) : std::vector<json::violation>{};
        count(&client_statistics::reasks);
        if (options.hooks.on_reask)
            options.hooks.on_reask(
                {.number = reasks + 1, .why = std::move(why), .violations = violations, .response = *response});
        request.messages.push_back(to_message(*response));
        request.messages.push_back(user(detail::reask_prompt(accepted.error(), violations)));
        totals = *std::move(response);
    }
}

}  // namespace coax
