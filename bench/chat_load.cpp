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

#include <array>
#include <cstdlib>
#include <memory>
#include <numeric>
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

/// Takes a body of any length through a buffer and drops it.
template <class Stream>
asio::awaitable<std::size_t> drop_body(Stream& stream, boost::beast::flat_buffer& buffer) {
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    std::array<char, 16'384> piece{};
    std::size_t bytes = 0;
    while (!parser.is_done()) {
        parser.get().body().data = piece.data();
        parser.get().body().size = piece.size();
        auto const [failed, received] =
            co_await http::async_read_some(stream, buffer, parser, asio::as_tuple(asio::deferred));
        if (failed && failed != http::error::need_buffer) std::abort();
        bytes += piece.size() - parser.get().body().size;
    }
    co_return bytes;
}

template <class Stream>
asio::awaitable<void> beast_streamer(Stream& stream, chat_load load, std::size_t& left, std::size_t& bytes) {
    auto const request = canned_request();
    boost::beast::flat_buffer buffer;
    while (left != 0) {
        count_one(load, left);
        auto const [failed, written] = co_await http::async_write(stream, request, asio::as_tuple(asio::deferred));
        if (failed) std::abort();
        bytes += co_await drop_body(stream, buffer);
    }
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

std::size_t run_beast_streams(chat_load load, std::string const& port, std::string const& ca_pem) {
    return run_on_beast(load, port, ca_pem, [load](auto& stream, std::size_t& left, std::size_t& bytes) {
        return beast_streamer(stream, load, left, bytes);
    });
}

std::size_t run_coax(chat_load load, std::string const& url, std::string const& ca_pem) {
    return run_on_coax(load, url, ca_pem, answer_bytes);
}

std::size_t run_coax_streams(chat_load load, std::string const& url, std::string const& ca_pem) {
    return run_on_coax(load, url, ca_pem, delta_count);
}

}  // namespace bench
