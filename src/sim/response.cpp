#include "sim/response.hpp"

#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::size_t usual_overlong_bytes = 256 * 1024;
constexpr std::size_t quoted_result_bytes = 400;
constexpr std::size_t quoted_prompt_bytes = 200;
constexpr std::size_t quoted_words = 8;
constexpr std::string_view refusal_text = "I'm sorry, but I can't help with that.";

constexpr std::array<std::string_view, 8> sentences{
    "There is a short answer and a long one, and the short one is enough here.",
    "Most of it follows from what you already said.",
    "It helps to begin with the part that is certain.",
    "Taken together, that points in one direction.",
    "Nothing in it needs more than a moment's care.",
    "The details matter less than the order they come in.",
    "One thing leads to the next, and the rest is patience.",
    "That is the heart of it, as far as words can carry it."};

std::size_t count_words(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count(text, ' ')) + 1;
}

std::string first_words(prompt_reading const& prompt) {
    auto const& words = prompt.words();
    if (words.empty()) return {};
    auto const shown = std::min(words.size(), quoted_words);
    auto const& last = words[shown - 1];
    std::string_view const said{words.front().data(),
                                static_cast<std::size_t>(last.data() + last.size() - words.front().data())};
    auto const cut = utf8_prefix(said, quoted_prompt_bytes);
    return std::string{cut} + (shown < words.size() || cut.size() < said.size() ? "…" : "");
}

std::string plain_text(chat_task const& task, prompt_reading const& prompt, random_source& random, int words) {
    std::string text;
    if (!task.tool_results.empty()) {
        text = "The tools say: ";
        for (auto const& result : task.tool_results) {
            if (&result != &task.tool_results.front()) text += "; ";
            text += utf8_prefix(result, quoted_result_bytes);
        }
        return text + ".";
    }
    text = "You asked: \"" + first_words(prompt) + "\".";
    auto next = random.below(sentences.size());
    while (count_words(text) < static_cast<std::size_t>(words))
        text.append(" ").append(sentences[next++ % sentences.size()]);
    return text;
}

json::object object_answer(prompt_reading const& prompt, random_source& random) {
    static json::value const schema =
        json::parse(R"({"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"]})");
    return make_value(schema, prompt, random).as_object();
}

bool breaks(fault const* what, fault_kind kind) noexcept { return what != nullptr && what->kind == kind; }

json::value structured(chat_task const& task, prompt_reading const& prompt, random_source& random,
                       answer_style const& style, fault const* what) {
    if (task.schema == nullptr) return object_answer(prompt, random);
    auto made = make_value(*task.schema, prompt, random, style.order);
    if (breaks(what, fault_kind::schema_violation)) break_value(made, *task.schema, random);
    return made;
}

made_call call_tool(tool_spec const& tool, prompt_reading const& prompt, random_source& random,
                    answer_style const& style, fault const* what) {
    static json::value const nothing = json::parse(R"({"type":"object","properties":{}})");
    auto const& schema = tool.parameters != nullptr ? *tool.parameters : nothing;
    auto arguments = make_value(schema, prompt, random, style.order);
    if (!arguments.is_object()) arguments = json::object{};
    if (breaks(what, fault_kind::schema_violation)) break_value(arguments, schema, random);
    return {.id = {}, .name = std::string{tool.name}, .arguments = to_json(arguments)};
}

/// Whether the model's turn is a call: always where it must be, otherwise until there are results to talk about.
bool calls_tools(chat_task const& task) noexcept {
    if (task.tools.empty()) return false;
    switch (task.policy) {
        case tool_policy::none: return false;
        case tool_policy::automatic: return task.tool_results.empty();
        case tool_policy::required:
        case tool_policy::named: return true;
    }
    return false;
}

