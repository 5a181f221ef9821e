#pragma once

#include <coax/batch/options.hpp>
#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/options.hpp>
#include <coax/core/result.hpp>
#include <coax/tasks/stream.hpp>
#include <coax/tokens/model_facts.hpp>
#include <coax/tokens/usd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// A record's call as it was, from which a model of the service is made.
struct sampled_call {
    /// It took, one after the other, re-asks among them. Tokens and latency are those of all of them. At least 1.
    int requests{1};
    std::size_t request_bytes{0};  ///< Of its body, as `request_bytes_of` tells. 0: not known.
    std::int64_t input_tokens{0};
    std::int64_t output_tokens{0};
    std::chrono::milliseconds latency{0};  ///< Without waits for quota.
};

/// A service as a rehearsal plays it.
struct service_model {
    /// Requests and tokens a minute; what is more is refused (429). Counted in buckets that hold a minute's worth and
    /// begin full. 0: no limit.
    std::int64_t requests_per_minute{0};
    std::int64_t tokens_per_minute{0};
    /// Requests at once; one more is refused. 0: no limit.
    std::size_t concurrency{0};
    /// A request takes base_latency + output tokens * token_latency, times a number that scatters around 1.
    std::chrono::microseconds base_latency{600'000};
    std::chrono::microseconds token_latency{12'000};
    /// Standard deviation of that number's logarithm. Range: [0, 3].
    double latency_spread{0.3};
    /// Share of requests that fail with a 503 after half their time. Range: [0, 1).
    double failure_share{0};
    /// Calls of which each record draws one, for its requests and their lengths. Empty: input tokens are the bytes of a
    /// request / 4, and `output_tokens` holds.
    std::vector<sampled_call> calls{};
    /// Tokens of an answer, on average, where there are no calls; a request's `max_output_tokens` bounds it.
    std::int64_t output_tokens{200};
};

/// Errors: `errc::invalid_argument`; `where` is the member.
[[nodiscard]] result<void> validate(service_model const& model);

/// A model with the lengths of these calls and the latencies that fit them best (least squares over output tokens).
/// With fewer than two calls: the latencies of `from`. The rest is that of `from`.
[[nodiscard]] service_model fit_model(std::vector<sampled_call> calls, service_model from = {});

/// The bytes of a request's body in the service's form. Errors: as `provider::encode`.
[[nodiscard]] result<std::size_t> request_bytes_of(chat_request const& request, service_options const& service);

/// What is rehearsed.
struct rehearsal_options {
    /// As for the batch itself. Keys, sockets, observers and hooks are not used; a response cache begins empty.
    client_options client{};
    batch_options batch{};
    service_model service{};
    /// For the cost.
    model_table facts{};
    /// Records of the batch; `requests` is read no further.
    std::uint64_t records{0};
    /// Most of them that are played one by one; the rest is taken to go on at the pace of these. Must be > 0.
    std::uint64_t most_played{200'000};
    /// Another seed gives another run of the same model.
    std::uint64_t seed{1};
    /// Other settings are tried, too: twice the concurrency, twice each limit.
    bool alternatives{true};
};

/// What holds a batch up.
enum class bottleneck {
    latency,      ///< Nothing else: the batch is about as long as its longest calls.
    concurrency,  ///< Requests at once.
    requests,     ///< Requests a minute.
    tokens        ///< Tokens a minute.
};

[[nodiscard]] std::string_view to_string(bottleneck what) noexcept;

/// One run of a batch in virtual time.
struct rehearsed_run {
    std::chrono::milliseconds elapsed{0};
    std::uint64_t ok{0};
    std::uint64_t failed{0};
    std::uint64_t requests{0};  ///< Sent, refused ones included.
    std::uint64_t retries{0};
    std::uint64_t refused{0};  ///< Of `requests`, with 429.
    std::uint64_t cached{0};   ///< Calls that equal ones before them had the answer of.
    coax::usage usage{};
    std::optional<usd> cost{};  ///< Nothing: a price is not known.
    /// Shares of what the client's and the service's limits allowed: near 1 is what holds the batch up. 0: no limit,
    /// or as many slots as records.
    double request_share{0};
    double token_share{0};
    double concurrency_share{0};
    std::optional<error> ended_by{};  ///< Why the batch would end early.
};

/// What holds that run up.
[[nodiscard]] bottleneck bottleneck_of(rehearsed_run const& run) noexcept;

/// The run under another setting.
struct rehearsal_alternative {
    std::string setting{};  ///< Such as "concurrency 128" or "twice the tokens a minute".
    std::chrono::milliseconds elapsed{0};
    std::uint64_t refused{0};
};

/// A forecast.
struct rehearsal {
    rehearsed_run run{};
    /// Between these the finishing time and the cost are in nine cases of ten, as far as the sample of calls tells;
    /// where lengths are assumed: if answers have half as many tokens, and twice as many.
    std::chrono::milliseconds least_elapsed{0};
    std::chrono::milliseconds most_elapsed{0};
    std::optional<usd> least_cost{};
    std::optional<usd> most_cost{};
    bottleneck held_up_by{bottleneck::latency};
    std::vector<rehearsal_alternative> alternatives{};
};

/// Plays a batch in virtual time: the same client, with its limiter, retries and all other policies, against a model of
/// the service. An hour takes seconds; nothing is sent.
///
/// @param requests  Begins the batch's requests anew; called once for each run.
/// Errors: `errc::invalid_argument`: an option.
/// Blocks until it is done. Thread safety: any thread; not within a `runtime`.
[[nodiscard]] result<rehearsal> rehearse(std::function<stream<chat_request>()> const& requests,
                                         rehearsal_options options);

/// The forecast as a JSON object: `{"elapsed_ms":…,"least_elapsed_ms":…,"cost_usd":"1.25","refused":12,
/// "held_up_by":"tokens","shares":{…},"alternatives":[{"setting":…,"elapsed_ms":…,"refused":…}],…}`.
[[nodiscard]] std::string to_json(rehearsal const& forecast);

/// For people, on a few lines.
[[nodiscard]] std::string to_string(rehearsal const& forecast);

}  // namespace coax
