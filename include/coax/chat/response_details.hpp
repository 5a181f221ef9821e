#pragma once

#include <coax/chat/fit_report.hpp>
#include <coax/chat/message.hpp>
#include <coax/chat/response.hpp>
#include <coax/chat/tool.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace coax {

/// How likely the model found a token.
struct token_probability {
    std::string token{};  ///< As the service shows it: not always whole characters.
    std::string bytes{};  ///< What it stands for; empty: not told.
    double logprob{0};    ///< The natural logarithm of the probability; -9999: next to none.

    [[nodiscard]] bool operator==(token_probability const& other) const;
};

/// A token of the response, and what could have stood in its place.
struct token_logprob : token_probability {
    std::vector<token_probability> top{};  ///< The likeliest, as many as `advanced_options::top_logprobs` asked for.

    [[nodiscard]] bool operator==(token_logprob const& other) const;
};

/// Where a passage of the response comes from.
struct citation {
    std::string kind{};   ///< In the service's word: "char_location", "page_location", "url_citation"…
    std::string text{};   ///< What is quoted; empty: not told.
    std::string title{};  ///< Of the document or page.
    std::string url{};
    std::string file_id{};
    std::int64_t document{-1};  ///< Which of the request's documents, from 0; -1: none of them.
    std::int64_t begin{0};  ///< Where in the document, up to `end`, in what `kind` counts: characters, pages from 1…
    std::int64_t end{0};
    std::size_t text_begin{0};  ///< The bytes of `chat_response::text` that it supports, up to `text_end`.
    std::size_t text_end{0};

    [[nodiscard]] bool operator==(citation const& other) const;
};

/// One of several responses to one prompt.
struct chat_choice {
    std::string text{};
    std::vector<tool_call> tool_calls{};
    coax::finish_reason finish_reason{coax::finish_reason::unknown};
    std::string refusal{};
    std::string reasoning{};
    std::vector<token_logprob> logprobs{};

    [[nodiscard]] bool operator==(chat_choice const& other) const;
};

/// What only some responses hold.
struct response_details {
    std::vector<chat_choice> choices{};     ///< Those after the first, which is the response itself.
    std::vector<token_logprob> logprobs{};  ///< Of the response's text, where `advanced_options::logprobs` asked.
    std::vector<citation> citations{};
    fit_report fitted{};  ///< What `token_options::fit` left out of the prompt.
    /// Of a `client::run`: all messages up to the response itself, with the tools' results.
    std::vector<message> history{};
    std::string route{};  ///< Which route of a `router` answered; empty: it came from a client of one service.
    std::string raw{};    ///< The body as it came, where `advanced_options::keep_raw` asked.

    [[nodiscard]] bool operator==(response_details const& other) const;
};

}  // namespace coax
