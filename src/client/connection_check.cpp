#include "client/client_impl.hpp"
#include "client/run_on_shard.hpp"
#include "client/service_calls.hpp"

#include <coax/client/connection_check.hpp>
#include <coax/provider/decision.hpp>

#include <algorithm>
#include <utility>

namespace coax {
namespace {

using detail::run_on_shard;
using detail::shared_impl;

constexpr int most_checked_pages = 10;
constexpr std::int64_t probe_tokens = 16;  // fewer are refused by some

/// Ends the whole check, which then says nothing of the service.
bool is_own_end(error const& why) { return why.code == errc::cancelled || why.code == errc::closed; }

/// No service of the configured kind was reached.
bool blames_address(error const& why) {
    switch (why.code) {
        case errc::connect_failed:
        case errc::tls_failed:
        case errc::connection_lost:
        case errc::timeout:
        case errc::protocol_error: return true;
        default: return why.http_status >= 300 && why.http_status < 400;
    }
}

/// The service is there, but does not say now what was asked.
bool is_trouble(error const& why) {
    switch (why.code) {
        case errc::rate_limited:
        case errc::quota_exhausted:
        case errc::overloaded:
        case errc::server_error: return true;
        default: return false;
    }
}

/// One check, step by step, in the frame that waits for it.
class connection_checker {
public:
    connection_checker(shared_impl self, detail::shard& at, clock::time_point deadline)
        : self_{std::move(self)}, at_{at}, deadline_{deadline} {}

    asio::awaitable<result<connection_check>> run() {
        auto const began = now(at_.executor);
        found_.model_name = self_->options.service.model;
        auto const done = co_await steps();
        if (!done) co_return done.error();
        found_.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at_.executor) - began);
        co_return std::move(found_);
    }

private:
    asio::awaitable<result<void>> steps() {
        auto const listed = co_await detail::list_models(self_, at_, deadline_, most_checked_pages, false);
        if (!listed && is_own_end(listed.error())) co_return listed.error();
        if (judge_list(listed)) co_return result<void>{};
        auto const asked = co_await ask_briefly();
        if (!asked && is_own_end(asked.error())) co_return asked.error();
        judge_chat(asked, listed.has_value());
        co_return result<void>{};
    }

    /// @returns Whether no chat is needed to know more.
    bool judge_list(result<detail::model_listing> const& listed) {
        if (!listed) return judge_refusal(listed.error());
        found_.address = check_state::ok;
        for (auto const& model : listed->models) found_.models.push_back(model.id);
        bool const has_it = std::ranges::find(found_.models, found_.model_name) != found_.models.end();
        if (!listed->authoritative) return false;
        found_.key = check_state::ok;
        if (has_it) settle_model();
        return has_it;
    }

    /// What a failure tells of address and key. @returns false: nothing.
    bool judge_refusal(error const& why) {
        if (blames_address(why)) return settle(found_.address, why);
        if (why.http_status == 0 && why.code != errc::overloaded) return false;  // nothing was sent
        if (why.code == errc::authentication) {
            found_.address = check_state::ok;
            return settle(found_.key, why);
        }
        if (!is_trouble(why)) return false;
        if (why.http_status != 0) found_.address = check_state::ok;
        found_.why = why;
        return true;
    }

    bool settle(check_state& which, error const& why) {
        which = check_state::wrong;
        found_.why = why;
        if (&which != &found_.model) found_.models.clear();
        return true;
    }

    void settle_model() {
        found_.address = check_state::ok;
        found_.key = check_state::ok;
        found_.model = check_state::ok;
        found_.models.clear();
    }

