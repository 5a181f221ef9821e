#include "sim/decision.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace coax::sim::detail {
namespace {

/// Probabilities of a question's options; of a predicate: yes, no.
struct chosen_answer {
    bool refused{false};
    std::vector<double> shares{};

    [[nodiscard]] std::size_t likeliest() const {
        return static_cast<std::size_t>(std::ranges::max_element(shares) - shares.begin());
    }
    [[nodiscard]] double expected() const {
        double sum = 0;
        for (std::size_t i = 0; i < shares.size(); ++i) sum += static_cast<double>(i) * shares[i];
        return sum;
    }
};

std::size_t option_count(asked_question const& question) {
    return question.kind == question_kind::predicate ? 2 : question.options.size();
}

/// Makes weights a distribution of four decimals whose sum is 1.
chosen_answer shared_by(std::vector<double> const& weights) {
    auto const sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<long> parts;
    parts.reserve(weights.size());
    for (auto const weight : weights) parts.push_back(std::lround(weight / sum * 1e4));
    *std::ranges::max_element(parts) += 10'000 - std::accumulate(parts.begin(), parts.end(), 0L);
    chosen_answer answer;
    for (auto const part : parts) answer.shares.push_back(static_cast<double>(part) / 1e4);
    return answer;
}

/// How much a label fits the text.
double fit_of(prompt_words const& text, std::string_view label) {
    auto const lower = lower_ascii(label);
    if (lower == "positive" && text.sentiment() > 0) return 8;
    if (lower == "negative" && text.sentiment() < 0) return 8;
    if (lower == "neutral" && text.sentiment() == 0) return 2;
    return text.mentions(label) ? 8 : 0;
}

chosen_answer made_up(asked_question const& question, prompt_words const& text, std::uint64_t seed) {
    std::vector<double> weights;
    weights.reserve(option_count(question));
    for (std::size_t i = 0; i < option_count(question); ++i)
        weights.push_back(0.02 + std::pow(unit_of(mix(seed, i)), 3));
    for (std::size_t i = 0; i < question.options.size(); ++i) weights[i] += fit_of(text, question.options[i].label);
    prompt_words const asked{question.instructions};
    if (question.kind == question_kind::predicate)
        for (auto const word : asked.words())
            if (word.size() > 4 && text.mentions(word)) weights[0] += 2;
    return shared_by(weights);
}

/// Nine parts of ten for one option.
chosen_answer mostly(std::size_t option, std::size_t count) {
    std::vector<double> weights(count, count > 1 ? 0.1 / static_cast<double>(count - 1) : 0.1);
    weights[option] = 0.9;
    return shared_by(weights);
}

/// What a rule says of a question; none: nothing that could be its answer.
std::optional<chosen_answer> told(asked_question const& question, json::value const& value) {
    auto const count = option_count(question);
    if (value.is_null()) return chosen_answer{.refused = true, .shares = {}};
    if (value.is_bool() && question.kind == question_kind::predicate) return mostly(value.get_bool() ? 0 : 1, count);
    if (value.is_double() && question.kind == question_kind::predicate)
        return shared_by({value.get_double(), 1 - value.get_double()});
    for (std::size_t i = 0; i < question.options.size(); ++i) {
        auto const& option = question.options[i];
        if (value.is_string() && (view(value.get_string()) == option.label ||
                                  option.description.starts_with(std::string{view(value.get_string())})))
            return mostly(i, count);
        if (value.is_int64() && value.get_int64() == static_cast<std::int64_t>(i)) return mostly(i, count);
    }
    return std::nullopt;
}

chosen_answer choose(asked_question const& question, prompt_words const& text, json::value const& rule,
                     std::uint64_t seed) {
    if (auto const* const value = member(rule, question.name))
        if (auto answer = told(question, *value)) return *std::move(answer);
    return made_up(question, text, hash_bytes(question.name + question.instructions, seed));
}

// ---- how the answers are written -----------------------------------------------------------------------------------

std::string label_of(decision_form form, asked_question const& question, std::size_t option) {
    return form == decision_form::openai || question.kind == question_kind::choice ? question.options[option].label
                                                                                   : std::to_string(option);
}

void write_named(writer& out, decision_form form, asked_question const& question, chosen_answer const& answer) {
    bool const is_gemini = form == decision_form::gemini;
    out.begin_object();
    if (question.kind == question_kind::predicate) {
        out.member("type", "noul").member("noul", answer.shares[0]);
        if (is_gemini) out.member("confidence", answer.shares[answer.likeliest()]);
        out.end_object();
        return;
    }
    auto const best = answer.likeliest();
    bool const is_choice = question.kind == question_kind::choice;
    out.member("type", is_choice ? "choice" : "score");
    if (is_choice)
        out.member("choice", question.options[best].label);
    else
        out.member("score", answer.expected());
    out.member("confidence", answer.shares[best]);
    if (!is_choice) {
        out.key("legend").begin_object();
        for (auto const& level : question.options) out.member(level.label, level.description);
        out.end_object();
    }
    out.key("probabilities").begin_object();
    for (std::size_t i = 0; i < answer.shares.size(); ++i) out.member(label_of(form, question, i), answer.shares[i]);
    out.end_object().end_object();
}

void write_listed(writer& out, asked_question const& question, chosen_answer const& answer) {
    auto const begin = [&](std::string_view type) {
        out.begin_object().member("type", type).key("name");
        question.name.empty() ? out.null() : out.value(question.name);
    };
    if (answer.refused) {
        begin("refusal");
        out.end_object();
        return;
    }
    if (question.kind == question_kind::predicate) {
        begin("predicate");
        out.member("probability", answer.shares[0]).end_object();
        return;
    }
    auto const best = answer.likeliest();
    bool const is_choice = question.kind == question_kind::choice;
    begin(is_choice ? "choice" : "score");
    if (is_choice)
        out.member("choice", question.options[best].label);
    else
        out.member("score", answer.expected());
    out.member("confidence", answer.shares[best]).key("probabilities").begin_array();
    for (std::size_t i = 0; i < answer.shares.size(); ++i) {
        out.begin_object();
        if (is_choice)
            out.member("value", question.options[i].label);
        else
            out.member("label", question.options[i].label).member("value", i);
        out.member("probability", answer.shares[i]).end_object();
    }
    out.end_array().end_object();
}

void write_decision_usage(writer& out, decision_form form, std::size_t tokens) {
    bool const is_gemini = form == decision_form::gemini;
    out.key("usage").begin_object().member(is_gemini ? "total_input_tokens" : "input_tokens", tokens);
    out.member(is_gemini ? "total_output_tokens" : "output_tokens", 1);
    if (form == decision_form::openai) {
        out.key("input_tokens_details").begin_object().member("cached_tokens", 0).member("cache_write_tokens", 0);
        out.end_object().key("output_tokens_details").begin_object().member("reasoning_tokens", 0).end_object();
    }
    if (form != decision_form::system_one) out.member("total_tokens", tokens + 1);
    out.end_object();
}

/// Makes the last answer one that cannot be: of a label that nobody offered, or more than certain.
void spoil(asked_question& question, chosen_answer& answer, std::uint64_t seed) {
    if (question.kind == question_kind::choice && seed % 2 == 0)
        question.options[answer.likeliest()].label += "?";
    else if (!answer.shares.empty())
        answer.shares[0] = 1.5;
}

}  // namespace

