// How do I use coax inside a service that already owns an io_context?
// Run: build/release/examples/beast_service [PORT]; then: curl -d "Never again." http://127.0.0.1:8080/. With "ask" as
// PORT it asks itself and ends. Without a key a simulated service answers. Prints: with "ask" the reply.
#include "local_server.hpp"
#include "sentiment.hpp"

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <chrono>
namespace asio = boost::asio;
namespace http = boost::beast::http;
constexpr auto token = asio::as_tuple(asio::deferred);

asio::awaitable<http::response<http::string_body>> judge(coax::client llm, http::request<http::string_body> request) {
    auto const verdict = co_await coax::as_result(llm.parse<sentiment>("Judge this post: " + request.body()));
    http::response<http::string_body> reply{verdict ? http::status::ok : http::status::bad_gateway, request.version()};
    reply.body() = verdict ? coax::json::write(*verdict) : to_string(verdict.error());
    reply.keep_alive(request.keep_alive());
    reply.prepare_payload();
    co_return reply;
}

asio::awaitable<void> serve_connection(coax::client llm, boost::beast::tcp_stream caller) {
    boost::beast::flat_buffer buffer;
    for (bool open = true; open;) {
        http::request<http::string_body> request;
        caller.expires_after(std::chrono::seconds{60});
        if (auto [failed, size] = co_await http::async_read(caller, buffer, request, token); failed) co_return;
        auto const reply = co_await judge(llm, std::move(request));
        auto [failed, size] = co_await http::async_write(caller, reply, token);
        open = !failed && reply.keep_alive();
    }
}

asio::awaitable<void> serve(coax::client llm, asio::ip::tcp::acceptor& acceptor) {
    for (;;) {
        auto caller = co_await acceptor.async_accept(asio::use_awaitable);
        boost::beast::tcp_stream stream{std::move(caller)};
        co_spawn(acceptor.get_executor(), serve_connection(llm, std::move(stream)), asio::detached);
    }
}

asio::awaitable<void> ask_itself(asio::io_context& context, std::string url) {
    coax::http_transport web{context.get_executor()};
    coax::http_request post{.to = coax::parse_base_url(url).value().to, .body = "I waited three hours. Never again."};
    auto const reply = co_await web.send(post, {});
    std::cout << (reply ? reply->body : to_string(reply.error())) << '\n';
    context.stop();
}

int main(int argc, char** argv) try {
    auto const port = argc > 1 ? std::atoi(argv[1]) : 8080;  // "ask": 0, any free one
    local_server const service;
    asio::io_context context{1};
    coax::client const llm{context.get_executor(), service.options()};
    asio::ip::tcp::acceptor acceptor{context, {asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(port)}};
    auto const url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    co_spawn(context, serve(llm, acceptor), asio::detached);
    if (port == 0) co_spawn(context, ask_itself(context, url), asio::detached);
    context.run();
} catch (std::exception const& failure) {
    return std::cerr << failure.what() << '\n', 1;
}
