#pragma once

#include <coax/sim/server.hpp>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

/// The answer to every request: an OpenAI chat completion of 1 KB.
inline std::string const& answer_body() {
    static std::string const text = [] {
        std::string content;
        while (content.size() < 600) content += "The quick brown fox jumps over the lazy dog. ";
        return R"({"id":"chatcmpl-A1B2C3D4E5F6G7H8I9J0K1L2M3N4O","object":"chat.completion","created":1760000000,"model":"gpt-5.4",)"
               R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
               content +
               R"(","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":241,)"
               R"("completion_tokens":129,"total_tokens":370,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},)"
               R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},"service_tier":"default"})";
    }();
    return text;
}

/// The prompt of every call: with it a request's body is 1 KB.
inline std::string const& prompt() {
    static std::string const text(900, 'x');
    return text;
}

/// A server in a process of its own, so that what is measured here is the client alone. Dies with its parent.
class answer_server {
public:
    /// Call before any thread is started.
    explicit answer_server(bool tls) {
        int ends[2];
        if (pipe(ends) != 0) std::abort();
        child_ = fork();
        if (child_ == 0) serve(tls, ends[1]);
        close(ends[1]);
        std::string told;
        char buffer[4096];
        for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
            told.append(buffer, static_cast<std::size_t>(n));
        close(ends[0]);
        auto const end_of_url = told.find('\n');
        url_ = told.substr(0, end_of_url);
        ca_pem_ = told.substr(end_of_url + 1);
    }
    answer_server(answer_server const&) = delete;
    answer_server& operator=(answer_server const&) = delete;
    ~answer_server() {
        kill(child_, SIGKILL);
        waitpid(child_, nullptr, 0);
    }

    [[nodiscard]] std::string const& url() const noexcept { return url_; }
    [[nodiscard]] std::string port() const { return url_.substr(url_.rfind(':') + 1); }
    [[nodiscard]] std::string const& ca_pem() const noexcept { return ca_pem_; }

private:
    [[noreturn]] static void serve(bool tls, int told) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        coax::sim::options options{.tls = tls};
        options.handler = [](coax::sim::recorded_request const&) {
            coax::sim::scripted_response answer;
            answer.body = answer_body();
            return std::optional{answer};
        };
        coax::sim::server const server{std::move(options)};
        auto const text = server.url() + "\n" + server.ca_pem();
        if (write(told, text.data(), text.size()) < 0) std::abort();
        close(told);
        for (;;) pause();
    }

    pid_t child_{};
    std::string url_;
    std::string ca_pem_;
};

}  // namespace bench
