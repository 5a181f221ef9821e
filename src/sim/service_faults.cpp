#include "sim/service_faults.hpp"

#include "sim/responses_wire.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

constexpr double fault_limit = 500;  ///< The limit that an injected 429 names.

void add_retry_after(std::string& headers, fault const& injected, moment now) {
    switch (injected.retry_after) {
        case retry_after_form::none: break;
        case retry_after_form::seconds: add_header(headers, "retry-after", ceil_seconds(injected.wait)); break;
        case retry_after_form::milliseconds: add_header(headers, "retry-after-ms", injected.wait.count()); break;
        case retry_after_form::http_date:
            add_header(headers, "retry-after", http_date(now.system + injected.wait + std::chrono::milliseconds{999}));
            break;
    }
}

api_error error_of(fault const& injected, service_api const& api) {
    switch (injected.kind) {
        case fault_kind::rate_limited:
            return api.rate_limited({.which = limited_by::requests, .requested = 1, .wait = injected.wait},
                                    "this model", fault_limit);
        case fault_kind::overloaded: return api.error_of(api.overloaded_status());
        case fault_kind::quota_exhausted: return api.quota_exhausted();
        case fault_kind::context_too_long: return api.context_too_long();
        default: return api.error_of(injected.http_status);
    }
}

}  // namespace

bool is_silent(fault_kind kind) noexcept {
    return kind == fault_kind::stall || kind == fault_kind::close_before_response;
}

bool replaces_response(fault_kind kind) noexcept {
    return is_silent(kind) || kind == fault_kind::http_status || kind == fault_kind::rate_limited ||
           kind == fault_kind::overloaded || kind == fault_kind::quota_exhausted ||
           kind == fault_kind::context_too_long;
}

bool changes_delivery(fault_kind kind) noexcept {
    return kind == fault_kind::reset || kind == fault_kind::truncated_body || kind == fault_kind::slow;
}

void corrupt_json(response& out) {
    if (out.chunked && out.pieces.size() > 1) {
        auto& event = out.pieces[out.pieces.size() / 2];
        event = event.substr(0, event.find("data: ")) + "data: {\"id\":\"corrupt\",\"choices\":[{\"ind\n\n";
        return;
    }
    out.body = out.body.substr(0, out.body.size() / 2) + "<html>";
}

void end_with_error(response& out, request_context const& context) {
    out.pieces.resize(std::max<std::size_t>(1, out.pieces.size() / 2));
    auto const why = context.api->error_of(500);
    bool const responses = context.route.endpoint == endpoint::responses;
    out.pieces.push_back(responses ? responses_error_event(why) : context.api->error_event(why));
}

response reject(api_error const& why, request_context const& context) {
    response out{.status = why.status};
    context.api->add_id_headers(out.headers, context);
    out.body = context.api->error_body(why, context);
    return out;
}

response fail(fault const& injected, request_context const& context) {
    if (is_silent(injected.kind)) return {.fault = injected};
    auto out = reject(error_of(injected, *context.api), context);
    if (injected.kind == fault_kind::rate_limited ||
        (injected.kind == fault_kind::overloaded && injected.wait.count() > 0))
        add_retry_after(out.headers, injected, context.now);
    return out;
}

}  // namespace coax::sim::detail
