#include "chat_load.hpp"

#include "answer_server.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <string_view>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS static_cast<void>(0)
#endif

namespace bench {
namespace {

/// Callgrind counts from the middle on, when all connections are made.
void count_one(chat_load load, std::size_t& left) {
    if (--left == load.calls / 2) CALLGRIND_ZERO_STATS;
}

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

/// The request that coax sends, made once.
http::request<http::string_body> canned_request() {
    http::request<http::string_body> request{http::verb::post, "/v1/chat/completions", 11};
    request.set(http::field::host, "localhost");
    request.set(http::field::authorization, "Bearer sk-bench");
    request.set(http::field::content_type, "application/json");
    request.body() = R"({"model":"gpt-5.4","messages":[{"role":"user","content":")" + prompt() + R"("}]})";
    request.prepare_payload();
    return request;
}

/// Finds where the chunks of a response and the events in them end, and looks at nothing else.
class event_counter {
public:
    /// @returns Whether the response has ended; the next one may begin.
    bool take(std::string_view input) {
        while (!input.empty()) {
            switch (at_) {
                case part::head: input = after_head(input); break;
                case part::size: input = after_size(input); break;
                case part::data: input = after_data(input); break;
                case part::end_of_data:
                case part::end: input = after_line(input); break;
            }
            if (at_ == part::over) return at_ = part::head, true;
        }
        return false;
    }
    [[nodiscard]] std::size_t events() const noexcept { return events_; }

private:
    enum class part { head, size, data, end_of_data, end, over };

    std::string_view after_head(std::string_view input) {
        constexpr std::string_view end{"\r\n\r\n"};
        for (std::size_t i = 0; i < input.size(); ++i) {
            matched_ = input[i] == end[matched_] ? matched_ + 1 : std::size_t{input[i] == end[0]};
            if (matched_ != end.size()) continue;
            matched_ = 0;
            at_ = part::size;
            return input.substr(i + 1);
        }
        return {};
    }
    std::string_view after_size(std::string_view input) {
        for (std::size_t i = 0; i < input.size(); ++i) {
            char const c = input[i];
            if (c >= '0' && c <= '9') left_ = 16 * left_ + static_cast<std::size_t>(c - '0');
            if (c >= 'a' && c <= 'f') left_ = 16 * left_ + static_cast<std::size_t>(c - 'a') + 10;
            if (c >= 'A' && c <= 'F') left_ = 16 * left_ + static_cast<std::size_t>(c - 'A') + 10;
            if (c != '\n') continue;
            at_ = left_ == 0 ? part::end : part::data;
            return input.substr(i + 1);
        }
        return {};
    }
    std::string_view after_data(std::string_view input) {
        auto const data = input.substr(0, std::min(left_, input.size()));
        auto const* next = data.data();
        auto const* const end = next + data.size();
        while (auto const* const line_end =
                   static_cast<char const*>(std::memchr(next, '\n', static_cast<std::size_t>(end - next)))) {
            if (line_end == next && line_ended_) ++events_;
            line_ended_ = true;
            next = line_end + 1;
        }
        if (next != end) line_ended_ = false;
        left_ -= data.size();
        if (left_ == 0) at_ = part::end_of_data;
        return input.substr(data.size());
    }
    std::string_view after_line(std::string_view input) {
        auto const end = input.find('\n');
        if (end == std::string_view::npos) return {};
        at_ = at_ == part::end ? part::over : part::size;
        return input.substr(end + 1);
    }

