#pragma once

#include <coax/bind/write.hpp>
#include <coax/client/client.hpp>
#include <coax/http/memory_transport.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::test {

/// Text as a JSON string, quotes included.
inline std::string json_text(std::string_view text) { return json::write(std::string{text}); }

/// A whole OpenAI chat answer with 10 tokens in and 5 out.
inline http_response openai_text(std::string_view text, std::string_view finish_reason = "stop") {
    std::string body{
        R"({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":)"
        R"({"role":"assistant","content":)"};
    body.append(json_text(text)).append(R"(,"refusal":null},"finish_reason":)").append(json_text(finish_reason));
    body.append(R"(}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})");
    return {.status = 200, .headers = {{"x-request-id", "req_1"}}, .body = std::move(body)};
}

inline http_response openai_refusal(std::string_view words) {
    std::string body{
        R"({"id":"chatcmpl-1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":)"};
    body.append(json_text(words))
        .append(R"(},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5}})");
    return {.status = 200, .body = std::move(body)};
}

/// An answer that asks for tools, each given as name and arguments; ids are call_0, call_1, ...
inline http_response openai_calls(std::vector<std::pair<std::string, std::string>> const& calls) {
    std::string body{
        R"({"id":"chatcmpl-1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[)"};
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (i != 0) body.push_back(',');
        body.append(R"({"id":"call_)").append(std::to_string(i)).append(R"(","type":"function","function":{"name":)");
        body.append(json_text(calls[i].first))
            .append(R"(,"arguments":)")
            .append(json_text(calls[i].second))
            .append("}}");
    }
    body.append(R"(]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":5}})");
    return {.status = 200, .body = std::move(body)};
}

inline http_response openai_error(int status, std::string_view code, header_list headers = {}) {
    std::string body{R"({"error":{"message":"told by the service","type":"t","param":null,"code":)"};
    body.append(json_text(code)).append("}}");
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

/// The events of a streamed answer: a chunk for each piece, a finish, the usage and the end mark.
inline http_response openai_stream(std::vector<std::string> const& pieces) {
    std::string body;
    for (auto const& piece : pieces)
        body.append(
                R"(data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":)")
            .append(json_text(piece))
            .append("},\"finish_reason\":null}]}\n\n");
    body.append(
        R"(data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
        "\n\n");
    body.append(
        R"(data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}})"
        "\n\n");
    body.append("data: [DONE]\n\n");
    return {.status = 200, .headers = {{"content-type", "text/event-stream"}}, .body = std::move(body)};
}

/// Plays answers in order behind a memory_transport and keeps what it was asked. The last answer repeats.
class fake_service {
public:
    using answer = memory_transport::timed_response;

    fake_service& then(result<answer> next) {
        script_->answers.push_back(std::move(next));
        return *this;
    }
    fake_service& then(http_response next) { return then(answer{.response = std::move(next)}); }

    [[nodiscard]] std::vector<http_request> const& requests() const { return script_->requests; }
    [[nodiscard]] std::size_t count() const { return script_->requests.size(); }

    /// Options of an OpenAI client that talks to this service.
    [[nodiscard]] client_options options() const {
        client_options options{.service = {.api_key = "sk-test", .model = "m"}};
        options.service.transport = std::make_shared<memory_transport>([script = script_](http_request const& request) {
            script->requests.push_back(request);
            if (script->answers.empty())
                return result<answer>{error{.code = errc::connect_failed, .message = "no script"}};
            auto next = script->answers.front();
            if (script->answers.size() > 1) script->answers.pop_front();
            return next;
        });
        return options;
    }

private:
    struct script {
        std::deque<result<answer>> answers{};
        std::vector<http_request> requests{};
    };
    std::shared_ptr<script> script_{std::make_shared<script>()};
};

/// A client on the executor of the coroutine that asks.
inline asio::awaitable<client> connect(client_options options) {
    co_return client{co_await asio::this_coro::executor, std::move(options)};
}

}  // namespace coax::test
