#include <coax/fleet/fleet_quota.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/fleet/worker.hpp>

#include <memory>

namespace coax {

namespace fleet::detail {
struct queue_state {};
}  // namespace fleet::detail

namespace {

[[noreturn]] void refuse() {
    throw_error(invalid_argument("queue", "this coax was built without hiredis (COAX_WITH_HIREDIS)"));
}

}  // namespace

work_queue::work_queue(queue_options options) {
    value_or_throw(validate(options));
    refuse();
}

// There is no queue, so nobody calls these.
asio::awaitable<void> work_queue::open(queue_job) { refuse(); }
asio::awaitable<batch_output<std::string>> work_queue::ask(std::string, std::string) { refuse(); }
void work_queue::forget(std::string) { refuse(); }
asio::awaitable<void> work_queue::finish() { refuse(); }
asio::awaitable<std::optional<queue_job>> work_queue::job() { refuse(); }
asio::awaitable<queue_status> work_queue::status() { refuse(); }
asio::awaitable<std::uint64_t> work_queue::retry_dead() { refuse(); }
asio::awaitable<std::uint64_t> work_queue::purge() { refuse(); }
std::string work_queue::address() const { refuse(); }

asio::awaitable<worker_summary> run_worker(work_queue, queue_job, row_work, worker_options) { refuse(); }
std::shared_ptr<shared_quota> make_fleet_quota(work_queue, fleet_limits, fleet_quota_options) { refuse(); }
asio::awaitable<void> flush(std::shared_ptr<shared_quota>, std::chrono::milliseconds) { refuse(); }

}  // namespace coax
