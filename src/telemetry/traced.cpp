#include "telemetry/internal/message_text.hpp"
#include "telemetry/internal/observation.hpp"
#include "telemetry/internal/span_executor.hpp"

#include <coax/telemetry/traced.hpp>

namespace coax::telemetry::detail {

/// One call of a function under way.
class function_span {
public:
    function_span(asio::any_io_executor const& on, span_scope const& outer, std::string called)
        : where{on}, name{std::move(called)}, scope{outer}, seen{scope.who, operation_kind::function, clock_of(on)} {
        seen.facts.name = name;
    }

    asio::any_io_executor where;
    std::string name;
    span_scope scope;  ///< That it is a part of.
    observation seen;
};

core::detail::opaque<function_span> begin_function(asio::any_io_executor const& where, std::string name) {
    auto const* const scope = scope_of(where);
    if (scope == nullptr || scope->who.observers.empty()) return {};
    return std::make_unique<function_span>(where, *scope, std::move(name));
}

bool wants_content(function_span const& one) noexcept { return one.seen.wants_content(); }

void set_input(function_span& one, std::string json) {
    one.seen.keep_input([&](std::size_t most) { return cut_json(json, most); });
}

void set_output(function_span& one, std::string json) {
    one.seen.keep_output([&](std::size_t most) { return cut_json(json, most); });
}

asio::any_io_executor announce(function_span& one) {
    one.seen.begin(one.scope.span ? &one.scope.span : nullptr);
    return executor_in(one.where, span_scope{*one.seen.span(), one.scope.who});
}

void end_function(function_span& one, std::exception_ptr const& failure) noexcept {
    if (!failure) return one.seen.end(nullptr);
    auto const why = to_error(failure);
    one.seen.end(&why);
}

asio::any_io_executor executor_with(asio::any_io_executor const& where, telemetry_options who) {
    auto const* const outer = scope_of(where);
    return executor_in(where, span_scope{outer == nullptr ? span_context{} : outer->span, std::move(who)});
}

}  // namespace coax::telemetry::detail
