#pragma once

#include <coax/chat/message.hpp>
#include <coax/chat/tool.hpp>
#include <coax/core/boxed.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

struct advanced_options;
struct cache_control;
extern template class boxed<advanced_options>;
extern template class boxed<cache_control>;

/// Free text, any JSON object, or JSON that fits a schema.
enum class response_format_kind { text, json_object, json_schema };

/// The format the response must have.
struct response_format {
    response_format_kind kind{response_format_kind::text};
    std::string name{};  ///< Of the schema: 1 to 64 letters, digits, '_' or '-'. OpenAI needs one.
    std::string description{};
    std::string schema{};  ///< JSON Schema text in the service's dialect.
    bool strict{true};     ///< The service enforces the schema, where it can.

    [[nodiscard]] bool operator==(response_format const& other) const;
};

/// A label that the service stores with the response.
struct metadata_entry {
    std::string key{};
    std::string value{};

    [[nodiscard]] bool operator==(metadata_entry const& other) const;
};

/// One request to a model. Only what is set is sent; the service's own defaults hold for the rest.
struct chat_request {
    std::string model{};                              ///< Empty: the client's.
    std::vector<message> messages{};                  ///< At least one.
    std::optional<double> temperature{};              ///< OpenAI [0, 2], Anthropic and Azure AI [0, 1].
    std::optional<double> top_p{};                    ///< [0, 1].
    std::optional<int> top_k{};                       ///< Anthropic.
    std::optional<double> presence_penalty{};         ///< OpenAI, [-2, 2].
    std::optional<double> frequency_penalty{};        ///< OpenAI, [-2, 2].
    std::optional<std::int64_t> max_output_tokens{};  ///< Reasoning included. Anthropic needs one: 4,096 unless set.
    std::vector<std::string> stop{};                  ///< Texts that end the response; OpenAI takes four.
    std::optional<std::int64_t> seed{};               ///< OpenAI, best effort.
    std::string reasoning_effort{};                   ///< "none", "minimal", "low", "medium", "high"…; empty: not sent.
    std::vector<tool_definition> tools{};
    coax::tool_choice tool_choice{};
    std::optional<bool> parallel_tool_calls{};
    coax::response_format response_format{};
    std::vector<metadata_entry> metadata{};  ///< OpenAI; each key once.
    std::string user{};                      ///< Opaque id of the end user, hashed by you; empty: not sent.
    /// The service's prompt cache keeps the tools and the system messages at the beginning, which other requests
    /// share: they cost less to read there than to send again, and something to write. Services that have a cache and
    /// need no word cache on their own. What is neither so nor by `message::cache_breakpoint` marked is not written.
    bool cache_prefix{false};
    /// How the client's response cache treats it, where there is one: `.response_cache = cache_control{.refresh =
    /// true}`, with `<coax/chat/cache_control.hpp>`.
    boxed<cache_control> response_cache{};
    boxed<advanced_options> advanced{};  ///< `.advanced = advanced_options{.n = 3}`, or `advanced.edit().n = 3`.
    /// A JSON object merged into the body last: it wins. A null takes the member out (RFC 7396); within what the body
    /// does not have it is sent as null. Null: none.
    json_value extra{};

    [[nodiscard]] bool operator==(chat_request const& other) const;
};

/// Checks what no service accepts: numbers out of range, missing messages, bad tool names.
/// Errors: `errc::invalid_argument`; `where` is the field, such as "tools[0].name".
[[nodiscard]] result<void> validate(chat_request const& request);

/// What an operation of a client takes: a request, or a text that stands for one user message.
template <class T>
concept chat_input =
    std::same_as<T, chat_request> || std::convertible_to<T, std::string> || std::convertible_to<T, std::string_view>;

/// The request with this text as its one user message.
[[nodiscard]] chat_request to_request(std::string prompt);

/// A rough, service-independent estimate of a request's tokens, which rate limits reserve until the service tells the
/// real count: the prompt's (about four bytes each) plus the response's (`max_output_tokens`, else
/// `default_output_tokens`).
[[nodiscard]] std::int64_t estimate_tokens(chat_request const& request, std::int64_t default_output_tokens = 256);

}  // namespace coax