void add_calls(answer& made, chat_task const& task, prompt_reading const& prompt, random_source& random,
               answer_style const& style, fault const* what) {
    bool const several = task.parallel && task.policy != tool_policy::named;
    auto const count = several ? static_cast<std::size_t>(style.tool_calls_per_turn) : 1;
    auto first = task.tools.begin();
    if (task.policy == tool_policy::named) first = std::ranges::find(task.tools, task.named_tool, &tool_spec::name);
    for (std::size_t i = 0; i < count; ++i) {
        auto const at = static_cast<std::size_t>(first - task.tools.begin()) + i;
        made.calls.push_back(call_tool(task.tools[at % task.tools.size()], prompt, random, style, what));
    }
    made.ending = finish::tool_calls;
}

void cut_at_stop(answer& made, std::vector<std::string> const& stops) {
    for (auto const& stop : stops) {
        auto const at = stop.empty() ? std::string::npos : made.text.find(stop);
        if (at == std::string::npos) continue;
        made.text.resize(at);
        made.ending = finish::stop_sequence;
        made.stop_sequence = stop;
    }
}

void cut_to(std::string& text, std::size_t bytes) { text.resize(utf8_prefix(text, bytes).size()); }

std::size_t tokens_of(answer const& made) noexcept {
    auto bytes = made.text.size();
    for (auto const& call : made.calls) bytes += call.name.size() + call.arguments.size();
    return std::max<std::size_t>(1, estimate_tokens(bytes));
}

void cut_short(answer& made, std::size_t tokens) {
    made.ending = finish::length;
    if (made.calls.empty()) {
        cut_to(made.text, tokens * 4);
        return;
    }
    auto& last = made.calls.back().arguments;
    auto const others = tokens_of(made) * 4 - std::min(tokens_of(made) * 4, last.size());
    cut_to(last, std::min(last.size() / 2, tokens * 4 - std::min(tokens * 4, others)));
}

void lengthen(answer& made, std::size_t bytes, bool json) {
    if (bytes == 0) bytes = usual_overlong_bytes;
    auto& text = made.calls.empty() ? made.text : made.calls.back().arguments;
    if (json || !made.calls.empty()) text.resize(std::max(text.size(), bytes), ' ');
    while (text.size() < bytes) text += " and so on";
}

void apply(answer& made, fault const& what, bool json) {
    switch (what.kind) {
        case fault_kind::refusal: made = {.text = std::string{refusal_text}, .ending = finish::refused}; break;
        case fault_kind::content_filter: made = {.ending = finish::filtered}; break;
        case fault_kind::length: cut_short(made, tokens_of(made) / 2); break;
        case fault_kind::overlong: lengthen(made, what.at_byte, json); break;
        default: break;
    }
}

}  // namespace

std::string make_id(std::uint64_t seed, std::size_t count) {
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
    std::string id;
    id.reserve(count);
    for (std::uint64_t bits = 0; id.size() < count; bits >>= 5U) {
        if (id.size() % 12 == 0) bits = seed = stir(seed + 1);
        id.push_back(digits[bits & 31U]);
    }
    return id;
}

answer make_answer(chat_task const& task, answer_style const& style, int choice, std::uint64_t number,
                   fault const* what) {
    random_source random{mix(mix(style.seed, task.hash), static_cast<std::uint64_t>(choice))};
    prompt_reading const prompt{task.user_text};
    bool const json = task.schema != nullptr || task.wants_json;
    answer made;
    if (calls_tools(task)) {
        add_calls(made, task, prompt, random, style, what);
    } else if (json) {
        made.text = to_json(structured(task, prompt, random, style, what));
    } else {
        made.text = plain_text(task, prompt_reading{task.last_user_text}, random, style.words);
    }
    cut_at_stop(made, task.stops);
    if (what != nullptr) apply(made, *what, json);
    if (task.max_tokens && tokens_of(made) > *task.max_tokens) cut_short(made, *task.max_tokens);
    for (std::size_t i = 0; i < made.calls.size(); ++i)
        made.calls[i].id = make_id(mix(mix(number, i), static_cast<std::uint64_t>(choice)), 24);
    made.completion_tokens = tokens_of(made);
    return made;
}

}  // namespace coax::sim::detail
