#pragma once

#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim {

/// Which chats a rule answers: those for which all that is given holds.
struct answer_conditions {
    /// In the user's last message, whatever the case of its ASCII letters.
    std::optional<std::string> prompt{};
    /// An expression of ECMA-262 that is found in the user's last message.
    std::optional<std::string> prompt_regex{};
    /// The model or deployment; with `*` at its end, the beginning of its name.
    std::optional<std::string> model{};
    /// A property at the root of the schema that the output has to follow, or the schema's title.
    std::optional<std::string> schema{};
    /// A tool of this name may be called.
    std::optional<std::string> tool{};
    /// In one of the results of tools since the user's last message.
    std::optional<std::string> tool_result{};
};

/// A tool that the answer calls.
struct answer_call {
    std::string name{};
    json_value arguments{};  ///< An object.
};

/// What is said. One of `text`, `json`, `tool_calls`, `refusal` and `status` is given.
struct answer_content {
    /// `{prompt}` in it stands for the user's last message, `{tool_results}` for the results of tools since then.
    std::optional<std::string> text{};
    std::optional<json_value> json{};
    std::vector<answer_call> tool_calls{};
    /// The model declines, in these words.
    std::optional<std::string> refusal{};
    /// An error, in the form that the service gives it. Range: [400, 599].
    std::optional<int> status{};
    /// The error's words; empty: the service's own.
    std::string message{};
    /// Sent with the answer or the error. Names and values without line breaks.
    std::map<std::string, std::string> headers{};
    /// Wait before the first byte, in place of the options' latency. Range: [0, 3600000].
    std::optional<std::int64_t> delay_ms{};
};

/// A rule by which the simulated model answers.
struct answer_rule {
    answer_conditions when{};
    answer_content then{};
    /// How often it may answer; 0: no limit.
    std::uint64_t times{0};
};

/// Reads rules, a JSON object a line: `{"when":{"prompt":"weather"},"then":{"text":"It rains."}}`. Empty lines and
/// lines that begin with `#` are passed over.
/// @param name  Of the file, for errors.
/// Errors: `errc::invalid_argument`, `where` being "NAME:LINE".
[[nodiscard]] result<std::vector<answer_rule>> parse_answer_rules(std::string_view text, std::string_view name);

/// Errors: `errc::invalid_argument` naming the member.
[[nodiscard]] result<void> validate(answer_rule const& rule);

}  // namespace coax::sim
