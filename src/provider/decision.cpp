#include <coax/provider/decision.hpp>

#include <algorithm>

namespace coax {
namespace {

error wrong_question(decision_question const& question, std::string message) {
    return invalid_argument(question.name, std::move(message));
}

/// Whether two have the same text. @param text_of  Of one of them.
template <class T>
bool has_repeated(std::vector<T> const& all, std::string T::* text) {
    std::vector<std::string_view> texts;
    texts.reserve(all.size());
    for (auto const& each : all) texts.emplace_back(each.*text);
    std::ranges::sort(texts);
    return std::ranges::adjacent_find(texts) != texts.end();
}

result<void> validate(decision_question const& question) {
    auto const& options = question.options;
    if (question.kind == decision_kind::predicate && !options.empty())
        return wrong_question(question, "a predicate has no options");
    if (question.kind == decision_kind::choice && options.empty()) return wrong_question(question, "has no options");
    if (question.kind == decision_kind::score && options.size() < 2)
        return wrong_question(question, "needs two levels at least");
    if (std::ranges::any_of(options, &std::string::empty, &decision_option::label))
        return wrong_question(question, "has a label that is empty");
    if (has_repeated(options, &decision_option::label)) return wrong_question(question, "has a label twice");
    return {};
}

}  // namespace

bool decision_option::operator==(decision_option const& other) const = default;
bool decision_question::operator==(decision_question const& other) const = default;
bool label_probability::operator==(label_probability const& other) const = default;
bool decision_answer::operator==(decision_answer const& other) const = default;

decision_answer const* decision_response::find(std::string_view name) const noexcept {
    auto const found = std::ranges::find(answers, name, &decision_answer::name);
    return found == answers.end() ? nullptr : &*found;
}

result<void> validate(decision_request const& request) {
    if (request.questions.empty()) return invalid_argument("questions", "must hold at least one");
    if (std::ranges::any_of(request.questions, &std::string::empty, &decision_question::name))
        return invalid_argument("questions", "one has no name");
    if (has_repeated(request.questions, &decision_question::name))
        return invalid_argument("questions", "two have the same name");
    for (auto const& question : request.questions)
        if (auto valid = validate(question); !valid) return valid;
    return validate(request.input);
}

}  // namespace coax
