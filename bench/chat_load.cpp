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

#include <cstdlib>
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

std::size_t run_beast(chat_load load, std::string const& port, std::string const& ca_pem) {
    asio::io_context context{1};
    std::size_t left = load.calls;
    std::size_t bytes = 0;
    auto const fail = [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    };
    if (ca_pem.empty()) {
        std::vector<tcp::socket> sockets;
        for (std::size_t i = 0; i < load.callers; ++i) sockets.push_back(connected(context, port));
        for (auto& socket : sockets) asio::co_spawn(context, beast_caller(socket, load, left, bytes), fail);
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
    for (auto& stream : streams) asio::co_spawn(context, beast_caller(*stream, load, left, bytes), fail);
    context.run();
    return bytes;
}

std::size_t run_coax(chat_load load, std::string const& url, std::string const& ca_pem) {
    coax::runtime rt;
    coax::client_options options{
        .service = {.provider = {.base_url = url + "/v1"}, .api_key = "sk-bench", .model = "gpt-5.4"}};
    options.policies.max_concurrency = load.callers;
    options.http.ca_pem = ca_pem;
    coax::client llm{rt, std::move(options)};
    return rt.run([](coax::client& client, chat_load wanted) -> asio::awaitable<std::size_t> {
        std::vector<std::size_t> callers(wanted.callers);
        std::size_t left = wanted.calls;
        auto const caller = [&](std::size_t) -> asio::awaitable<std::size_t> {
            std::size_t bytes = 0;
            while (left != 0) {
                count_one(wanted, left);
                auto const answer = co_await client.chat(prompt());
                bytes += answer.text.size();
            }
            co_return bytes;
        };
        auto const sums = co_await coax::map(callers, {.concurrency = wanted.callers}, caller);
        std::size_t total = 0;
        for (auto const& sum : sums) total += sum.value();
        co_return total;
    }(llm, load));
}

}  // namespace bench
