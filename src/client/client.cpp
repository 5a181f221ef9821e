#include "client/client_impl.hpp"
#include "client/reask.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/runtime.hpp>

namespace coax {
namespace {

std::vector<asio::any_io_executor> shards_of(runtime const& rt) {
    std::vector<asio::any_io_executor> executors;
    for (std::size_t i = 0; i < rt.shard_count(); ++i) executors.push_back(rt.executor(i));
    return executors;
}

/// What is cancelled by the call's deadline ends in that, with what it has cost by then.
template <class T>
asio::awaitable<result<T>> late_at(shard& at, clock::time_point deadline, asio::awaitable<result<T>> work) {
    auto outcome = co_await std::move(work);
    if (outcome || outcome.error().code != errc::cancelled || now(at.executor) < deadline) co_return outcome;
    error why = std::move(outcome).error();
    why.code = errc::timeout;
    co_return why;
}

/// The public edge: picks the shard, runs `op` there within the call's time, and throws what it reports.
template <class T, class Op>
asio::awaitable<T> at_home(std::shared_ptr<client::impl> self, Op op) {
    auto& at = self->home_of(co_await asio::this_coro::executor);
    auto const deadline = self->deadline_at(at);
    auto work = op(*self, at, deadline);
    if (auto const limit = self->options.policies.timeout; limit.count() > 0)
        work = with_timeout(limit, late_at(at, deadline, std::move(work)));
    auto outcome = co_await as_result(on_executor(at.executor, std::move(work)));
    if (!outcome) throw_error(self->in_time(std::move(outcome).error(), at, deadline));
    co_return std::move(*outcome);
}

asio::awaitable<result<chat_response>> chat_at(client::impl& self, shard& at, chat_request request,
                                               clock::time_point deadline) {
    self.complete(request);
    co_return co_await self.call(at, request, deadline);
}

asio::awaitable<result<std::unique_ptr<chat_stream::state>>> stream_at(client::impl& self, shard& at,
                                                                       chat_request request,
                                                                       clock::time_point deadline) {
    self.complete(request);
    co_return co_await self.open(at, request, deadline);
}

asio::awaitable<result<std::unique_ptr<chat_stream::state>>> stream_at(client::impl& self, shard& at,
                                                                       chat_request request, output_format const& form,
                                                                       clock::time_point deadline) {
    if (auto const asked = ask_for(form, self.service->dialect(), request); !asked) co_return asked.error();
    co_return co_await stream_at(self, at, std::move(request), deadline);
}

/// @param form  What the answer must look like, which outlives the call; none: anything.
template <class... Form>
asio::awaitable<chat_stream> open_stream(std::shared_ptr<client::impl> self, chat_request request,
                                         Form const&... form) {
    auto begun = co_await at_home<std::unique_ptr<chat_stream::state>>(
        self, [&](client::impl& impl, shard& at, clock::time_point deadline) {
            return stream_at(impl, at, std::move(request), form..., deadline);
        });
    begun->keep_alive(std::move(self));
    co_return chat_stream{std::move(begun)};
}

}  // namespace

chat_request to_request(std::string prompt) {
    chat_request request;
    request.messages.push_back(user(std::move(prompt)));
    return request;
}

client::client(runtime& rt, client_options options)
    : impl_{std::make_shared<impl>(shards_of(rt), std::move(options))} {}

client::client(asio::any_io_executor executor, client_options options)
    : impl_{std::make_shared<impl>(std::vector{std::move(executor)}, std::move(options))} {}

asio::awaitable<chat_response> client::chat(chat_request request) {
    return at_home<chat_response>(
        impl_, [request = std::move(request)](impl& self, shard& at, clock::time_point deadline) mutable {
            return chat_at(self, at, std::move(request), deadline);
        });
}

asio::awaitable<chat_response> client::chat(std::string prompt) { return chat(to_request(std::move(prompt))); }

asio::awaitable<chat_stream> client::stream(chat_request request) { return open_stream(impl_, std::move(request)); }

asio::awaitable<chat_stream> client::stream(std::string prompt) { return stream(to_request(std::move(prompt))); }

asio::awaitable<chat_stream> client::stream_form(chat_request request, output_format const& form) {
    return open_stream(impl_, std::move(request), form);
}

asio::awaitable<chat_stream> client::stream_form(std::string prompt, output_format const& form) {
    return stream_form(to_request(std::move(prompt)), form);
}

asio::awaitable<chat_response> client::parse_form(chat_request request, output_format const& form) {
    return at_home<chat_response>(
        impl_, [request = std::move(request), &form](impl& self, shard& at, clock::time_point deadline) mutable {
            return self.parse(at, std::move(request), form, deadline);
        });
}

asio::awaitable<void> client::fill(chat_request request, json::codec const& type, void* into, void (*renew)(void*)) {
    auto const form = form_of(type, into, {.leniency = options().output.leniency}, renew);
    (void)co_await parse_form(std::move(request), form);
}

asio::awaitable<void> client::fill(std::string prompt, json::codec const& type, void* into, void (*renew)(void*)) {
    return fill(to_request(std::move(prompt)), type, into, renew);
}

asio::awaitable<chat_response> client::run(chat_request request, toolbox const& tools, run_options options) {
    return at_home<chat_response>(impl_, [request = std::move(request), &tools, options = std::move(options)](
                                             impl& self, shard& at, clock::time_point deadline) mutable {
        return self.run(at, std::move(request), tools, std::move(options), deadline);
    });
}

asio::awaitable<chat_response> client::run(std::string prompt, toolbox const& tools, run_options options) {
    return run(to_request(std::move(prompt)), tools, std::move(options));
}

client_options const& client::options() const noexcept { return impl_->options; }

client_statistics client::statistics() const { return impl_->statistics(); }

void client::close() { impl_->close(); }

}  // namespace coax
