#include "batch/simulated_service.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace coax::detail {
namespace {

using std::chrono::milliseconds;

/// A response in one service's form, in pieces: the numbers of tokens stand between them.
struct response_form {
    std::string_view target;  ///< A part of the target of requests in this form.
    std::string_view before_input;
    std::string_view before_output;
    std::string_view end;
};

constexpr std::array forms{
    response_form{"/responses",
                  R"({"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"message",)"
                  R"("id":"i","status":"completed","role":"assistant","content":[{"type":"output_text","text":"ok",)"
                  R"("annotations":[]}]}],"usage":{"input_tokens":)",
                  R"(,"output_tokens":)", "}}"},
    response_form{"/messages",
                  R"({"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text",)"
                  R"("text":"ok"}],"stop_reason":"end_turn","usage":{"input_tokens":)",
                  R"(,"output_tokens":)", "}}"},
    response_form{"enerateContent",
                  R"({"candidates":[{"content":{"parts":[{"text":"ok"}],"role":"model"},"finishReason":"STOP"}],)"
                  R"("usageMetadata":{"promptTokenCount":)",
                  R"(,"candidatesTokenCount":)", "}}"},
    response_form{"",
                  R"({"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{)"
                  R"("role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":)",
                  R"(,"completion_tokens":)", "}}"}};

std::string body_of(std::string_view target, std::int64_t input, std::int64_t output) {
    auto const is_form = [target](response_form const& form) { return target.find(form.target) != target.npos; };
    auto const& form = *std::ranges::find_if(forms, is_form);
    std::string body;
    body.reserve(400);
    body.append(form.before_input).append(std::to_string(input));
    return body.append(form.before_output).append(std::to_string(output)).append(form.end);
}

}  // namespace

milliseconds minute_quota::wait_for(double amount, time_point now) noexcept {
    if (!limits()) return milliseconds{0};
    auto const minutes = std::chrono::duration<double, std::ratio<60>>{now - at_}.count();
    level_ = std::min(per_minute_, level_ + per_minute_ * minutes);
    at_ = now;
    auto const missing = std::min(amount, per_minute_) - level_;
    return missing <= 1e-6 ? milliseconds{0} : milliseconds{std::llround(std::ceil(missing / per_minute_ * 60'000))};
}

input_line fit_input(std::vector<sampled_call> const& calls) {
    if (calls.empty()) return {};
    double bytes = 0;
    double tokens = 0;
    for (auto const& call : calls) {
        if (call.request_bytes == 0) return {.is_drawn = true};
        bytes += static_cast<double>(call.request_bytes);
        tokens += static_cast<double>(call.input_tokens);
    }
    auto const count = static_cast<double>(calls.size());
    double both = 0;
    double square = 0;
    for (auto const& call : calls) {
        auto const distance = static_cast<double>(call.request_bytes) - bytes / count;
        both += distance * (static_cast<double>(call.input_tokens) - tokens / count);
        square += distance * distance;
    }
    auto const slope = square > 0 ? std::max(0.0, both / square) : 0;
    return {.base = tokens / count - slope * bytes / count, .per_byte = slope};
}

simulated_service::simulated_service(service_model model, clock const& time, std::uint64_t seed)
    : model_{std::move(model)},
      time_{time},
      requests_of_calls_{requests_of_calls(model_.calls)},
      input_{fit_input(requests_of_calls_)},
      dice_{seed},
      request_quota_{model_.requests_per_minute, time.now()},
      token_quota_{model_.tokens_per_minute, time.now()} {}

simulated_service::work simulated_service::draw(http_request const& request) {
    work drawn{.input_tokens = 0, .output_tokens = model_.output_tokens, .latency = milliseconds{0}};
    auto const bytes = static_cast<double>(request.body.size());
    drawn.input_tokens = std::max<std::int64_t>(1, std::llround(input_.base + input_.per_byte * bytes));
    if (!requests_of_calls_.empty()) {
        auto const& call = requests_of_calls_[dice_() % requests_of_calls_.size()];
        drawn.output_tokens = call.output_tokens;
        if (input_.is_drawn) drawn.input_tokens = call.input_tokens;
    }
    auto const factor =
        std::exp(model_.latency_spread * bell_(dice_) - model_.latency_spread * model_.latency_spread / 2);
    auto const mean = model_.base_latency + model_.token_latency * drawn.output_tokens;
    drawn.latency = milliseconds{std::llround(static_cast<double>(mean.count()) * factor / 1000)};
    return drawn;
}

/// How long a request must wait that the service does not take.
std::optional<milliseconds> simulated_service::refusal(work const& of, clock::time_point now) {
    while (!ends_.empty() && ends_.top() <= now) ends_.pop();
    if (model_.concurrency > 0 && ends_.size() >= model_.concurrency)
        return std::chrono::ceil<milliseconds>(ends_.top() - now);
    auto const tokens = static_cast<double>(of.input_tokens + of.output_tokens);
    auto const wait = std::max(request_quota_.wait_for(1, now), token_quota_.wait_for(tokens, now));
    if (wait.count() > 0) return wait;
    request_quota_.take(1);
    token_quota_.take(tokens);
    return std::nullopt;
}

header_list simulated_service::limit_headers(http_request const& request) const {
    bool const is_anthropic = request.target.find("/messages") != std::string::npos;
    std::string const prefix = is_anthropic ? "anthropic-ratelimit-" : "x-ratelimit-";
    header_list headers;
    auto const add = [&](std::string const& what, std::int64_t limit, minute_quota const& quota) {
        if (!quota.limits()) return;
        headers.add(prefix + (is_anthropic ? what + "-limit" : "limit-" + what), std::to_string(limit));
        headers.add(prefix + (is_anthropic ? what + "-remaining" : "remaining-" + what), std::to_string(quota.left()));
    };
    add("requests", model_.requests_per_minute, request_quota_);
    add("tokens", model_.tokens_per_minute, token_quota_);
    return headers;
}

memory_transport::timed_response simulated_service::respond(http_request const& request) {
    ++requests_;
    auto const now = time_.now();
    auto const drawn = draw(request);
    auto const wait = refusal(drawn, now);
    memory_transport::timed_response response{.delay = drawn.latency};
    response.response.headers = limit_headers(request);
    if (wait) {
        ++refused_;
        response.response.status = 429;
        response.response.headers.add("retry-after-ms", std::to_string(wait->count()));
        response.delay = milliseconds{20};
    } else if (model_.failure_share > 0 && std::uniform_real_distribution{}(dice_) < model_.failure_share) {
        response.response.status = 503;
        response.delay /= 2;
    } else {
        response.response.status = 200;
        response.response.body = body_of(request.target, drawn.input_tokens, drawn.output_tokens);
    }
    busy_ += response.delay;
    if (model_.concurrency > 0 && !wait) ends_.push(now + response.delay);
    return response;
}

}  // namespace coax::detail