    /// The shortest chat; where chats are not answered, the shortest question.
    asio::awaitable<result<void>> ask_briefly() {
        chat_request request{.max_output_tokens = probe_tokens};
        request.messages.push_back(user("Say yes."));
        self_->complete(request);
        decision_request const question{.input = {.model = request.model, .messages = request.messages},
                                        .questions = {{.name = "is_a_text"}}};
        auto const& service = *self_->provider;
        auto encoded = service.encode(request, false);
        bool const decides = !encoded && service.decisions_of(request.model).standard;
        if (decides) encoded = service.encode_decision(question);
        if (!encoded) co_return std::move(encoded).error();
        auto const cost = [](auto const& got) { return got.usage; };
        detail::response_reader decode = [&](http_response const& response,
                                             std::chrono::system_clock::time_point when) -> result<usage> {
            if (!decides) return service.decode(response, when).transform(cost);
            return service.decode_decision(question, response, when).transform(cost);
        };
        detail::service_call call{.request = *std::move(encoded),
                                  .decode = std::move(decode),
                                  .estimated_tokens = probe_tokens,
                                  .resent = detail::resending::never};
        auto const reply = co_await self_->ask(at_, std::move(call), deadline_);
        co_return reply ? result<void>{} : reply.error();
    }

    /// @param is_there  The service was seen to be at this address.
    void judge_chat(result<void> const& asked, bool is_there) {
        if (asked) return settle_model();
        auto const& why = asked.error();
        if (why.code == errc::invalid_argument) return (void)settle(found_.model, why);  // none is named
        if (why.code == errc::not_found && !is_there && why.service_code.empty())
            return (void)settle(found_.address, why);
        if (why.code == errc::not_found) {
            found_.address = check_state::ok;
            found_.key = check_state::ok;
            return (void)settle(found_.model, why);
        }
        if (!judge_refusal(why)) settle_model();  // it was refused for what it asked
    }

    shared_impl self_;
    detail::shard& at_;
    clock::time_point deadline_;
    connection_check found_{};
};

asio::awaitable<result<connection_check>> check_at(shared_impl self, detail::shard& at, clock::time_point deadline) {
    connection_checker checker{std::move(self), at, deadline};
    co_return co_await checker.run();
}

asio::awaitable<result<client_health>> health_at(shared_impl self, detail::shard& at, clock::time_point deadline) {
    client_health health;
    auto const began = now(at.executor);
    auto const listed = co_await detail::list_models(self, at, deadline, 1, false);
    if (!listed && is_own_end(listed.error())) co_return listed.error();
    // A server without a list answers too.
    bool const answered = listed || (listed.error().http_status != 0 && (listed.error().code == errc::not_found ||
                                                                         listed.error().code == errc::bad_request));
    health.ok = answered;
    if (!answered) health.why = listed.error();
    health.latency = std::chrono::duration_cast<std::chrono::milliseconds>(now(at.executor) - began);
    health.circuit_open = self->circuit_open(now(at.executor));
    health.statistics = self->statistics();
    co_return health;
}

std::string_view word_of(check_state state) {
    switch (state) {
        case check_state::ok: return "ok";
        case check_state::wrong: return "wrong";
        case check_state::unknown: break;
    }
    return "not known";
}

std::string list_of(std::vector<std::string> const& names) {
    constexpr std::size_t most = 20;
    std::string list;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) list.append(i > 0 ? ", " : "").append(names[i]);
    if (names.size() > most) list.append(", and ").append(std::to_string(names.size() - most)).append(" more");
    return list;
}

}  // namespace

std::string to_string(connection_check const& found) {
    std::string text;
    text.append("address  ").append(word_of(found.address));
    text.append("\nkey      ").append(word_of(found.key));
    text.append("\nmodel    ").append(word_of(found.model)).append(found.model_name.empty() ? "" : ": ");
    text.append(found.model_name).append("\n");
    if (found.why) text.append("reason   ").append(to_string(*found.why)).append("\n");
    if (!found.models.empty()) text.append("models   ").append(list_of(found.models)).append("\n");
    return text;
}

asio::awaitable<connection_check> client::check_connection() const {
    return run_on_shard<connection_check>(impl_, check_at);
}

asio::awaitable<client_health> client::health() const { return run_on_shard<client_health>(impl_, health_at); }

client_info client::info() const {
    auto const& service = options().service;
    std::string_view const key = service.token_source ? "token source" : service.api_key.empty() ? "none" : "set";
    return {.service = service.provider.service,
            .address = impl_->address(),
            .model = service.model,
            .embedding_model = service.embedding_model,
            .key = std::string{key},
            .options = describe(options())};
}

}  // namespace coax
