#include "sim/completion.hpp"

#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::size_t default_overlong_bytes = 256 * 1024;
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

std::string first_words(prompt_words const& prompt) {
    auto const& words = prompt.words();
    if (words.empty()) return {};
    auto const shown = std::min(words.size(), quoted_words);
    auto const& last = words[shown - 1];
    std::string_view const quote{words.front().data(),
                                 static_cast<std::size_t>(last.data() + last.size() - words.front().data())};
    auto const cut = utf8_prefix(quote, quoted_prompt_bytes);
    return std::string{cut} + (shown < words.size() || cut.size() < quote.size() ? "…" : "");
}

std::string plain_text(parsed_chat const& chat, prompt_words const& prompt, random_source& random, int words) {
    std::string text;
    if (!chat.tool_results.empty()) {
        text = "The tools say: ";
        for (auto const& result : chat.tool_results) {
            if (&result != &chat.tool_results.front()) text += "; ";
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

json::object make_any_object(prompt_words const& prompt, random_source& random) {
    static json::value const schema =
        json::parse(R"({"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"]})");
    return make_value(schema, prompt, random).as_object();
}

bool is_fault(fault const* injected, fault_kind kind) noexcept { return injected != nullptr && injected->kind == kind; }

json::value make_json(parsed_chat const& chat, prompt_words const& prompt, random_source& random,
                      completion_options const& opts, fault const* injected) {
    if (chat.schema == nullptr) return make_any_object(prompt, random);
    auto output = make_value(*chat.schema, prompt, random, opts.order);
    if (is_fault(injected, fault_kind::schema_violation)) break_value(output, *chat.schema, random);
    return output;
}

tool_call make_call(tool_spec const& tool, prompt_words const& prompt, random_source& random,
                    completion_options const& opts, fault const* injected) {
    static json::value const nothing = json::parse(R"({"type":"object","properties":{}})");
    auto const& schema = tool.parameters != nullptr ? *tool.parameters : nothing;
    auto arguments = make_value(schema, prompt, random, opts.order);
    if (!arguments.is_object()) arguments = json::object{};
    if (is_fault(injected, fault_kind::schema_violation)) break_value(arguments, schema, random);
    return {.id = {}, .name = std::string{tool.name}, .arguments = to_json(arguments)};
}

/// Whether the model calls tools: always when it must, else until it has results.
bool calls_tools(parsed_chat const& chat) noexcept {
    if (chat.tools.empty()) return false;
    switch (chat.choice_mode) {
        case tool_choice::none: return false;
        case tool_choice::automatic: return chat.tool_results.empty();
        case tool_choice::required:
        case tool_choice::named: return true;
    }
    return false;
}

void add_calls(completion& output, parsed_chat const& chat, prompt_words const& prompt, random_source& random,
               completion_options const& opts, fault const* injected) {
    bool const several = chat.parallel && chat.choice_mode != tool_choice::named;
    auto const count = several ? static_cast<std::size_t>(opts.tool_calls_per_turn) : 1;
    auto first = chat.tools.begin();
    if (chat.choice_mode == tool_choice::named)
        first = std::ranges::find(chat.tools, chat.named_tool, &tool_spec::name);
    for (std::size_t i = 0; i < count; ++i) {
        auto const at = static_cast<std::size_t>(first - chat.tools.begin()) + i;
        output.calls.push_back(make_call(chat.tools[at % chat.tools.size()], prompt, random, opts, injected));
    }
    output.finish = finish_reason::tool_calls;
}

void cut_at_stop(completion& output, std::vector<std::string> const& stops) {
    for (auto const& stop : stops) {
        auto const at = stop.empty() ? std::string::npos : output.text.find(stop);
        if (at == std::string::npos) continue;
        output.text.resize(at);
        output.finish = finish_reason::stop_sequence;
        output.stop_sequence = stop;
    }
}

void cut_to(std::string& text, std::size_t bytes) { text.resize(utf8_prefix(text, bytes).size()); }

std::size_t tokens_of(completion const& output) noexcept {
    auto bytes = output.text.size();
    for (auto const& call : output.calls) bytes += call.name.size() + call.arguments.size();
    return token_count(bytes);
}

void cut_short(completion& output, std::size_t tokens) {
    output.finish = finish_reason::length;
    if (output.calls.empty()) {
        cut_to(output.text, tokens * 4);
        return;
    }
    auto& last = output.calls.back().arguments;
    auto const others = tokens_of(output) * 4 - std::min(tokens_of(output) * 4, last.size());
    cut_to(last, std::min(last.size() / 2, tokens * 4 - std::min(tokens * 4, others)));
}

void pad_text(completion& output, std::size_t bytes, bool json) {
    if (bytes == 0) bytes = default_overlong_bytes;
    auto& text = output.calls.empty() ? output.text : output.calls.back().arguments;
    if (json || !output.calls.empty()) text.resize(std::max(text.size(), bytes), ' ');
    while (text.size() < bytes) text += " and so on";
}

void apply_fault(completion& output, fault const& injected, bool json) {
    switch (injected.kind) {
        case fault_kind::refusal: output = {.text = std::string{refusal_text}, .finish = finish_reason::refused}; break;
        case fault_kind::content_filter: output = {.finish = finish_reason::filtered}; break;
        case fault_kind::length: cut_short(output, tokens_of(output) / 2); break;
        case fault_kind::overlong: pad_text(output, injected.at_byte, json); break;
        default: break;
    }
}

}  // namespace

completion complete(parsed_chat const& chat, completion_options const& opts, int choice, std::uint64_t number,
                    fault const* injected) {
    random_source random{mix(mix(opts.seed, chat.hash), static_cast<std::uint64_t>(choice))};
    prompt_words const prompt{chat.user_text};
    bool const json = chat.schema != nullptr || chat.any_json;
    completion output;
    if (calls_tools(chat)) {
        add_calls(output, chat, prompt, random, opts, injected);
    } else if (json) {
        output.text = to_json(make_json(chat, prompt, random, opts, injected));
    } else {
        output.text = plain_text(chat, prompt_words{chat.last_user_text}, random, opts.words);
    }
    cut_at_stop(output, chat.stops);
    if (injected != nullptr) apply_fault(output, *injected, json);
    if (chat.max_tokens && tokens_of(output) > *chat.max_tokens) cut_short(output, *chat.max_tokens);
    for (std::size_t i = 0; i < output.calls.size(); ++i)
        output.calls[i].id = make_id(mix(mix(number, i), static_cast<std::uint64_t>(choice)), 24);
    output.completion_tokens = tokens_of(output);
    return output;
}

}  // namespace coax::sim::detail
