#include "cli/rehearsal_sample.hpp"

#include "batch/internal/figure_text.hpp"
#include "cli/console.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <algorithm>
#include <fstream>
#include <random>
#include <utility>

namespace coax::cli {
namespace {

constexpr std::size_t calls_at_once = 4;
constexpr std::size_t most_calls = 10'000;

/// Every so many-th record.
class spread_records final : public stream_source<batch_record> {
public:
    spread_records(stream<batch_record> all, std::uint64_t records, std::uint64_t wanted)
        : all_{std::move(all)}, records_{records}, wanted_{std::min(records, wanted)} {}

    asio::awaitable<std::optional<batch_record>> next() override {
        while (taken_ < wanted_) {
            auto record = co_await all_.next();
            if (!record) break;
            if (record->problem || record->index < taken_ * records_ / wanted_) continue;
            ++taken_;
            co_return record;
        }
        co_return std::nullopt;
    }

private:
    stream<batch_record> all_;
    std::uint64_t records_;
    std::uint64_t wanted_;
    std::uint64_t taken_{0};
};

struct sampling {
    batch_job const& job;
    client llm;
    sampled_service found{};
    std::optional<error> failed{};

    asio::awaitable<void> ask(batch_record record) {
        auto request = request_for(job, record);
        if (!request) co_return;
        auto const bytes = request_bytes_of(*request, job.options.service);
        if (auto added = add_file(job, record, *request); !added) throw_error(std::move(added).error());
        auto format = job.schema ? output_format::of(*job.schema, job.options.output.leniency) : output_format{};
        auto const response = co_await as_result(llm.parse(*std::move(request), std::move(format)));
        if (!response)
            failed = response.error();
        else
            add(*response, bytes ? *bytes : 0);
    }

    void add(chat_response const& response, std::size_t bytes) {
        found.calls.push_back({.requests = std::max(response.attempts, 1),
                               .request_bytes = bytes,
                               .input_tokens = response.usage.input_tokens,
                               .output_tokens = response.usage.output_tokens,
                               .latency = response.latency});
        auto const& told = response.rate_limits;
        if (told.limit_requests) found.requests_per_minute = told.limit_requests;
        if (told.limit_tokens) found.tokens_per_minute = told.limit_tokens;
    }
};

std::string sample_cost(batch_job const& job, usage const& used) {
    auto const* const facts = job.facts.find(job.options.service.model, service_name(job.options.service.provider));
    auto const cost = facts == nullptr ? std::nullopt : std::optional{cost_of(used, *facts)};
    if (!cost || !*cost) return std::to_string(used.total_tokens()) + " tokens, whose price is not known";
    return coax::detail::money_text(**cost);
}

/// The members of a line that a rehearsal needs.
struct timed_line {
    std::string status{};
    coax::usage usage{};
    int attempts{0};
    std::int64_t latency_ms{0};
};

/// Keeps each of many with the same chance.
void keep(std::vector<sampled_call>& calls, sampled_call const& call, std::uint64_t seen, std::minstd_rand& dice) {
    if (calls.size() < most_calls) return calls.push_back(call);
    auto const place = std::uniform_int_distribution<std::uint64_t>{0, seen}(dice);
    if (place < most_calls) calls[place] = call;
}

}  // namespace

result<sampled_service> ask_sample(batch_job const& job, std::uint64_t count) {
    print_note("asking " + std::to_string(std::min(count, job.record_count)) + " of " +
               std::to_string(job.record_count) + " records for the sample");
    auto records = open_records(job);
    if (!records) return std::move(records).error();
    runtime rt;
    auto options = job.options;
    options.response_cache = {};
    sampling sample{.job = job, .llm = client{rt.executor(), std::move(options)}};
    stream<batch_record> some{std::make_unique<spread_records>(*std::move(records), job.record_count, count)};
    auto const ask = [&sample](batch_record record) { return sample.ask(std::move(record)); };
    rt.run(for_each(std::move(some), {.concurrency = calls_at_once, .stop_on_error = true}, ask));
    if (sample.found.calls.empty())
        return sample.failed ? *sample.failed : invalid_argument(job.records.name, "has no record that can be asked");
    print_note("the sample: " + std::to_string(sample.found.calls.size()) + " calls, " +
               sample_cost(job, sample.llm.statistics().usage));
    return std::move(sample.found);
}

result<sampled_service> read_sample(std::string const& path) {
    std::ifstream file{path};
    if (!file) return error{.code = errc::io_failed, .message = "cannot be read", .where = path};
    sampled_service found;
    std::minstd_rand dice{1};
    std::uint64_t number = 0;
    for (std::string text; std::getline(file, text) && !file.eof();) {
        ++number;
        auto const line = json::read<timed_line>(text, {.check_utf8 = false, .require_fields = false});
        if (!line || line->status.empty())
            return error{.code = errc::invalid_json,
                         .message = "not a line of a batch's output",
                         .where = path + ':' + std::to_string(number)};
        if (line->status != "ok" || line->attempts != 1) continue;
        keep(found.calls,
             {.input_tokens = line->usage.input_tokens,
              .output_tokens = line->usage.output_tokens,
              .latency = std::chrono::milliseconds{std::max<std::int64_t>(line->latency_ms, 0)}},
             number, dice);
    }
    if (found.calls.size() < 2) return invalid_argument("--from", "has no two records that took one request");
    return found;
}

}  // namespace coax::cli
