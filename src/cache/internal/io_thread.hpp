#pragma once

#include <coax/runtime/asio.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace coax::cache::detail {

/// A thread with a context, which ends with it.
class io_thread {
public:
    io_thread() = default;
    io_thread(io_thread const&) = delete;
    io_thread& operator=(io_thread const&) = delete;
    ~io_thread() { stop(); }
    /// What is under way is dropped with the context.
    void stop() {
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] asio::any_io_executor executor() { return context_.get_executor(); }

private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    std::thread thread_{[this] { context_.run(); }};
};

}  // namespace coax::cache::detail
