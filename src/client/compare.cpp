#include <coax/client/compare.hpp>
#include <coax/client/connection_check.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/tasks/map.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace coax {
namespace {

constexpr std::string_view blank_characters = " \t\r\n\f\v";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// In lower case, with single blanks, without a full stop at the end.
std::string plain_text(std::string_view text) {
    std::string plain;
    for (char const c : text) {
        bool const blank = blank_characters.find(c) != std::string_view::npos;
        if (!blank)
            plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        else if (!plain.empty() && plain.back() != ' ')
            plain.push_back(' ');
    }
    while (!plain.empty() && (plain.back() == ' ' || plain.back() == '.')) plain.pop_back();
    return plain;
}

/// The digits of a number from here on, without thousands separators: "1,600.50" is 1600.5. Moves on to its end.
std::string number_at(std::string_view text, std::size_t& at) {
    std::string whole;
    std::string fraction;
    auto const three_follow = [&](std::size_t from) {
        return from + 3 <= text.size() && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(from),
                                                      text.begin() + static_cast<std::ptrdiff_t>(from + 3), is_digit);
    };
    for (; at < text.size(); ++at) {
        if (is_digit(text[at]))
            whole.push_back(text[at]);
        else if (text[at] != ',' || !three_follow(at + 1))
            break;
    }
    if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1]))
        for (++at; at < text.size() && is_digit(text[at]); ++at) fraction.push_back(text[at]);
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return fraction.empty() ? whole : whole + '.' + fraction;
}

std::string last_number(std::string_view text) {
    std::string last;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_digit(text[at])) {
            ++at;
            continue;
        }
        auto const begin = at;
        auto number = number_at(text, at);
        auto sign = begin;  // in front of a currency sign, too; behind a digit it is a difference or a range
        if (sign > 0 && text[sign - 1] == '$') --sign;
        bool const is_negative = sign > 0 && text[sign - 1] == '-' && (sign < 2 || !is_digit(text[sign - 2]));
        last = is_negative && number != "0" ? '-' + number : std::move(number);
    }
    return last;
}

/// What of the outcome needs no look at the others.
compared_response judged(result<chat_response>&& response, client_info const& of, std::string const& named,
                         compare_options const& options, std::string const& expected) {
    compared_response row{.model = named.empty() ? of.model : named, .response = std::move(response)};
    if (row.response) {
        row.latency = row.response->latency;
        row.usage = row.response->usage;
        row.answer = answer_in(row.response->text, options.answer);
        if (!expected.empty()) row.correct = row.answer == expected;
    } else {
        row.usage = {.input_tokens = row.response.error().input_tokens,
                     .output_tokens = row.response.error().output_tokens};
    }
    if (auto const* const facts = options.facts.find(row.model, of.service))
        if (auto const cost = cost_of(row.usage, *facts)) row.cost = *cost;
    return row;
}

void count_agreement(std::vector<compared_response>& rows) {
    for (auto& row : rows) {
        if (row.answer.empty()) continue;
        auto const same = std::ranges::count(rows, row.answer, &compared_response::answer);
        row.agreeing = static_cast<std::size_t>(same) - 1;
    }
}

/// Which answer is right, in the form that answers are compared in. Empty: nobody knows.
std::string expected_answer(compare_options const& options) {
    if (options.expected.empty()) return {};
    auto expected = answer_in(options.expected, options.answer);
    if (expected.empty()) throw_error(invalid_argument("expected", "holds no answer of this form"));
    return expected;
}

}  // namespace

std::string answer_in(std::string_view text, compared_answer which) {
    return which == compared_answer::last_number ? last_number(text) : plain_text(text);
}

asio::awaitable<std::vector<compared_response>> compare(std::vector<client> clients, chat_request request,
                                                        compare_options options) {
    if (clients.empty()) throw_error(invalid_argument("clients", "must not be empty"));
    auto const expected = expected_answer(options);
    auto const ask = [&](client const& llm) { return llm.chat(request); };
    auto responses = co_await map(clients, {.concurrency = clients.size()}, ask);
    std::vector<compared_response> rows;
    rows.reserve(clients.size());
    for (std::size_t i = 0; i < clients.size(); ++i)
        rows.push_back(judged(std::move(responses[i]), clients[i].info(), request.model, options, expected));
    count_agreement(rows);
    co_return rows;
}

std::chrono::milliseconds model_score::mean_latency() const noexcept {
    auto const answered = static_cast<std::int64_t>(asked - failed);
    return answered == 0 ? std::chrono::milliseconds{0} : total_latency / answered;
}

std::optional<double> model_score::accuracy() const noexcept {
    if (judged == 0) return std::nullopt;
    return static_cast<double>(correct) / static_cast<double>(judged);
}

std::optional<double> model_score::agreement() const noexcept {
    if (compared == 0) return std::nullopt;
    return static_cast<double>(agreeing) / static_cast<double>(compared);
}

void comparison::add(std::vector<compared_response> const& responses, bool is_judged) {
    if (scores_.empty()) scores_.resize(responses.size());
    auto const answers = static_cast<std::size_t>(
        std::ranges::count_if(responses, [](compared_response const& row) { return !row.answer.empty(); }));
    for (std::size_t i = 0; i < scores_.size() && i < responses.size(); ++i) {
        auto const& row = responses[i];
        auto& score = scores_[i];
        score.model = row.model;
        ++score.asked;
        score.failed += row.response ? 0 : 1;
        score.judged += is_judged ? 1 : 0;
        score.correct += row.correct.value_or(false) ? 1 : 0;
        score.compared += row.answer.empty() ? 0 : answers - 1;
        score.agreeing += row.agreeing;
        score.usage += row.usage;
        score.cost = score.cost && row.cost ? std::optional{*score.cost + *row.cost} : std::nullopt;
        score.total_latency += row.latency;
        score.longest_latency = std::max(score.longest_latency, row.latency);
    }
}

namespace {

using table_row = std::array<std::string, 9>;

std::string percent(std::optional<double> share) {
    if (!share) return "-";
    std::array<char, 16> text{};
    (void)std::snprintf(text.data(), text.size(), "%.1f %%", *share * 100);
    return text.data();
}

table_row row_of(model_score const& score) {
    return {score.model,
            std::to_string(score.asked),
            std::to_string(score.failed),
            percent(score.accuracy()),
            percent(score.agreement()),
            std::to_string(score.mean_latency().count()) + " ms",
            std::to_string(score.usage.input_tokens),
            std::to_string(score.usage.output_tokens),
            score.cost ? "$" + to_string(*score.cost) : "-"};
}

}  // namespace

std::string to_table(std::vector<model_score> const& scores) {
    std::vector<table_row> rows{
        {"model", "asked", "failed", "accuracy", "agreement", "latency", "tokens in", "tokens out", "cost"}};
    for (auto const& score : scores) rows.push_back(row_of(score));
    std::array<std::size_t, std::tuple_size_v<table_row>> widths{};
    for (auto const& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (auto const& row : rows) {
        text.append(row[0]).append(widths[0] - row[0].size(), ' ');
        for (std::size_t i = 1; i < row.size(); ++i) text.append(2 + widths[i] - row[i].size(), ' ').append(row[i]);
        text.push_back('\n');
    }
    return text;
}

}  // namespace coax
