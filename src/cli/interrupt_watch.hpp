#pragma once

#include "cli/progress_display.hpp"

#include <coax/batch/batch.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace coax::cli {

/// What is told of interrupts.
struct interrupt_words {
    std::string first{"stopping: what is in flight is finished and written; Ctrl-C again aborts"};
    std::string second{"aborted; --resume goes on"};
};

/// Ends a batch on SIGINT, SIGTERM and SIGHUP: the first one lets the records in flight finish, a second SIGINT or
/// SIGTERM aborts. It has a thread of its own, so that it is heard also while a write to the output blocks.
class interrupt_watch {
public:
    /// @param close  Called at the first one, on the thread of the watch.
    interrupt_watch(std::function<void()> close, batch_stop stop, progress_display& display,
                    interrupt_words words = {});
    interrupt_watch(interrupt_watch const&) = delete;
    interrupt_watch& operator=(interrupt_watch const&) = delete;
    ~interrupt_watch();

    [[nodiscard]] bool interrupted() const noexcept { return seen_.load() > 0; }

private:
    void wait();
    void on_signal(int number);

    std::function<void()> close_;
    batch_stop stop_;
    progress_display& display_;
    interrupt_words const words_;
    std::atomic<int> seen_{0};
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
    std::thread thread_{};
};

}  // namespace coax::cli
