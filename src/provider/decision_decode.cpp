#include "provider/decision_wire.hpp"
#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax::detail {

struct decision_usage_details {
    std::int64_t cached_tokens{0};
    std::int64_t cache_write_tokens{0};
};

/// In the words of System One and OpenAI, of chat completions, which some servers use here too, and of Gemini.
struct decision_usage {
    std::int64_t input_tokens{0};
    std::int64_t prompt_tokens{0};
    std::int64_t total_input_tokens{0};
    std::int64_t output_tokens{0};
    std::int64_t completion_tokens{0};
    std::int64_t total_output_tokens{0};
    std::int64_t total_cached_tokens{0};
    decision_usage_details input_tokens_details{};
};

struct blocked_prompt {
    std::string block_reason{};
    std::string block_reason_message{};
};

struct decision_body {
    std::string model{};
    json_value answers{};
    decision_usage usage{};
    blocked_prompt prompt_feedback{};
    json_value error{};
};

/// An answer of any kind on any wire.
struct decision_wire_answer {
    std::string type{};
    std::string name{};
    std::optional<double> noul{};
    std::optional<double> probability{};
    json_value choice{};
    std::optional<double> score{};
    std::optional<double> confidence{};
    json_value probabilities{};
};

/// An entry of OpenAI's list of probabilities.
struct listed_probability {
    json_value value{};
    std::string label{};
    std::optional<double> probability{};
};

namespace {

usage decision_usage_of(decision_usage const& wire, decision_wire form) {
    auto const told = [](std::int64_t a, std::int64_t b, std::int64_t c) {
        return std::max({a, b, c, std::int64_t{0}});
    };
    usage spent{.input_tokens = told(wire.input_tokens, wire.prompt_tokens, wire.total_input_tokens),
                .cached_input_tokens = told(wire.input_tokens_details.cached_tokens, wire.total_cached_tokens, 0),
                .cache_write_tokens = std::max<std::int64_t>(wire.input_tokens_details.cache_write_tokens, 0)};
    // On the other wires answers are free. Source: reference decisions.md, introduction.
    if (form == decision_wire::gemini)
        spent.output_tokens = told(wire.output_tokens, wire.completion_tokens, wire.total_output_tokens);
    return spent;
}

/// Services add up and round.
constexpr double rounding = 1e-6;

bool is_probability(double value) { return std::isfinite(value) && value >= -rounding && value <= 1 + rounding; }
double clamped(double value) { return std::clamp(value, 0.0, 1.0); }

/// Reads one answer.
class answer_reader {
public:
    answer_reader(decision_question const& question, decision_wire_answer wire)
        : question_{question}, wire_{std::move(wire)} {
        out_.name = question.name;
        out_.kind = question.kind;
    }

    /// @returns What is wrong with it; empty: nothing.
    std::string read() {
        if (wire_.type == "refusal") {
            out_.refused = true;
            return {};
        }
        if (auto const expected = types(); std::ranges::find(expected, wire_.type) == expected.end())
            return "is of the kind \"" + wire_.type + '"';
        if (wire_.confidence && !is_probability(*wire_.confidence)) return "has a confidence that is no probability";
        if (wire_.confidence) out_.confidence = clamped(*wire_.confidence);
        if (question_.kind == decision_kind::predicate) return read_predicate();
        if (auto wrong = read_distribution(); !wrong.empty()) return wrong;
        return question_.kind == decision_kind::choice ? read_choice() : read_score();
    }

    decision_answer take() && { return std::move(out_); }

private:
    [[nodiscard]] std::vector<std::string_view> types() const {
        switch (question_.kind) {
            case decision_kind::predicate: return {"noul", "predicate"};
            case decision_kind::choice: return {"choice"};
            case decision_kind::score: break;
        }
        return {"score"};
    }

    std::string read_predicate() {
        auto const told = wire_.noul ? wire_.noul : wire_.probability;
        if (!told) return "has no probability";
        if (!is_probability(*told)) return "has a probability that is none";
        auto const yes = clamped(*told);
        out_.distribution = {{"true", yes}, {"false", 1 - yes}};
        take_label(yes >= 0.5 ? "true" : "false");
        return {};
    }

    /// Labels by their names, levels by their numbers or, on OpenAI's wire, by their labels.
    std::string read_distribution() {
        if (wire_.probabilities.is_null()) return {};
        for (auto const& option : question_.options) out_.distribution.push_back({option.label, 0});
        if (wire_.probabilities.is_array()) return read_list();
        for (auto const& [name, value] : read_members(wire_.probabilities)) {
            auto const probability = json::read<double>(value.text(), tolerant_options);
            if (auto wrong = add(place_of(name, true), name, probability ? *probability : -1); !wrong.empty())
                return wrong;
        }
        return {};
    }

    std::string read_list() {
        auto const list = json::read<std::vector<json_value>>(wire_.probabilities);
        for (auto const& each : *list) {
            listed_probability entry;
            if (!read_tolerantly(entry, each.text())) return "has a probability that is none";
            bool const is_level = question_.kind == decision_kind::score;
            auto const name = is_level ? entry.label : text_of(entry.value);
            auto const place = place_of(name, false);
            if (is_level && place == 0)
                if (auto const value = json::read<double>(entry.value.text(), tolerant_options)) first_level_ = *value;
            if (auto wrong = add(place, name, entry.probability.value_or(-1)); !wrong.empty()) return wrong;
        }
        return {};
    }

    std::string add(std::size_t place, std::string const& name, double probability) {
        if (place >= out_.distribution.size()) return "has a probability of \"" + name + "\", which was not offered";
        if (!is_probability(probability)) return "has a probability that is none";
        out_.distribution[place].probability = clamped(probability);
        return {};
    }

