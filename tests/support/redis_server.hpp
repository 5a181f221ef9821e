#pragma once

#include "support/child_process.hpp"
#include "unit/batch/temp_file.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace coax::test {

/// A redis-server of the test's own on a free port, which keeps nothing on disk.
class redis_server {
public:
    /// @param more  Arguments besides the usual ones.
    /// @param tls  On its one port.
    explicit redis_server(std::vector<std::string> more = {}, bool tls = false)
        : port_{free_port()}, more_{std::move(more)}, tls_{tls} {
        start();
    }

    [[nodiscard]] static bool is_installed() {
        return std::filesystem::exists("/usr/bin/redis-server") ||
               std::filesystem::exists("/usr/local/bin/redis-server");
    }

    void start() {
        auto const port = std::to_string(port_);
        std::vector<std::string> arguments{
            "redis-server",      "--bind", "127.0.0.1",      "--save",         "",
            "--appendonly",      "no",     "--dir",          folder_.path(""), "--logfile",
            folder_.path("log"), "--port", tls_ ? "0" : port};
        if (tls_) arguments.insert(arguments.end(), {"--tls-port", port});
        arguments.insert(arguments.end(), more_.begin(), more_.end());
        child_ = child_process{std::move(arguments)};
        wait_until_it_listens();
    }
    void kill() { child_.kill(SIGKILL); }
    void pause() { child_.send(SIGSTOP); }
    void resume() { child_.send(SIGCONT); }

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::string url() const { return "redis://" + address(); }

private:
    static std::uint16_t free_port() {
        boost::asio::io_context context;
        boost::asio::ip::tcp::acceptor const taken{context, {boost::asio::ip::address_v4::loopback(), 0}};
        return taken.local_endpoint().port();
    }

    void wait_until_it_listens() const {
        using namespace std::chrono_literals;
        boost::asio::io_context context;
        boost::asio::ip::tcp::endpoint const where{boost::asio::ip::address_v4::loopback(), port_};
        auto const until = std::chrono::steady_clock::now() + 20s;
        while (std::chrono::steady_clock::now() < until) {
            boost::system::error_code ec;
            boost::asio::ip::tcp::socket socket{context};
            socket.connect(where, ec);
            if (!ec) return;
            std::this_thread::sleep_for(5ms);
        }
        ADD_FAILURE() << "redis-server does not listen: " << temp_folder::read(folder_.path("log"));
    }

    temp_folder folder_;
    std::uint16_t port_;
    std::vector<std::string> more_;
    bool tls_;
    child_process child_{};
};

}  // namespace coax::test
