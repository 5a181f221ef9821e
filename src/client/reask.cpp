#include "client/reask.hpp"

#include "client/client_impl.hpp"
#include "client/usage_totals.hpp"
#include "client/value_unwrapper.hpp"
#include "schema/internal/wrapped_root.hpp"

#include <coax/schema/detail/schema_node.hpp>

namespace coax {
namespace detail {

namespace {

result<std::string> plain_schema(output_format const& format, bool wrapped) {
    auto plain = format.schema(schema_dialect::json_schema);
    return plain && wrapped ? result<std::string>{schema::detail::wrap_schema(*plain)} : plain;
}

/// Where a wrapped value is.
void add_wrapper(std::vector<json::violation>& violations) {
    for (auto& each : violations) each.pointer.insert(0, "/" + std::string{schema::detail::wrapped_key});
}

}  // namespace

result<asked_format> ask_for(output_format const& format, schema_dialect dialect, bool relax, chat_request& request) {
    if (!format.schema) return asked_format{};
    asked_format asked{.wrapped = format.wraps && schema::detail::wants_object_root(dialect)};
    response_format wanted{.kind = response_format_kind::json_schema, .name = format.name};
    auto schema = format.schema(dialect);
    if (!schema && is_strict_form(dialect) && relax) {
        asked.note = schema.error().message;
        wanted.strict = false;
        schema = plain_schema(format, asked.wrapped);
    }
    if (!schema) {
        auto why = std::move(schema).error();
        if (is_strict_form(dialect)) why.message += " (or let it go unenforced: output.relax_schemas)";
        return why;
    }
    wanted.schema = *std::move(schema);
    request.response_format = std::move(wanted);
    return asked;
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

/// A response that was read, as the cache keeps it.
chat_response as_it_came(chat_response response, detail::asked_format const& asked, std::string const& whole) {
    if (asked.wrapped) response.text = whole;
    response.schema_note.clear();
    return response;
}

}  // namespace

asio::awaitable<result<detail::boxed_response>> client::impl::parse(shard& at, chat_request request,
                                                                    output_format format, call_scope scope,
                                                                    std::shared_ptr<impl>) {
    complete(request);
    auto const asked = detail::ask_for(format, provider->dialect(), options.output.relax_schemas, request);
    if (!asked) co_return asked.error();

    auto const asked_count = request.messages.size();
    chat_response totals{.attempts = 0};
    for (int reasks = 0;; ++reasks) {
        auto called = co_await call(at, request, scope);
        if (!called) co_return detail::with_totals(std::move(called).error(), totals);
        auto& response = **called;
        detail::add_totals(response, totals);
        if (auto usable = check_usable(response); !usable) co_return std::move(usable).error();
        auto const whole = asked->wrapped ? response.text : std::string{};
        if (asked->wrapped) response.text = detail::unwrapped(whole, options.output.leniency);
        response.schema_note = asked->note;
        auto accepted = format.accept ? format.accept(response.text) : result<void>{};
        if (accepted && cache_ && reasks > 0)
            co_await replace_cached(request, asked_count, as_it_came(response, *asked, whole));
        if (accepted) co_return called;
        if (cache_) co_await replace_cached(request, request.messages.size(), {});
        auto why = detail::with_totals(detail::reasks_exhausted(accepted.error(), response, reasks), response);
        if (reasks == options.output.max_reasks || is_spent(response, options.output.max_reask_tokens)) co_return why;
        auto violations = format.explain ? format.explain(response.text) : std::vector<json::violation>{};
        count(&client_statistics::reasks);
        if (scope.origin) scope.origin->reasked(why);
        if (options.hooks.on_reask)
            options.hooks.on_reask(
                {.number = reasks + 1, .why = std::move(why), .violations = violations, .response = response});
        if (asked->wrapped) {
            response.text = whole;
            detail::add_wrapper(violations);
        }
        request.messages.push_back(to_message(response));
        request.messages.push_back(user(detail::reask_prompt(accepted.error(), violations)));
        totals = std::move(response);
    }
}

}  // namespace coax
