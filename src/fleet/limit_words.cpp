#include "fleet/limit_words.hpp"

#include <coax/batch/json_line.hpp>

#include <charconv>
#include <limits>

namespace coax::fleet::detail {
namespace {

constexpr std::int64_t picos_in_a_nano = 1'000;

}  // namespace

std::string digest_of_job(std::string_view description) {
    char text[17];
    auto const end = std::to_chars(text, text + sizeof text, sent_digest(description), 16).ptr;
    return {text, end};
}

std::int64_t to_nanos(usd amount) noexcept {
    return amount.picos / picos_in_a_nano + (amount.picos % picos_in_a_nano > 0 ? 1 : 0);
}

usd from_nanos(std::int64_t nanos) noexcept {
    constexpr auto most = std::numeric_limits<std::int64_t>::max() / picos_in_a_nano;
    return {nanos > most ? std::numeric_limits<std::int64_t>::max() : nanos * picos_in_a_nano};
}

std::vector<std::string> limit_words(fleet_limits const& limits) {
    return {"rpm",         std::to_string(limits.requests_per_minute),
            "tpm",         std::to_string(limits.tokens_per_minute),
            "concurrency", std::to_string(limits.max_concurrency),
            "most",        limits.max_cost ? std::to_string(limits.max_cost->picos / picos_in_a_nano) : std::string{},
            "burst",       std::to_string(limits.burst.count())};
}

fleet_limits read_limits(std::vector<cache::detail::redis_reply> const& values) {
    if (values.size() != 5) return {};
    fleet_limits limits{.requests_per_minute = number_of(values[0]),
                        .tokens_per_minute = number_of(values[1]),
                        .max_concurrency = number_of(values[2]),
                        .burst = std::chrono::milliseconds{number_of(values[4])}};
    if (!values[3].text.empty()) limits.max_cost = from_nanos(number_of(values[3]));
    return limits;
}

std::int64_t number_of(cache::detail::redis_reply const& reply) noexcept {
    if (reply.kind == cache::detail::redis_kind::integer) return reply.integer;
    std::int64_t number = 0;
    auto const* const end = reply.text.data() + reply.text.size();
    auto const read = std::from_chars(reply.text.data(), end, number);
    return read.ec == std::errc{} ? number : 0;
}

}  // namespace coax::fleet::detail
