#pragma once

#include <coax/chat/message.hpp>
#include <coax/chat/tool.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

enum class response_format_kind { text, json_object, json_schema };

/// The form the answer must have.
struct response_format {
    response_format_kind kind{response_format_kind::text};
    std::string name{};  ///< Of the schema: letters, digits, '_' and '-', at most 64. Needed by OpenAI.
    std::string description{};
    std::string schema{};  ///< JSON Schema text in the service's dialect.
    bool strict{true};     ///< The service forces the answer into the schema, where it can.
};

/// What a service keeps beside a call, to be found by later.
struct metadata_entry {
    std::string key{};
    std::string value{};
};

/// One question to a model. Only what is set is sent; the service's own defaults hold for the rest.
struct chat_request {
    std::string model{};                              ///< Empty: the client's.
    std::vector<message> messages{};                  ///< At least one.
    std::optional<double> temperature{};              ///< OpenAI [0, 2], Anthropic and Azure AI [0, 1].
    std::optional<double> top_p{};                    ///< [0, 1].
    std::optional<int> top_k{};                       ///< Anthropic.
    std::optional<double> presence_penalty{};         ///< OpenAI, [-2, 2].
    std::optional<double> frequency_penalty{};        ///< OpenAI, [-2, 2].
    std::optional<std::int64_t> max_output_tokens{};  ///< Reasoning included. Anthropic needs one: 4,096 unless set.
    std::vector<std::string> stop{};                  ///< Texts that end the answer; OpenAI takes four.
    std::optional<std::int64_t> seed{};               ///< OpenAI, best effort.
    std::string reasoning_effort{};                   ///< "none", "minimal", "low", "medium", "high"…; empty: not sent.
    std::vector<tool_definition> tools{};
    coax::tool_choice tool_choice{};
    std::optional<bool> parallel_tool_calls{};
    coax::response_format response_format{};
    std::vector<metadata_entry> metadata{};  ///< OpenAI; each key once.
    std::string user{};                      ///< Opaque id of the end user, hashed by you; empty: not sent.
    json_value extra{};                      ///< A JSON object merged into the body last: it wins. Null: none.
};

/// The first thing wrong with `request` (ranges that no service accepts, empty messages, bad tool names); none: it is
/// valid.
[[nodiscard]] std::optional<error> validate(chat_request const& request);

/// A rough, service-independent estimate of the tokens a request asks for: prompt (about four bytes each) plus the
/// wanted answer (`max_output_tokens`, else `default_output_tokens`). What rate limits reserve before the truth is
/// known.
[[nodiscard]] std::int64_t estimate_tokens(chat_request const& request, std::int64_t default_output_tokens = 256);

}  // namespace coax