void write_decisions(response& out, decision_request const& request, answer_rule const* rule, fault const* injected,
                     std::uint64_t seed) {
    auto const is_injected = [injected](fault_kind kind) { return injected != nullptr && injected->kind == kind; };
    bool const refuses = is_injected(fault_kind::refusal) || (rule != nullptr && rule->then.refusal);
    bool const blocks = is_injected(fault_kind::content_filter) || refuses;
    writer body{out.body};
    body.begin_object();
    if (request.form == decision_form::gemini && blocks) {
        body.key("prompt_feedback").begin_object().member("block_reason", "SAFETY").end_object();
        write_decision_usage(body, request.form, request.tokens);
        body.end_object();
        return;
    }
    auto const said = rule != nullptr && rule->then.json ? json::parse(rule->then.json->text()) : json::value{};
    prompt_words const text{request.text};
    auto const base = hash_bytes(request.text, seed);
    bool const is_list = request.form == decision_form::openai;
    if (request.form != decision_form::gemini) body.member("model", request.model);
    body.key("answers");
    is_list ? body.begin_array() : body.begin_object();
    for (auto question : request.questions) {
        auto answer = choose(question, text, said, base);
        answer.refused |= refuses;
        bool const is_last = question.name == request.questions.back().name;
        if (is_last && is_injected(fault_kind::schema_violation)) spoil(question, answer, base);
        if (is_list) {
            write_listed(body, question, answer);
        } else {
            if (answer.refused) answer = made_up(question, text, base);  // this wire has no refusals
            body.key(question.name);
            write_named(body, request.form, question, answer);
        }
    }
    is_list ? body.end_array() : body.end_object();
    write_decision_usage(body, request.form, request.tokens);
    body.end_object();
}

}  // namespace coax::sim::detail
