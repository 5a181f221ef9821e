#pragma once

#include "telemetry/internal/observation.hpp"

#include <coax/client/client.hpp>
#include <coax/http/message.hpp>
#include <coax/policy/retry.hpp>

#include <memory>
#include <string>
#include <string_view>

/// What the observers of a client are told. All of it is null, and costs one test, where there are none.
namespace coax::detail {

struct service_call;
struct service_reply;

/// What a call is part of.
struct call_origin {
    std::shared_ptr<span_context const> span{};     ///< Null: nothing.
    telemetry::detail::observation* loop{nullptr};  ///< The `parse` or `run`, which waits for the call.
    int reask{0};                                   ///< Of a `parse`: which re-ask the call is; 0: none.

    /// The next call is a re-ask.
    void reasked(error const& why) noexcept {
        loop->notice({.kind = moment_kind::reasked, .number = ++reask, .why = &why});
    }
};

/// Whether an operation must stay where it is; until then its failures are for its router, which tries elsewhere.
struct route_pin {
    bool pinned{false};
};

/// When a call must be over, and what it is part of.
struct call_scope {
    explicit(false) call_scope(clock::time_point until, std::shared_ptr<call_origin> of = nullptr) noexcept
        : deadline{until}, origin{std::move(of)} {}
    explicit(false) operator clock::time_point() const noexcept { return deadline; }

    clock::time_point deadline;
    std::shared_ptr<call_origin> origin;  ///< Null: nobody observes.
    std::shared_ptr<route_pin> pin{};     ///< Null: there is no router.
};

/// One request to a service with all its attempts, and what came of it.
class observed_call {
public:
    observed_call(client_options const& options, operation_kind kind, clock const& time);

    /// Where it goes; nothing where it could not even be encoded.
    void goes_to(http_request const& request);
    void asks(chat_request const& request, bool streaming);
    void is_for(std::string model);
    void is_named(std::string_view name) { all_.facts.name = name; }
    void begin(call_origin const* origin);

    /// The first token of a stream is there.
    void first_token() noexcept;
    void succeeded(chat_response const& response);
    void succeeded(service_reply const& reply) noexcept;
    void failed(error const& why) noexcept;

    [[nodiscard]] telemetry::detail::observation& all() noexcept { return all_; }
    [[nodiscard]] call_details const& details() const noexcept { return details_; }
    /// From now on an attempt waits for its turn; `wait` goes by before.
    void attempt_follows(clock::duration wait) noexcept { ready_at_ = all_.time().now() + wait; }
    [[nodiscard]] clock::time_point ready_at() const noexcept { return ready_at_; }

private:
    call_details details_{};
    std::string model_{};  ///< The request may be gone before its stream ends; and so for the others.
    std::string host_{};
    std::string method_{};
    std::string address_{};
    std::string path_{};
    std::vector<std::string> stop_{};
    std::string reasoning_effort_{};
    clock::time_point ready_at_{};
    telemetry::detail::observation all_;
};

/// One HTTP request of a call.
class observed_attempt {
public:
    /// @param propagate  Adds the header fields of its span to the request.
    observed_attempt(telemetry_options const& who, std::shared_ptr<observed_call> of, int number, bool hedge,
                     http_request& request);

    void came(int http_status) noexcept { details_.http_status = http_status; }
    void end(error const* why) noexcept;

private:
    std::shared_ptr<observed_call> call_;
    attempt_details details_{};
    telemetry::detail::observation all_;
};

/// From now on the observers hear of the waits between attempts.
void tell_waits(std::shared_ptr<observed_call> const& call, retry_options& options);

/// A `parse` or `run` under way, which its calls are part of.
class observed_loop {
public:
    observed_loop(client_options const& options, operation_kind kind, clock const& time, call_scope const& outer,
                  chat_request const& request);

    /// For its calls.
    [[nodiscard]] call_scope scope() const { return inner_; }
    void end(result<std::unique_ptr<chat_response>> const& outcome) noexcept;

private:
    std::string model_;
    call_details details_{};
    telemetry::detail::observation all_;
    call_scope inner_;
};

}  // namespace coax::detail
