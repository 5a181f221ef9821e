#include "runtime/internal/context_service.hpp"
#include "runtime/internal/spawn.hpp"

#include <coax/core/error.hpp>
#include <coax/runtime/runtime.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace coax {
namespace {

/// One thread's context. It never runs out of work by itself.
class shard : public asio::io_context {
public:
    shard() : asio::io_context{1}, guard_{get_executor()} {}

    /// Unwinds what is left while the other shards are still there.
    void unwind() { shutdown(); }

private:
    asio::executor_work_guard<executor_type> guard_;
};

/// The coroutine that `run()` runs. Shared, for a stalled one stays behind.
struct main_task {
    explicit main_task(asio::io_context& where) : context{where} {}

    /// `run()` returns; until then one call turns the loop, for what Asio recycles is kept per call.
    void ended(bool lost) noexcept {
        done = true;
        if (!lost) context.stop();
    }

    asio::io_context& context;
    asio::cancellation_signal signal{};
    std::exception_ptr failure;
    bool done{false};
};

[[noreturn]] void throw_stalled(std::string const& waits) {
    auto const* const unknown = "something that is not coax's own, as a socket or a plain timer";
    throw_error({.code = errc::stalled,
                 .message = "nothing is ready and no deadline is left; waiting: " + (waits.empty() ? unknown : waits)});
}

}  // namespace

struct runtime::impl {
    explicit impl(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) shards.push_back(std::make_unique<shard>());
        for (std::size_t i = 1; i < count; ++i) threads.emplace_back([one = shards[i].get()] { one->run(); });
    }
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    /// First all threads end, then all coroutines are unwound, then the contexts die: what unwinds may touch any of
    /// them.
    ~impl() {
        for (auto& one : shards) one->stop();
        for (auto& one : threads) one.join();
        for (auto& one : shards) one->unwind();
    }

    /// @throws coax::exception  `errc::invalid_argument`: the calling thread runs a shard, or another one shard 0.
    void begin_run() {
        auto const runs_here = [](std::thread const& one) { return one.get_id() == std::this_thread::get_id(); };
        bool const inside = std::any_of(threads.begin(), threads.end(), runs_here);
        if (inside || running.exchange(true))
            throw_error(invalid_argument("runtime::run", "must not be called from inside: co_await the work instead"));
    }

    [[nodiscard]] detail::context_service& service() { return detail::context_service::of(shards[0]->get_executor()); }

    void run(main_task const& task) {
        while (!task.done) shards[0]->run();
    }

    /// @returns false: nothing is ready and no deadline is left.
    [[nodiscard]] bool run_virtual(main_task const& task) {
        for (;;) {
            shards[0]->poll();
            if (task.done) return true;
            if (!service().timers.advance()) return false;
        }
    }

    /// From now on, and for a `stop()` that came before, `task` is what is to be cancelled.
    void accept(std::shared_ptr<main_task> const& task) {
        if (task->done) return;
        current = task;
        deliver_stop();
    }

    void deliver_stop() {
        if (current && stop_wanted.exchange(false)) current->signal.emit(asio::cancellation_type::terminal);
    }

    std::vector<std::unique_ptr<shard>> shards{};
    std::vector<std::thread> threads{};
    std::shared_ptr<main_task> current{};  ///< Shard 0 only.
    std::atomic<bool> stop_wanted{false};
    std::atomic<bool> running{false};
    bool is_virtual{false};
};

result<void> validate(runtime_options const& options) {
    if (options.threads < 1 || options.threads > 1024) return invalid_argument("threads", "must be in [1, 1024]");
    return {};
}

runtime::runtime(runtime_options options) {
    value_or_throw(validate(options));
    impl_ = std::make_unique<impl>(options.threads);
}

runtime::runtime(virtual_time time) : impl_{std::make_unique<impl>(1)} {
    impl_->is_virtual = true;
    impl_->service().time.use_virtual(std::make_shared<virtual_clock>(), time.seed);
}

runtime::~runtime() = default;

void runtime::run_to_end(asio::awaitable<void> main) {
    impl_->begin_run();
    std::unique_ptr<std::atomic<bool>, void (*)(std::atomic<bool>*)> const under_way{
        &impl_->running, [](std::atomic<bool>* running) { *running = false; }};
    auto const task = std::make_shared<main_task>(*impl_->shards[0]);
    impl_->shards[0]->restart();
    detail::spawn(executor(), std::move(main), task);
    // Behind the start in the queue: a cancellation before it would be lost on Asio.
    asio::post(*impl_->shards[0], [owner = impl_.get(), task] { owner->accept(task); });
    bool alive = true;
    if (impl_->is_virtual)
        alive = impl_->run_virtual(*task);
    else
        impl_->run(*task);
    std::string waits;
    if (!alive) {
        waits = impl_->service().waiting.waits();
        task->signal.emit(asio::cancellation_type::terminal);
        impl_->shards[0]->poll();
    }
    impl_->current.reset();
    if (!alive) throw_stalled(waits);
    if (task->failure) std::rethrow_exception(task->failure);
}

void runtime::stop() noexcept {
    impl_->stop_wanted = true;
    asio::post(*impl_->shards[0], [owner = impl_.get()] { owner->deliver_stop(); });
}

std::size_t runtime::shard_count() const noexcept { return impl_->shards.size(); }

asio::any_io_executor runtime::executor(std::size_t shard) const { return impl_->shards.at(shard)->get_executor(); }

clock const& runtime::time() const noexcept { return *impl_->service().time.time(); }

}  // namespace coax
