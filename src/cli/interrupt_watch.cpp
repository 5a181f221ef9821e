#include "cli/interrupt_watch.hpp"

#include "cli/console.hpp"
#include "cli/exit_code.hpp"

#include <csignal>
#include <unistd.h>
#include <utility>

namespace coax::cli {

namespace {

/// Whether the program was started with the signal ignored, as `nohup` does with SIGHUP.
bool is_ignored(int number) noexcept {
    struct sigaction action{};
    return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

interrupt_watch::interrupt_watch(std::function<void()> close, batch_stop stop, progress_display& display,
                                 interrupt_words words)
    : close_{std::move(close)}, stop_{std::move(stop)}, display_{display}, words_{std::move(words)} {
    if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);
    wait();
    thread_ = std::thread{[this] { context_.run(); }};
}

interrupt_watch::~interrupt_watch() {
    context_.stop();
    thread_.join();
}

void interrupt_watch::wait() {
    signals_.async_wait([this](boost::system::error_code failure, int number) {
        if (failure) return;
        on_signal(number);
        wait();
    });
}

void interrupt_watch::on_signal(int number) {
    bool const first = seen_.fetch_add(1) == 0;
    display_.finish();
    if (first) {
        print_note(words_.first);
        stop_.request();
        close_();
    } else if (number != SIGHUP) {
        // Every finished line is with the operating system already: nothing is left to save.
        print_note(words_.second);
        ::_exit(exit_code::interrupted);
    }
}

}  // namespace coax::cli