    /// Where an option is; past the end: nowhere. @param numbered  Levels are named by their numbers.
    [[nodiscard]] std::size_t place_of(std::string_view name, bool numbered) const {
        auto const& options = question_.options;
        if (numbered && question_.kind == decision_kind::score) {
            for (std::size_t i = 0; i < options.size(); ++i)
                if (name == std::to_string(i)) return i;
            return options.size();
        }
        return static_cast<std::size_t>(std::ranges::find(options, name, &decision_option::label) - options.begin());
    }

    std::string read_choice() {
        auto const label = text_of(wire_.choice);
        if (label.empty()) return "chooses nothing";
        if (place_of(label, false) == question_.options.size()) return "is \"" + label + "\", which was not offered";
        take_label(label);
        return {};
    }

    std::string read_score() {
        auto const last = static_cast<double>(question_.options.size() - 1);
        if (wire_.score) {
            auto const level = *wire_.score - first_level_;
            if (!(level >= -rounding && level <= last + rounding)) return "has a score beyond its levels";
            out_.score = std::clamp(level, 0.0, last);
        }
        auto const& all = out_.distribution;
        auto const likeliest = std::ranges::max_element(all, {}, &label_probability::probability);
        if (likeliest != all.end() && likeliest->probability > 0) {
            take_label(likeliest->label);
        } else if (out_.score) {
            take_label(question_.options[static_cast<std::size_t>(std::lround(*out_.score))].label);
        } else {
            return "has neither a score nor probabilities";
        }
        return {};
    }

    void take_label(std::string label) {
        auto const& all = out_.distribution;
        auto const found = std::ranges::find(all, label, &label_probability::label);
        out_.probability = found != all.end() ? std::optional{found->probability} : out_.confidence;
        out_.label = std::move(label);
    }

    decision_question const& question_;
    decision_wire_answer wire_;
    decision_answer out_{};
    double first_level_{0};  ///< The number of the lowest level.
};

/// The answers as they came, one for each question.
struct found_answer {
    json_value const* value{nullptr};
    std::string where{};
};

result<decision_answer> read_answer(std::string_view service, decision_question const& question,
                                    found_answer const& found, bool by_order) {
    auto const wrong = [&](std::string_view why) {
        auto text = "the answer to \"" + question.name + "\" ";
        return make_protocol_error(service, text.append(why), {.where = found.where}, {});
    };
    decision_wire_answer wire;
    if (found.value == nullptr) return wrong("is missing");
    if (!read_tolerantly(wire, found.value->text())) return wrong("is no JSON object");
    if (by_order && !wire.name.empty() && wire.name != question.name)
        return wrong("is for another question, \"" + wire.name + '"');
    answer_reader reader{question, std::move(wire)};
    if (auto const why = reader.read(); !why.empty()) return wrong(why);
    return std::move(reader).take();
}

/// Answers in the order of the questions, whether by name or as a list.
result<std::vector<decision_answer>> read_answers(std::string_view service, json_value const& told,
                                                  std::vector<decision_question> const& questions) {
    auto const list = told.is_array() ? *json::read<std::vector<json_value>>(told) : std::vector<json_value>{};
    auto const by_name = read_members(told);
    if (told.is_array() && list.size() != questions.size())
        return make_protocol_error(service, "there are not as many answers as questions", {.where = "/answers"}, {});
    std::vector<decision_answer> answers;
    for (std::size_t i = 0; i < questions.size(); ++i) {
        found_answer found{.where = "/answers/" + (told.is_array() ? std::to_string(i) : questions[i].name)};
        if (told.is_array())
            found.value = &list[i];
        else if (auto const at = by_name.find(questions[i].name); at != by_name.end())
            found.value = &at->second;
        auto answer = read_answer(service, questions[i], found, told.is_array());
        if (!answer) return std::move(answer).error();
        answers.push_back(*std::move(answer));
    }
    return answers;
}

error with_hint(error why) {
    if (why.http_status == 404 || why.http_status == 405 || why.http_status == 501)
        why.message += " (where there is no such endpoint, ask by decision_form::structured_output)";
    return why;
}

error blocked_input(std::string_view service, blocked_prompt const& why) {
    return {.code = errc::content_filtered,
            .message = std::string{service} + " blocked the input: " + why.block_reason,
            .http_status = 200,
            .service_code = why.block_reason,
            .service_message = why.block_reason_message};
}

}  // namespace

result<decision_response> decode_decision_body(decision_endpoint const& at, decision_request const& request,
                                               http_response const& response,
                                               std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return with_hint(make_service_error(at.service, response, now));
    decision_body wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(at.service, "answers to questions", response, read.error());
    auto const spent = decision_usage_of(wire.usage, at.wire);
    auto const id = request_id(response.headers);
    if (is_truthy(wire.error)) return with_tokens(make_reported_error(at.service, response.body, id), spent);
    bool const is_blocked = !wire.prompt_feedback.block_reason.empty();
    auto answers = is_blocked ? result<std::vector<decision_answer>>{blocked_input(at.service, wire.prompt_feedback)}
                              : read_answers(at.service, wire.answers, request.questions);
    if (!answers) {
        auto why = with_tokens(std::move(answers).error(), spent);
        why.request_id = id;
        return why;
    }
    return decision_response{.answers = *std::move(answers),
                             .measured = true,
                             .usage = spent,
                             .model = std::move(wire.model),
                             .request_id = id};
}

}  // namespace coax::detail
