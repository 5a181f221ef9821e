#include "batch/internal/batch_route_state.hpp"
#include "batch/internal/process_requests.hpp"
#include "batch/internal/run_text.hpp"
#include "fleet/internal/queued_rows.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/fleet/messages_text.hpp>
#include <coax/fleet/queue_route.hpp>

#include <optional>
#include <utility>

namespace coax {
namespace fleet::detail {
namespace {

/// What the workers of a `process_batch` are told of it.
struct process_description {
    std::string origin{};  ///< Digests of what the answers depend on.
    json_value run{};      ///< The same in words.
};

/// What of a run its workers share: each row brings its own prompt.
run_identity without_prompt(run_identity run) {
    run.prompt.clear();
    run.shard.clear();
    run.records = 0;
    run.digests.prompt = 0;
    return run;
}

class queue_way final : public coax::detail::remote_rows {
public:
    queue_way(work_queue queue, fleet_limits limits) : queue_{std::move(queue)}, limits_{std::move(limits)} {}

    asio::awaitable<void> open(coax::detail::remote_job job) override {
        rows_.emplace(queue_, std::move(job.sent), !job.shares_equal);
        auto const shared = without_prompt(job.run);
        auto run = json::read<json_value>(coax::detail::run_text(shared)).value();
        process_description const told{.origin = to_string(shared.digests), .run = std::move(run)};
        queue_job made{.description = json::write(told),
                       .limits = limits_,
                       .identity = hexadecimal(sent_digest(to_string(job.run.digests)))};
        co_await queue_.open(std::move(made));
    }
    asio::awaitable<batch_output<std::string>> ask(batch_record record, std::vector<message> messages) override {
        return rows_->ask(std::move(record), std::move(messages));
    }
    void written(batch_result<std::string> const& outcome) override { rows_->written(outcome); }
    asio::awaitable<void> finish() override { return queue_.finish(); }

private:
    work_queue queue_;
    fleet_limits limits_;
    std::optional<queued_rows> rows_{};
};

/// Errors: `errc::invalid_argument`: a worker that works by `mine` would give other answers.
result<void> check_job(queue_job const& job, run_identity const& mine) {
    auto const told = json::read<process_description>(job.description, {.refuse_unknown_keys = true});
    if (!told) return invalid_argument("job", "no process_batch of this version of coax has made it");
    auto const other = differences(parse_origin(told->origin), coax::detail::parse_run(told->run), mine);
    if (!other.empty()) return invalid_argument("job", "it is for others than this worker: " + other);
    return {};
}

}  // namespace
}  // namespace fleet::detail

batch_route via_queue(work_queue queue, fleet_limits limits) {
    value_or_throw(validate(limits));
    return batch_route{std::make_shared<detail::batch_route_state>(
        detail::batch_route_state{.remote = [queue = std::move(queue), limits = std::move(limits)] {
            return std::make_unique<fleet::detail::queue_way>(queue, limits);
        }})};
}

namespace detail {

row_work queue_work(process_plan plan, queue_job const& job) {
    auto const asked = std::make_shared<process_plan>(std::move(plan));
    asked->prompt.clear();
    process_requests const requests{*asked};
    value_or_throw(fleet::detail::check_job(job, fleet::detail::without_prompt(run_of(*asked, requests))));
    return [asked, work = request_work_of(*asked)](std::string payload) {
        auto request = asked->options.request;
        request.messages = value_or_throw(read_messages(payload));
        return work(std::move(request));
    };
}

}  // namespace detail
}  // namespace coax
