#include "provider/decision_wire.hpp"

#include <coax/chat/advanced_options.hpp>

#include <algorithm>

namespace coax::detail {
namespace {

/// Limits: reference decisions.md, section 2; of OpenAI and Gemini their own clients' descriptions. Whether a
/// compatible server has the endpoint nobody knows, so it has to be asked for.
constexpr decision_endpoint decision_endpoints[]{
    {"compatible", decision_wire::system_one, "/systemone", "", {}},
    {"openai",
     decision_wire::openai,
     "/decisions",
     "gpt-6-luna*",
     {.questions = 400, .least_options = 2, .options = 255}},
    {"typesafe", decision_wire::system_one, "/v1/systemone", "*", {.options = 255, .levels = 10}},
    {"perplexity", decision_wire::system_one, "/v1/decisions", "*", {.questions = 128, .options = 255, .levels = 10}},
    {"vllm", decision_wire::system_one, "/systemone", "*", {.questions = 64, .options = 26, .levels = 10}},
    {"ollama", decision_wire::system_one, "/systemone", "*", {.body_bytes = std::size_t{64} * 1024}},
    {"openrouter", decision_wire::system_one, "/systemone", "", {.questions = 200, .options = 255, .levels = 10}},
    {"llama.cpp", decision_wire::system_one, "/systemone", "", {}},
    {"gemini", decision_wire::gemini, "/decisions", "*", {.least_options = 2, .options = 255, .levels = 255}},
    {"azure", decision_wire::none, "", "", {}},
    {"azure_ai", decision_wire::none, "", "", {}},
    {"vertex", decision_wire::none, "", "", {}},
    {"anthropic", decision_wire::none, "", "", {}},
    {"lmstudio", decision_wire::none, "", "", {}},
    {"mistral", decision_wire::none, "", "", {}},
    {"deepseek", decision_wire::none, "", "", {}},
    {"groq", decision_wire::none, "", "", {}},
};

bool is_among(std::string_view model, std::string_view models) {
    if (!models.ends_with('*')) return !models.empty() && model == models;
    return model.starts_with(models.substr(0, models.size() - 1));
}

/// "vllm takes 26 options in a choice at most, not 30"
error beyond_limit(decision_endpoint const& at, std::string where, std::size_t limit, std::string_view of_what,
                   std::size_t given) {
    auto text = std::string{at.service} + " takes " + std::to_string(limit);
    text.append(" ").append(of_what).append(", not ").append(std::to_string(given));
    return invalid_argument(std::move(where), std::move(text));
}

bool exceeds(std::size_t count, std::size_t limit) { return limit != 0 && count > limit; }

result<void> check_question(decision_endpoint const& at, decision_question const& question) {
    auto const& limits = at.limits;
    auto const count = question.options.size();
    if (question.kind == decision_kind::score && exceeds(count, limits.levels))
        return beyond_limit(at, question.name, limits.levels, "levels of a score at most", count);
    if (question.kind != decision_kind::choice) return {};
    if (exceeds(count, limits.options))
        return beyond_limit(at, question.name, limits.options, "options of a choice at most", count);
    if (count < limits.least_options)
        return beyond_limit(at, question.name, limits.least_options, "options of a choice at least", count);
    return {};
}

/// The first member of the input that the endpoint has no word for; empty: none.
std::string_view member_without_word(chat_request const& input) {
    struct {
        bool given;
        std::string_view name;
    } const members[]{
        {input.temperature.has_value(), "temperature"},
        {input.top_p.has_value(), "top_p"},
        {input.top_k.has_value(), "top_k"},
        {input.presence_penalty.has_value(), "presence_penalty"},
        {input.frequency_penalty.has_value(), "frequency_penalty"},
        {input.max_output_tokens.has_value(), "max_output_tokens"},
        {!input.stop.empty(), "stop"},
        {input.seed.has_value(), "seed"},
        {!input.reasoning_effort.empty(), "reasoning_effort"},
        {!input.tools.empty(), "tools"},
        {input.response_format.kind != response_format_kind::text, "response_format"},
        {!input.metadata.empty(), "metadata"},
        {!input.user.empty(), "user"},
    };
    auto const* const found = std::ranges::find_if(members, [](auto const& member) { return member.given; });
    return found == std::end(members) ? std::string_view{} : found->name;
}

std::string_view decision_refusal_of(decision_wire wire, content_part const& part, role speaker) {
    if (part.text() != nullptr) return {};
    if (wire == decision_wire::system_one) return "is asked about texts only";
    if (speaker != role::user) return "takes images from the user only";
    if (wire == decision_wire::gemini) return {};
    auto const* const image = part.image();
    if (image == nullptr) return "is asked about texts and images only";
    return image->file_id.empty() ? "" : "takes images by url or data, not by file_id";
}

result<void> check_message(decision_endpoint const& at, message const& one, std::string const& where) {
    if (one.role == role::tool || !one.tool_calls.empty())
        return invalid_argument(where,
                                std::string{at.service} + " is not asked about tool calls here: put them into a text");
    for (std::size_t i = 0; i < one.parts.size(); ++i)
        if (auto const why = decision_refusal_of(at.wire, one.parts[i], one.role); !why.empty())
            return invalid_argument(where + ".parts[" + std::to_string(i) + ']',
                                    std::string{at.service} + ' ' + std::string{why});
    return {};
}

}  // namespace

decision_endpoint const& decision_endpoint_of(std::string_view service) noexcept {
    auto const* const found = std::ranges::find(decision_endpoints, service, &decision_endpoint::service);
    return found == std::end(decision_endpoints) ? decision_endpoints[0] : *found;
}

decision_support support_of(decision_endpoint const& at, std::string_view model) {
    return {.wire = at.wire, .standard = is_among(model, at.models), .limits = at.limits};
}

result<void> check_decision(decision_endpoint const& at, decision_request const& request) {
    if (auto valid = validate(request); !valid) return valid;
    if (exceeds(request.questions.size(), at.limits.questions))
        return beyond_limit(at, "questions", at.limits.questions, "questions in a request at most",
                            request.questions.size());
    for (auto const& question : request.questions)
        if (auto checked = check_question(at, question); !checked) return checked;
    if (auto const member = member_without_word(request.input); !member.empty())
        return invalid_argument(std::string{member}, "decisions of " + std::string{at.service} +
                                                         " have no such parameter: leave it out, or ask by "
                                                         "decision_form::structured_output");
    auto const& messages = request.input.messages;
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (auto checked = check_message(at, messages[i], "messages[" + std::to_string(i) + ']'); !checked)
            return checked;
    return {};
}

}  // namespace coax::detail
