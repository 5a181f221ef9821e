#include "client/client_impl.hpp"
#include "client/reask.hpp"
#include "client/run_on_shard.hpp"
#include "client/shard_executors.hpp"
#include "client/tool_loop.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>

namespace coax {
namespace {

using detail::request_of;
using detail::run_on_shard;
using detail::shared_impl;

/// A chat of a client that keeps responses.
asio::awaitable<result<detail::boxed_response>> cached_chat(shared_impl self, detail::shard& at,
                                                            core::detail::opaque<chat_request> request,
                                                            detail::call_scope scope) {
    self->complete(*request);
    co_return co_await self->call(at, *request, std::move(scope));
}

/// One chat, which a router copies for each route.
struct chat_operation {
    explicit chat_operation(core::detail::opaque<chat_request> asked) noexcept : request{std::move(asked)} {}
    chat_operation(chat_operation const& other) : request{std::make_unique<chat_request>(*other.request)} {}
    chat_operation(chat_operation&&) noexcept = default;
    chat_operation& operator=(chat_operation&&) = delete;
    ~chat_operation() = default;

    asio::awaitable<result<detail::boxed_response>> operator()(shared_impl self, detail::shard& at,
                                                               detail::call_scope scope) {
        if (self->cache() != nullptr) return cached_chat(std::move(self), at, std::move(request), std::move(scope));
        auto& called = *self;
        auto const& asked = *request;
        return called.call_service(at, asked, std::move(scope), {std::move(self), std::move(request)});
    }

    core::detail::opaque<chat_request> request;
};

asio::awaitable<result<std::shared_ptr<chat_stream::state>>> stream_at(shared_impl self, detail::shard& at,
                                                                       chat_request request, output_format format,
                                                                       detail::call_scope scope) {
    auto asked = detail::ask_for(format, self->provider->dialect(), self->options.output.relax_schemas, request);
    if (!asked) co_return std::move(asked).error();
    self->complete(request);
    auto begun = co_await self->open(at, request, std::move(scope));
    if (!begun) co_return begun;
    (*begun)->expect(*std::move(asked));
    (*begun)->keep_alive(std::move(self));
    co_return begun;
}

asio::awaitable<chat_stream> open_stream(shared_impl self, chat_request request, output_format format) {
    auto const hint = detail::hint_for(*self, {.request = &request});
    auto begun = co_await run_on_shard<std::shared_ptr<chat_stream::state>>(
        std::move(self),
        [request = std::move(request), format = std::move(format)](shared_impl impl, detail::shard& at,
                                                                   detail::call_scope scope) mutable {
            return stream_at(std::move(impl), at, std::move(request), std::move(format), std::move(scope));
        },
        hint);
    co_return chat_stream{std::move(begun)};
}

}  // namespace

client::client(runtime& rt, client_options options)
    : impl_{std::make_shared<impl>(detail::executors_of(rt), std::move(options))} {}

client::client(asio::any_io_executor executor, client_options options)
    : impl_{std::make_shared<impl>(std::vector{std::move(executor)}, std::move(options))} {}

client::client(core::detail::shared_opaque<impl> shared) : impl_{std::move(shared)} {}

asio::awaitable<chat_response> client::start_chat(detail::given_input&& input) const {
    auto const hint = detail::hint_for(*impl_, input);
    return run_on_shard<chat_response>(impl_, chat_operation{boxed(std::move(input))}, hint);
}

asio::awaitable<chat_stream> client::start_stream(detail::given_input&& input, output_format&& format) const {
    return open_stream(impl_, request_of(std::move(input)), std::move(format));
}

asio::awaitable<chat_response> client::start_parse(detail::given_input&& input, output_format&& format) const {
    auto const hint = detail::hint_for(*impl_, input);
    return run_on_shard<chat_response>(
        impl_,
        [request = request_of(std::move(input)), format = std::move(format)](shared_impl self, detail::shard& at,
                                                                             detail::call_scope scope) mutable {
            return detail::observed_if_wanted(
                self, at, operation_kind::parse, std::move(scope), request, [&](auto inner) {
                    return self->parse(at, std::move(request), std::move(format), std::move(inner), self);
                });
        },
        hint);
}

asio::awaitable<chat_response> client::start_run(detail::given_input&& input, toolbox&& tools, run_options&& options,
                                                 output_format&& format) const {
    auto const hint = detail::hint_for(*impl_, input);
    return run_on_shard<chat_response>(
        impl_,
        [request = request_of(std::move(input)), plan = detail::run_plan{.tools = std::move(tools),
                                                                         .bounds = std::move(options),
                                                                         .format = std::move(format),
                                                                         .watcher = nullptr}](
            shared_impl self, detail::shard& at, detail::call_scope scope) mutable {
            return detail::begin_run(std::move(self), at, std::move(request), std::move(plan), std::move(scope));
        },
        hint);
}

client::boxed_request client::boxed(detail::given_input&& input) {
    return std::make_unique<chat_request>(request_of(std::move(input)));
}

std::shared_ptr<void> client::share(void* value, void (*destroy)(void* value)) { return {value, destroy}; }

asio::awaitable<chat_response> client::parse_into(boxed_request request, json::codec const& type,
                                                  std::shared_ptr<void> value, void (*clear)(void* value)) const {
    return start_parse({.request = request.get()}, output_format::of_codec(type, std::move(value), clear, reading()));
}

asio::awaitable<void> client::read_into(boxed_request request, json::codec const& type, std::shared_ptr<void> value,
                                        void (*clear)(void* value)) const {
    (void)co_await parse_into(std::move(request), type, std::move(value), clear);
}

asio::awaitable<chat_response> client::run_into(boxed_request request, toolbox tools, run_options options,
                                                json::codec const& type, std::shared_ptr<void> value,
                                                void (*clear)(void* value)) const {
    return start_run({.request = request.get()}, std::move(tools), std::move(options),
                     output_format::of_codec(type, std::move(value), clear, reading()));
}

json::read_options client::reading() const {
    return {.refuse_foreign_objects = closes_objects(impl_->provider->dialect()),
            .leniency = options().output.leniency};
}

client_options const& client::options() const noexcept { return impl_->options; }

client_statistics client::statistics() const { return impl_->statistics(); }

void client::close() const { impl_->close(); }

}  // namespace coax
