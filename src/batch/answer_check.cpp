#include "batch/answer_check.hpp"

#include "batch/record_text.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/compare.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace coax::detail {
namespace {

constexpr std::size_t most_labels = 24;
constexpr std::size_t most_wrong = 20;
constexpr std::uint64_t most_indices = 1'000'000'000;
constexpr std::string_view no_answer{"(none)"};
constexpr std::string_view other_answer{"(other)"};

/// The number that a text is, if it is one: with a sign, a "$" and commas between thousands or without.
std::string as_number(std::string_view text) {
    std::string digits;
    for (char const c : text)
        if (c != ',' && c != '$') digits += c;
    if (digits.starts_with('+')) digits.erase(0, 1);
    double value = 0;
    auto const* const end = digits.data() + digits.size();
    auto const read = std::from_chars(digits.data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value)) return {};
    std::string out;
    json::append_number(out, value);
    return out;
}

/// The values of a decision, which stand beside their probabilities; null: the answer is none.
json_value decided_values(std::map<std::string, json_value> const& members) {
    auto const value = members.find("value");
    auto const measured = members.find("measured");
    if (value == members.end() || measured == members.end() || !value->second.is_object()) return {};
    auto const& told = measured->second.text();
    return told == "true" || told == "false" ? value->second : json_value{};
}

}  // namespace

std::string comparable(std::string_view text, answer_match how) {
    constexpr std::string_view mark{"####"};
    if (auto const at = text.rfind(mark); at != std::string_view::npos) text.remove_prefix(at + mark.size());
    std::string answer{without_blanks(text)};
    if (how == answer_match::last_number) answer = answer_in(answer, compared_answer::last_number);
    auto number = as_number(answer);
    return number.empty() ? answer : number;
}

std::string compared_part(json_value const& answer, std::string const& wanted, std::string const& column) {
    if (!answer.is_object()) return answer.is_null() ? std::string{} : record_text(answer);
    auto const members = json::read<std::map<std::string, json_value>>(answer);
    if (!members || members->empty()) return {};
    if (auto const values = decided_values(*members); values.is_object()) return compared_part(values, wanted, column);
    auto const text_of = [&](std::string const& name) {
        auto const found = members->find(name);
        return found == members->end() || found->second.is_null() ? std::string{} : record_text(found->second);
    };
    if (!wanted.empty()) return text_of(wanted);
    for (auto const& name : {column, std::string{"answer"}, std::string{"label"}})
        if (members->contains(name)) return text_of(name);
    return members->size() == 1 ? text_of(members->begin()->first) : std::string{};
}

void answer_check::expect(std::uint64_t index, std::string_view right) {
    auto label = comparable(right, how_);
    if (label.empty() || index >= most_indices) return;
    auto const next = static_cast<std::uint32_t>(labels_.size() + 1);
    auto const [place, is_new] = numbers_.try_emplace(label, next);
    if (is_new) labels_.push_back(std::move(label));
    if (right_of_.size() <= index) right_of_.resize(index + 1);
    if (right_of_[index] == 0) ++expected_;
    right_of_[index] = place->second;
}

void answer_check::judge(std::uint64_t index, std::string const& key, std::string_view given) {
    auto const number = index < right_of_.size() ? right_of_[index] : 0;
    if (number == 0) return;
    auto const& right = labels_[number - 1];
    auto answer = comparable(given, how_);
    if (answer.empty()) answer = no_answer;
    ++judged_;
    if (answer == right)
        ++correct_;
    else if (wrong_.size() < most_wrong)
        wrong_.push_back({index, key, right, answer});
    confuse(right, answer);
}

void answer_check::confuse(std::string const& right, std::string const& given) {
    if (labels_.size() > most_labels) return confusion_.clear();
    bool const fits = numbers_.contains(given) || given_labels_.contains(given) || given == no_answer ||
                      (given.size() <= 60 && given_labels_.size() < most_labels);
    if (fits) given_labels_.try_emplace(given);
    ++confusion_[{right, fits ? given : std::string{other_answer}}];
}

}  // namespace coax::detail
