#include "client/tool_loop.hpp"

#include "client/client_impl.hpp"
#include "client/reask.hpp"
#include "client/run_on_shard.hpp"
#include "client/tool_definitions.hpp"
#include "client/tool_stream_state.hpp"
#include "client/usage_totals.hpp"
#include "client/value_unwrapper.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/chat/response_details.hpp>
#include <coax/runtime/as_result.hpp>

namespace coax {
namespace detail {
namespace {

/// Whether calls of the response may be incomplete: what cut it may have cut their arguments.
bool has_cut_calls(chat_response const& response) {
    return !response.tool_calls.empty() &&
           (response.finish_reason == finish_reason::length || response.finish_reason == finish_reason::content_filter);
}

/// `required` and `named` are met by the first round; for ever, they would never let the model answer.
void release_choice(tool_choice& choice) {
    if (choice.mode == tool_choice_mode::required || choice.mode == tool_choice_mode::named) choice = {};
}

/// Whether the loop ends with this response: it asks for no tools, or the model declined.
bool is_final(chat_response const& response) {
    if (response.finish_reason == finish_reason::refusal || !response.refusal.empty()) return true;
    return response.tool_calls.empty() && response.finish_reason != finish_reason::pause;
}

/// Which bound forbids another round after this response; none: go on.
std::optional<error> exhausted(run_options const& bounds, int round, chat_response const& response) {
    error why{.code = errc::tool_failed, .http_status = 200, .request_id = response.request_id};
    auto const tokens = response.usage.total_tokens();
    if (round == bounds.max_rounds) {
        why.where = "max_rounds";
        why.message = "the model still asks for tools after " + std::to_string(round) + " rounds";
    } else if (bounds.max_tokens != 0 && tokens >= bounds.max_tokens) {
        why.where = "max_tokens";
        why.message = "the run has used " + std::to_string(tokens) + " tokens of " + std::to_string(bounds.max_tokens) +
                      ", and the model has not finished";
    } else {
        return std::nullopt;
    }
    return with_totals(std::move(why), response);
}

/// One run, in its coroutine.
class tool_loop {
public:
    tool_loop(client::impl& owner, shard& at, chat_request& request, run_plan const& plan, call_scope const& scope,
              std::shared_ptr<client::impl> const& self)
        : owner_{owner}, at_{at}, request_{request}, plan_{plan}, scope_{scope}, self_{self} {}

    asio::awaitable<result<boxed_response>> run() {
        auto judge = begin();
        if (!judge) co_return std::move(judge).error();
        chat_response totals{.attempts = 0};
        for (int round = 1;; ++round) {
            auto called = co_await ask(round, judge->asked().wrapped);
            if (!called) co_return with_totals(std::move(called).error(), totals);
            stay_on_route();  // its tools are run once
            auto& response = **called;
            auto const tokens = response.usage.total_tokens();
            add_totals(response, totals);
            response.schema_note = note_;
            bool const is_last = is_final(response);
            if (is_last) {
                auto const accepted = co_await accept(*judge, response, tokens);
                if (!accepted) co_return accepted.error();
                if (*accepted) co_return called;
            } else if (has_cut_calls(response)) {
                co_return check_usable(response).error();
            }
            if (auto why = exhausted(plan_.bounds, round, response)) co_return *std::move(why);
            if (auto turned = co_await turn(response, round, is_last); !turned)
                co_return with_totals(std::move(turned).error(), response);
            totals = std::move(response);
        }
    }

private:
    /// Tells the request of the tools and the format.
    result<format_judge> begin() {
        if (auto valid = validate(plan_.bounds); !valid) return std::move(valid).error();
        owner_.complete(request_);
        auto const dialect = owner_.provider->dialect();
        bool const relax = owner_.options.output.relax_schemas;
        auto defined = define_tools(plan_.tools, dialect, relax);
        if (!defined) return std::move(defined).error();
        request_.tools = std::move(defined->all);
        auto asked = ask_for(plan_.format, dialect, relax, request_);
        if (!asked) return std::move(asked).error();
        note_ = std::move(defined->note);
        if (!asked->note.empty()) note_.append(note_.empty() ? "" : "; ").append(asked->note);
        return format_judge{owner_, plan_.format, *std::move(asked), scope_.origin.get()};
    }

    /// One call of the model.
    asio::awaitable<result<boxed_response>> ask(int round, bool is_wrapped) {
        return plan_.watcher ? ask_watched(round, is_wrapped) : owner_.call(at_, request_, scope_);
    }

    void stay_on_route() const {
        if (scope_.pin) scope_.pin->pinned = true;
    }

