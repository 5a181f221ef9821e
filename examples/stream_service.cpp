// How do I pass a model's words on to whoever asks my own HTTP server, as they come?
// Run: build/release/examples/stream_service, which asks itself once and ends. Without a key a simulated service
// answers. Prints: in how many chunks the response came over HTTP, and that it is whole.
#include "local_server.hpp"

#include <boost/asio.hpp>
#include <boost/beast.hpp>

namespace asio = boost::asio;
namespace http = boost::beast::http;

/// One caller's response, a chunk for each piece of text. A caller that goes away ends the stream: nobody reads on.
asio::awaitable<void> answer(coax::client llm, asio::ip::tcp::socket caller) {
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(caller, buffer, request, asio::use_awaitable);
    auto words = co_await llm.stream(request.body());

    http::response<http::empty_body> head{http::status::ok, request.version()};
    head.set(http::field::content_type, "text/plain; charset=utf-8");
    head.chunked(true);
    http::response_serializer<http::empty_body> serializer{head};
    co_await http::async_write_header(caller, serializer, asio::use_awaitable);
    while (auto const delta = co_await words.next())
        if (!delta->text.empty())
            co_await asio::async_write(caller, http::make_chunk(asio::buffer(delta->text)), asio::use_awaitable);
    co_await asio::async_write(caller, http::make_chunk_last(), asio::use_awaitable);
}

asio::awaitable<void> ask_itself(asio::ip::tcp::endpoint where) {
    boost::beast::tcp_stream server{co_await asio::this_coro::executor};
    co_await server.async_connect(where, asio::use_awaitable);
    http::request<http::string_body> post{http::verb::post, "/", 11, "Tell me a story."};
    post.prepare_payload();
    co_await http::async_write(server, post, asio::use_awaitable);
    int chunks = 0;
    std::string text;
    boost::beast::flat_buffer buffer;
    http::response_parser<http::empty_body> reply;
    auto on_chunk = [&](std::uint64_t, std::string_view body, boost::system::error_code&) {
        ++chunks, text += body;
        return body.size();
    };
    reply.on_chunk_body(on_chunk);
    co_await http::async_read(server, buffer, reply, asio::use_awaitable);
    std::cout << text << "\n(" << chunks << " chunks, " << text.size() << " bytes)\n";
}

int main() try {
    local_server const service;
    asio::io_context context{1};
    coax::client const llm{context.get_executor(), service.options()};
    asio::ip::tcp::acceptor acceptor{context, {asio::ip::make_address("127.0.0.1"), 0}};
    acceptor.async_accept(
        [&](auto, auto caller) { co_spawn(context, answer(llm, std::move(caller)), asio::detached); });
    co_spawn(context, ask_itself(acceptor.local_endpoint()), asio::detached);
    context.run();
} catch (std::exception const& failure) {
    return std::cerr << failure.what() << '\n', 1;
}
