#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// What kind of answer a question has.
enum class decision_kind {
    predicate,  ///< Yes or no: "true" or "false".
    choice,     ///< One of several labels.
    score       ///< One of several levels, which have an order.
};

/// A label of a choice, or a level of a score.
struct decision_option {
    std::string label{};
    std::string description{};  ///< For the model; empty: the label says it.

    [[nodiscard]] bool operator==(decision_option const& other) const;
};

/// One typed question about an input.
struct decision_question {
    std::string name{};  ///< Unique in its request.
    decision_kind kind{decision_kind::predicate};
    std::string instructions{};  ///< What is asked. Empty: the name is.
    std::vector<decision_option>
        options{};  ///< Of a choice; of a score the levels, lowest first. A predicate has none.
    /// The answer may be missing. Where the answer is measured a service always gives one, and its probability says
    /// what it is worth; else the model may leave it out.
    bool may_abstain{false};

    [[nodiscard]] bool operator==(decision_question const& other) const;
};

/// How questions are asked.
enum class decision_form {
    /// Measured where the service and the model are known to do so, else by structured output. On servers that may
    /// have the endpoint or not ("compatible", "llama.cpp", "openrouter") by structured output.
    automatic,
    measured,          ///< By the service's own endpoint, which tells probabilities.
    structured_output  ///< By a chat whose response has a schema: no probabilities.
};

/// Questions about one input, asked in one request.
struct decision_request {
    /// What is asked about: its messages. By the service's own endpoint only its messages, model, `extra` and
    /// `advanced.headers` can be said; any other member that is set is refused. One message of the user that is plain
    /// text goes out as that text.
    chat_request input{};
    std::vector<decision_question> questions{};
    decision_form form{decision_form::automatic};
};

/// The questions that the properties of a JSON Schema ask: `boolean` is a predicate, `enum` of texts a choice,
/// `integer` with `minimum` and `maximum` and at most 10 values a score, `object` is questions named "a.b"; also with
/// `null` as a second type, which is one that may be left out. The `description` is what is asked. Errors:
/// `errc::invalid_argument`; `where` is the JSON pointer of what cannot be decided.
[[nodiscard]] result<std::vector<decision_question>> read_decision_questions(std::string_view schema);

/// How likely one label is.
struct label_probability {
    std::string label{};
    double probability{0};  ///< [0, 1].

    [[nodiscard]] bool operator==(label_probability const& other) const;
};

/// The answer to one question.
struct decision_answer {
    std::string name{};
    decision_kind kind{decision_kind::predicate};
    bool refused{false};  ///< The model declined to answer this question.
    /// "true" or "false", a label, a level. Of a score the likeliest level. Empty: it was refused, or left out.
    std::string label{};
    std::optional<double> probability{};            ///< Of the label, [0, 1]. Nothing: not measured, or not told.
    std::optional<double> confidence{};             ///< As the service defines it. Nothing: not told.
    std::optional<double> score{};                  ///< Of a score: the level to be expected, from 0 on, a fraction.
    std::vector<label_probability> distribution{};  ///< All labels in the order of the question; empty: not told.

    [[nodiscard]] bool operator==(decision_answer const& other) const;
};

/// The answers of one request.
struct decision_response {
    std::vector<decision_answer> answers{};  ///< As many as questions, in their order.
    bool measured{false};                    ///< The service told probabilities; false: by structured output.
    /// As billed: on the wires where the answers of this endpoint cost nothing there are no output tokens.
    coax::usage usage{};
    std::string model{};       ///< As the service named it; pin this one rather than a name like "-latest".
    std::string request_id{};  ///< To quote to the service's support.
    int attempts{0};
    std::chrono::milliseconds latency{0};

    /// Null: no question has this name.
    [[nodiscard]] decision_answer const* find(std::string_view name) const noexcept;
};

/// The form of a service's endpoint.
enum class decision_wire {
    none,
    system_one,  ///< TypeSafe's, `POST /v1/systemone`, which Perplexity, vLLM, Ollama and others serve too.
    openai,      ///< `POST /v1/decisions`.
    gemini       ///< `POST /{version}/decisions`.
};

/// What one request may hold; 0: no limit is documented.
struct decision_limits {
    std::size_t questions{0};
    std::size_t least_options{2};  ///< Of a choice.
    std::size_t options{0};        ///< Of a choice.
    std::size_t levels{0};         ///< Of a score; at least 2.
    std::size_t body_bytes{0};
};

/// How a service answers typed questions.
struct decision_support {
    decision_wire wire{decision_wire::none};
    bool standard{false};  ///< `decision_form::automatic` asks the endpoint.
    decision_limits limits{};
};

/// Checks what no service accepts: no questions, names or labels that are empty or come twice, fewer than two levels.
/// Errors: `errc::invalid_argument`; `where` is the name of the question, or the field.
[[nodiscard]] result<void> validate(decision_request const& request);

}  // namespace coax