    asio::awaitable<result<boxed_response>> ask_watched(int round, bool is_wrapped) {
        run_event begun{.kind = run_event_kind::round_begun, .round = round};
        co_await plan_.watcher->tell(std::move(begun));
        auto const opened = co_await owner_.open(at_, request_, scope_);
        if (!opened) co_return opened.error();
        stay_on_route();  // what was told is told once
        auto const& stream = *opened;
        stream->keep_alive(self_);
        value_unwrapper unwrapper;
        for (;;) {
            auto delta = co_await stream->next();
            if (!delta) co_return delta.error();
            if (!*delta) break;
            if (is_wrapped) (*delta)->text = unwrapper.feed((*delta)->text);
            co_await tell(**delta, round);
        }
        auto whole = co_await stream->finish();
        if (!whole) co_return whole.error();
        co_return std::make_unique<chat_response>(*std::move(whole));
    }

    asio::awaitable<void> tell(chat_delta const& delta, int round) {
        co_await tell(run_event_kind::reasoning, delta.reasoning, round);
        co_await tell(run_event_kind::text, delta.text, round);
        co_await tell(run_event_kind::refusal, delta.refusal, round);
    }
    asio::awaitable<void> tell(run_event_kind kind, std::string const& text, int round) {
        if (text.empty()) co_return;
        run_event event{.kind = kind, .round = round, .text = text};
        co_await plan_.watcher->tell(std::move(event));
    }

    /// Whether the response is the run's. Without a format any is, as `chat`'s.
    asio::awaitable<result<bool>> accept(format_judge& judge, chat_response& response, std::int64_t tokens) {
        auto said = to_message(response);
        if (plan_.format.schema || plan_.format.accept) {
            auto accepted = judge.judge(response, tokens, request_);
            if (owner_.cache() != nullptr && judge.changes_cache()) co_await judge.update_cache(request_, response);
            if (!accepted || !*accepted) co_return accepted;
        }
        auto& history = response.details.edit().history;
        history = std::move(request_.messages);
        history.push_back(std::move(said));
        co_return true;
    }

    /// Runs what the model asked for. @param is_asked_again  That has been said already.
    asio::awaitable<result<void>> turn(chat_response const& response, int round, bool is_asked_again) {
        if (is_asked_again) co_return result<void>{};
        tool_turns const turns{.plan = plan_,
                               .service = *owner_.provider,
                               .telemetry = owner_.observes() ? &*owner_.options.telemetry : nullptr,
                               .origin = scope_.origin.get()};
        request_.messages.push_back(to_message(response));
        auto results = co_await as_result(run_turn(response.tool_calls, round, turns));
        if (!results) co_return std::move(results).error();
        for (auto& each : *results) request_.messages.push_back(std::move(each));
        release_choice(request_.tool_choice);
        co_return result<void>{};
    }

    client::impl& owner_;
    shard& at_;
    chat_request& request_;
    run_plan const& plan_;
    call_scope const& scope_;
    std::shared_ptr<client::impl> const& self_;
    std::string note_{};  ///< What the service does not enforce.
};

/// Makes a timeout at the end of the run's own time say so.
asio::awaitable<result<boxed_response>> within_run_timeout(shared_impl, shard& at, clock::time_point deadline,
                                                           std::chrono::milliseconds limit,
                                                           asio::awaitable<result<boxed_response>> work) {
    auto outcome = co_await std::move(work);
    if (outcome || outcome.error().code != errc::timeout || now(at.executor) < deadline) co_return outcome;
    auto why = std::move(outcome).error();
    why.where = "timeout";
    why.message = "the time limit `timeout` of the run passed: " + std::to_string(limit.count()) + " ms";
    co_return why;
}

}  // namespace

asio::awaitable<result<boxed_response>> begin_run(std::shared_ptr<client::impl> self, shard& at, chat_request request,
                                                  run_plan plan, call_scope scope) {
    auto const limit = plan.bounds.timeout;
    auto deadline = clock::time_point::max();
    if (limit.count() > 0) at.life->while_alive([&] { deadline = later(now(at.executor), to_duration(limit)); });
    bool const is_tighter = deadline < scope.deadline;
    if (is_tighter) scope.deadline = deadline;
    auto work = observed_if_wanted(self, at, operation_kind::run, std::move(scope), request, [&](auto inner) {
        return self->run(at, std::move(request), std::move(plan), std::move(inner), self);
    });
    if (!is_tighter) return work;
    work = within_timeout(self, at, deadline, std::move(work));
    return within_run_timeout(std::move(self), at, deadline, limit, std::move(work));
}

}  // namespace detail

asio::awaitable<result<detail::boxed_response>> client::impl::run(shard& at, chat_request request,
                                                                  detail::run_plan plan, call_scope scope,
                                                                  std::shared_ptr<impl> self) {
    detail::tool_loop loop{*this, at, request, plan, scope, self};
    co_return co_await loop.run();
}

}  // namespace coax
