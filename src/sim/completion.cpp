#include "sim/completion.hpp"

#include "sim/answer_script.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::size_t default_overlong_bytes = std::size_t{256} * 1024;
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

/// Whether the model calls tools: always when it must, else until it has results.
bool calls_tools(parsed_chat const& chat) noexcept {
    if (chat.tools.empty() || chat.choice_mode == tool_choice::none) return false;
    return chat.choice_mode != tool_choice::automatic || chat.tool_results.empty();
}

/// Makes one completion of a chat.
class completion_maker {
public:
    completion_maker(parsed_chat const& chat, completion_options const& opts, int choice, fault const* injected)
        : chat_{chat},
          opts_{opts},
          injected_{injected},
          random_{mix(mix(opts.seed, chat.hash), static_cast<std::uint64_t>(choice))},
          prompt_{chat.user_text} {}

    completion make() {
        bool const json = chat_.schema != nullptr || chat_.any_json;
        completion output;
        if (opts_.rule != nullptr)
            say(opts_.rule->then, output);
        else if (calls_tools(chat_))
            add_calls(output);
        else
            output.text = json ? to_json(make_json()) : plain_text();
        cut_at_stop(output, chat_.stops);
        if (injected_ != nullptr) apply_fault(output, *injected_, json);
        if (chat_.max_tokens && tokens_of(output) > *chat_.max_tokens) cut_short(output, *chat_.max_tokens);
        return output;
    }

private:
    void say(answer_content const& then, completion& output) const {
        if (then.text) output.text = filled_in(*then.text, chat_);
        if (then.json) output.text = then.json->text();
        if (then.refusal) output = {.text = *then.refusal, .finish = finish_reason::refused};
        for (auto const& call : then.tool_calls)
            output.calls.push_back({.id = {}, .name = call.name, .arguments = call.arguments.text()});
        if (!output.calls.empty()) output.finish = finish_reason::tool_calls;
    }

    std::string plain_text() {
        std::string text;
        if (!chat_.tool_results.empty()) {
            text = "The tools say: ";
            for (auto const& result : chat_.tool_results) {
                if (&result != &chat_.tool_results.front()) text += "; ";
                text += utf8_prefix(result, quoted_result_bytes);
            }
            return text + ".";
        }
        text = "You asked: \"" + first_words(prompt_words{chat_.last_user_text}) + "\".";
        auto next = random_.below(sentences.size());
        while (count_words(text) < static_cast<std::size_t>(opts_.words))
            text.append(" ").append(sentences[next++ % sentences.size()]);
        return text;
    }

    json::value make_json() {
        static json::value const any_object =
            json::parse(R"({"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"]})");
        if (chat_.schema == nullptr) return make_value(any_object, prompt_, random_);
        auto value = make_value(*chat_.schema, prompt_, random_, opts_.order);
        violate(value, *chat_.schema);
        return value;
    }

    void add_calls(completion& output) {
        bool const several = chat_.parallel && chat_.choice_mode != tool_choice::named;
        auto const count = several ? static_cast<std::size_t>(opts_.tool_calls_per_turn) : 1;
        auto first = chat_.tools.begin();
        if (chat_.choice_mode == tool_choice::named)
            first = std::ranges::find(chat_.tools, chat_.named_tool, &tool_spec::name);
        for (std::size_t i = 0; i < count; ++i) {
            auto const at = static_cast<std::size_t>(first - chat_.tools.begin()) + i;
            output.calls.push_back(make_call(chat_.tools[at % chat_.tools.size()]));
        }
        output.finish = finish_reason::tool_calls;
    }

    tool_call make_call(tool_spec const& tool) {
        static json::value const nothing = json::parse(R"({"type":"object","properties":{}})");
        auto const& schema = tool.parameters != nullptr ? *tool.parameters : nothing;
        auto arguments = make_value(schema, prompt_, random_, opts_.order);
        if (!arguments.is_object()) arguments = json::object{};
        violate(arguments, schema);
        return {.id = {}, .name = std::string{tool.name}, .arguments = to_json(arguments)};
    }

    void violate(json::value& value, json::value const& schema) {
        if (injected_ != nullptr && injected_->kind == fault_kind::schema_violation)
            break_value(value, schema, random_);
    }

    parsed_chat const& chat_;
    completion_options const& opts_;
    fault const* injected_;
    random_source random_;
    prompt_words prompt_;
};

}  // namespace

completion complete(parsed_chat const& chat, completion_options const& opts, int choice, std::uint64_t number,
                    fault const* injected) {
    auto output = completion_maker{chat, opts, choice, injected}.make();
    for (std::size_t i = 0; i < output.calls.size(); ++i)
        output.calls[i].id = make_id(mix(mix(number, i), static_cast<std::uint64_t>(choice)), 24);
    output.completion_tokens = tokens_of(output);
    return output;
}

}  // namespace coax::sim::detail
