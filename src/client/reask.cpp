#include "client/reask.hpp"

#include "client/engine.hpp"
#include "client/tally.hpp"

namespace coax {
namespace {

error of_answer(chat_response const& answer, errc code, std::string message) {
    return {.code = code, .message = std::move(message), .http_status = 200, .request_id = answer.request_id};
}

/// The format in the service's dialect; plain JSON Schema, not enforced by the service, where the dialect cannot say it.
result<response_format> format_of(answer_form const& form, schema_dialect dialect) {
    response_format format{.kind = response_format::kind_t::json_schema, .name = form.name};
    auto schema = form.schema(dialect);
    if (!schema && is_strict_form(dialect)) {
        format.strict = false;
        schema = form.schema(schema_dialect::json_schema);
    }
    if (!schema) return schema.error();
    format.schema = std::move(*schema);
    return format;
}

}  // namespace

std::optional<error> unusable(chat_response const& answer) {
    if (!answer.refusal.empty() || answer.finish_reason == finish_reason::refusal)
        return of_answer(answer, errc::refused, "the model declined to answer");
    switch (answer.finish_reason) {
        case finish_reason::length:
            return of_answer(answer, errc::truncated, "the answer hit its token limit before it was complete");
        case finish_reason::content_filter:
            return of_answer(answer, errc::content_filtered, "a content filter cut the answer");
        case finish_reason::tool_calls:
            return of_answer(answer, errc::invalid_output, "the model asked for a tool instead of answering");
        default: return std::nullopt;
    }
}

std::string reask_prompt(error const& violation) {
    std::string text{"Your last answer does not have the required form.\n"};
    text.append(violation.message);
    if (!violation.where.empty()) text.append(" (at ").append(violation.where).append(")");
    text.append("\nAnswer again, with nothing but JSON that fits the schema.");
    return text;
}

error never_fitted(error violation, chat_response const& last, int reasks) {
    auto why = of_answer(last, errc::invalid_output, std::move(violation.message));
    why.where = std::move(violation.where);
    why.message.append(" (after ").append(std::to_string(reasks)).append(reasks == 1 ? " re-ask)" : " re-asks)");
    return why;
}

asio::awaitable<result<chat_response>> client::impl::parse(shard& at, chat_request request, answer_form const& form) {
    complete(request);
    auto format = format_of(form, service->dialect());
    if (!format) co_return format.error();
    request.response_format = std::move(*format);

    chat_response sum{.attempts = 0};
    for (int reasks = 0;; ++reasks) {
        auto answer = co_await call(at, request);
        if (!answer) co_return billed(std::move(answer).error(), sum);
        carry_over(*answer, sum);
        if (auto why = unusable(*answer)) co_return billed(*std::move(why), *answer);
        auto const fits = form.accept(answer->text);
        if (fits) co_return answer;
        if (reasks == options.max_reasks) co_return billed(never_fitted(fits.error(), *answer, reasks), *answer);
        count_reask();
        request.messages.push_back(to_message(*answer));
        request.messages.push_back(user(reask_prompt(fits.error())));
        sum = std::move(*answer);
    }
}

}  // namespace coax
