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

result<chat_response> check_once(client::impl const& owner, chat_response response, output_format const& format) {
    chat_request unused;
    auto asked = ask_for(format, owner.provider->dialect(), owner.options.output.relax_schemas, unused);
    if (!asked) return std::move(asked).error();
    if (!format.accept) return response;
    if (auto usable = check_usable(response); !usable) return std::move(usable).error();
    if (asked->wrapped) response.text = unwrapped(response.text, owner.options.output.leniency);
    response.schema_note = std::move(asked->note);
    if (auto accepted = format.accept(response.text); !accepted)
        return with_totals(reasks_exhausted(std::move(accepted).error(), response, 0), response);
    return response;
}

void format_judge::tell(error why, std::vector<json::violation> const& violations, chat_response const& response) {
    owner_.count(&client_statistics::reasks);
    if (origin_ != nullptr) origin_->reasked(why);
    auto const& hook = owner_.options.hooks.on_reask;
    if (hook) hook({.number = reasks_, .why = std::move(why), .violations = violations, .response = response});
}

result<bool> format_judge::judge(chat_response& response, std::int64_t tokens, chat_request& request) {
    verdict_ = verdict::unusable;
    if (auto usable = check_usable(response); !usable) return std::move(usable).error();
    tokens_ += tokens;
    auto const& output = owner_.options.output;
    message_count_ = request.messages.size();
    if (reasks_ == 0) asked_count_ = message_count_;
    whole_ = asked_.wrapped ? response.text : std::string{};
    if (asked_.wrapped) response.text = unwrapped(whole_, output.leniency);
    auto accepted = format_.accept ? format_.accept(response.text) : result<void>{};
    verdict_ = accepted ? verdict::fits : verdict::violates;
    if (accepted) return true;
    auto why = with_totals(reasks_exhausted(accepted.error(), response, reasks_), response);
    bool const is_spent = output.max_reask_tokens != 0 && tokens_ >= output.max_reask_tokens;
    if (reasks_ == output.max_reasks || is_spent) return why;
    auto violations = format_.explain ? format_.explain(response.text) : std::vector<json::violation>{};
    ++reasks_;
    tell(std::move(why), violations, response);
    if (asked_.wrapped) {
        response.text = whole_;
        add_wrapper(violations);
    }
    request.messages.push_back(to_message(response));
    request.messages.push_back(user(reask_prompt(accepted.error(), violations)));
    return false;
}

asio::awaitable<void> format_judge::update_cache(chat_request request, chat_response response) {
    if (verdict_ == verdict::violates) return owner_.replace_cached(std::move(request), message_count_, {});
    if (asked_.wrapped) response.text = whole_;
    response.schema_note.clear();
    return owner_.replace_cached(std::move(request), asked_count_, std::move(response));
}

}  // namespace detail

asio::awaitable<result<detail::boxed_response>> client::impl::parse(shard& at, chat_request request,
                                                                    output_format format, call_scope scope,
                                                                    std::shared_ptr<impl>) {
    complete(request);
    auto asked = detail::ask_for(format, provider->dialect(), options.output.relax_schemas, request);
    if (!asked) co_return asked.error();

    detail::format_judge judge{*this, format, *std::move(asked), scope.origin.get()};
    chat_response totals{.attempts = 0};
    for (;;) {
        auto called = co_await call(at, request, scope);
        if (!called) co_return detail::with_totals(std::move(called).error(), totals);
        auto& response = **called;
        auto const tokens = response.usage.total_tokens();
        detail::add_totals(response, totals);
        response.schema_note = judge.asked().note;
        auto const accepted = judge.judge(response, tokens, request);
        if (cache_ && judge.changes_cache()) co_await judge.update_cache(request, response);
        if (!accepted) co_return accepted.error();
        if (*accepted) co_return called;
        totals = std::move(response);
    }
}

}  // namespace coax