    part at_{part::head};
    std::size_t matched_{0};  // of the end of the head
    std::size_t left_{0};     // of the chunk
    std::size_t events_{0};
    bool line_ended_{false};
};

template <class Stream>
asio::awaitable<void> event_streamer(Stream& stream, chat_load load, std::size_t& left, std::size_t& events) {
    auto const request = canned_request();
    constexpr auto token = asio::as_tuple(asio::deferred);
    event_counter counted;
    std::array<char, 65'536> piece;
    while (left != 0) {
        count_one(load, left);
        auto const [failed, written] = co_await http::async_write(stream, request, token);
        if (failed) std::abort();
        for (bool over = false; !over;) {
            auto const [broken, got] = co_await stream.async_read_some(asio::buffer(piece), token);
            if (broken) std::abort();
            over = counted.take({piece.data(), got});
        }
    }
    events += counted.events();
}

template <class Stream>
asio::awaitable<void> beast_caller(Stream& stream, chat_load load, std::size_t& left, std::size_t& bytes) {
    auto const request = canned_request();
    boost::beast::flat_buffer buffer;
    constexpr auto token = asio::as_tuple(asio::deferred);
    while (left != 0) {
        count_one(load, left);
        http::response<http::string_body> answer;
        auto const [write_error, written] = co_await http::async_write(stream, request, token);
        if (write_error) std::abort();
        auto const [read_error, received] = co_await http::async_read(stream, buffer, answer, token);
        if (read_error || answer.body().size() != answer_body().size()) std::abort();
        bytes += received;
    }
}

tcp::socket connected(asio::io_context& context, std::string const& port) {
    tcp::socket socket{context};
    asio::connect(socket, tcp::resolver{context}.resolve("127.0.0.1", port));
    socket.set_option(tcp::no_delay{true});
    return socket;
}

}  // namespace

namespace {

/// Runs `caller(stream, left, bytes)` for each of the load's callers on a connection of its own.
template <class Caller>
std::size_t run_on_beast(chat_load load, std::string const& port, std::string const& ca_pem, Caller caller) {
    asio::io_context context{1};
    std::size_t left = load.calls;
    std::size_t bytes = 0;
    auto const fail = [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    };
    if (ca_pem.empty()) {
        std::vector<tcp::socket> sockets;
        for (std::size_t i = 0; i < load.callers; ++i) sockets.push_back(connected(context, port));
        for (auto& socket : sockets) asio::co_spawn(context, caller(socket, left, bytes), fail);
        context.run();
        return bytes;
    }
    asio::ssl::context trust{asio::ssl::context::tls_client};
    trust.add_certificate_authority(asio::buffer(ca_pem));
    trust.set_verify_mode(asio::ssl::verify_peer);
    std::vector<std::unique_ptr<asio::ssl::stream<tcp::socket>>> streams;
    for (std::size_t i = 0; i < load.callers; ++i) {
        streams.push_back(std::make_unique<asio::ssl::stream<tcp::socket>>(connected(context, port), trust));
        streams.back()->set_verify_callback(asio::ssl::host_name_verification{"localhost"});
        streams.back()->handshake(asio::ssl::stream_base::client);
    }
    for (auto& stream : streams) asio::co_spawn(context, caller(*stream, left, bytes), fail);
    context.run();
    return bytes;
}

asio::awaitable<std::size_t> answer_bytes(coax::client const& client) {
    auto const answer = co_await client.chat(prompt());
    co_return answer.text.size();
}

asio::awaitable<std::size_t> delta_count(coax::client const& client) {
    auto stream = co_await client.stream(prompt());
    std::size_t deltas = 0;
    while (auto const delta = co_await stream.next()) ++deltas;
    co_return deltas;
}

/// Runs `one(client)` for each call.
template <class One>
std::size_t run_on_coax(chat_load load, std::string const& url, std::string const& ca_pem, One one) {
    coax::runtime rt;
    coax::client_options options{
        .service = {.provider = {.base_url = url + "/v1"}, .api_key = "sk-bench", .model = "gpt-5.4"}};
    options.policies.max_concurrency = load.callers;
    options.http.ca_pem = ca_pem;
    coax::client llm{rt, std::move(options)};
    return rt.run([](coax::client& client, chat_load wanted, One ask) -> asio::awaitable<std::size_t> {
        std::vector<std::size_t> callers(wanted.callers);
        std::size_t left = wanted.calls;
        auto const caller = [&](std::size_t) -> asio::awaitable<std::size_t> {
            std::size_t bytes = 0;
            while (left != 0) {
                count_one(wanted, left);
                bytes += co_await ask(client);
            }
            co_return bytes;
        };
        auto const sums = co_await coax::map(callers, {.concurrency = wanted.callers}, caller);
        std::size_t total = 0;
        for (auto const& sum : sums) total += sum.value();
        co_return total;
    }(llm, load, one));
}

}  // namespace

std::size_t run_beast(chat_load load, std::string const& port, std::string const& ca_pem) {
    return run_on_beast(load, port, ca_pem, [load](auto& stream, std::size_t& left, std::size_t& bytes) {
        return beast_caller(stream, load, left, bytes);
    });
}

std::size_t run_raw_streams(chat_load load, std::string const& port, std::string const& ca_pem) {
    return run_on_beast(load, port, ca_pem, [load](auto& stream, std::size_t& left, std::size_t& events) {
        return event_streamer(stream, load, left, events);
    });
}

std::size_t run_coax(chat_load load, std::string const& url, std::string const& ca_pem) {
    return run_on_coax(load, url, ca_pem, answer_bytes);
}

std::size_t run_coax_streams(chat_load load, std::string const& url, std::string const& ca_pem) {
    return run_on_coax(load, url, ca_pem, delta_count);
}

}  // namespace bench
