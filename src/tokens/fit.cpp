#include "json/internal/text.hpp"

#include <coax/tokens/fit.hpp>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace coax {
namespace {

/// What goes together or stays: some messages, by their places.
struct unit {
    std::vector<std::size_t> messages{};
    int priority{0};
};

bool is_instruction(message const& one) { return one.role == role::system || one.role == role::developer; }
bool is_of_tools(message const& one) { return one.role == role::tool || !one.tool_calls.empty(); }

/// Where the last turn begins: with the last message of the user, or, where there is none, with the last message.
std::size_t last_turn_of(std::vector<message> const& messages) {
    for (auto at = messages.size(); at-- > 0;)
        if (messages[at].role == role::user) return at;
    return messages.empty() ? 0 : messages.size() - 1;
}

/// What may go, in the order in which it goes.
std::vector<unit> droppable(std::vector<message> const& messages, fit_policy const& policy) {
    std::vector<unit> units;
    std::vector<unit> turns;
    auto const end = last_turn_of(messages);
    bool pinned_turn = false;
    for (std::size_t at = 0; at < end; ++at) {
        auto const& one = messages[at];
        if (is_instruction(one)) continue;
        bool const pinned = policy.pinned && policy.pinned(one);
        auto const priority = policy.priority && !pinned && !is_of_tools(one) ? policy.priority(one) : std::nullopt;
        if (priority) {
            units.push_back({.messages = {at}, .priority = *priority});
            continue;
        }
        if (turns.empty() || one.role == role::user) {
            if (pinned_turn) turns.pop_back();
            pinned_turn = false;
            turns.emplace_back();
        }
        pinned_turn |= pinned;  // its calls, results and answers make no sense without the rest
        turns.back().messages.push_back(at);
    }
    if (pinned_turn) turns.pop_back();
    std::ranges::sort(units, {}, [](unit const& one) { return std::pair{one.priority, one.messages.front()}; });
    units.insert(units.end(), turns.begin(), turns.end());
    return units;
}

error too_long(std::int64_t tokens, std::int64_t most) {
    return {.code = errc::context_too_long,
            .message = "what must stay of the prompt is about " + std::to_string(tokens) + " tokens, and " +
                       std::to_string(most) + " are allowed",
            .where = "messages"};
}

void remove(std::vector<message>& messages, std::vector<bool> const& gone) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < messages.size(); ++at)
        if (!gone[at]) {
            if (kept != at) messages[kept] = std::move(messages[at]);
            ++kept;
        }
    messages.resize(kept);
}

/// Both ends of a text, `bytes` in all, with the mark between them; it is cut between characters.
std::string without_middle(std::string const& text, std::size_t bytes, std::string const& mark) {
    auto head = bytes / 2 + bytes % 2;
    auto tail = text.size() - bytes / 2;
    while (head > 0 && head < text.size() && json::detail::is_continuation(text[head])) --head;
    while (tail < text.size() && json::detail::is_continuation(text[tail])) ++tail;
    return text.substr(0, head) + mark + text.substr(tail);
}

/// Cuts texts of the last turn until a request fits.
class text_cutter {
public:
    text_cutter(chat_request& request, std::int64_t most, fit_policy const& policy, count_text const& count)
        : request_{request}, most_{most}, policy_{policy}, count_{count} {}

    /// @returns How many texts were cut.
    std::size_t cut(std::int64_t tokens) {
        std::size_t cuts = 0;
        auto texts = candidates();
        for (; tokens > most_ && cuts < texts.size(); ++cuts) {
            auto& text = *texts[cuts];
            auto const others = tokens - count(text);
            text = longest_that_fits(text, most_ - others);
            tokens = estimate_prompt_tokens(request_, count_);
        }
        return cuts;
    }

private:
    [[nodiscard]] std::int64_t count(std::string_view text) const {
        return count_ ? count_(text) : static_cast<std::int64_t>((text.size() + 3) / 4);
    }

    /// The texts that may be cut, longest first.
    [[nodiscard]] std::vector<std::string*> candidates() {
        std::vector<std::string*> texts;
        auto& messages = request_.messages;
        for (auto at = last_turn_of(messages); at < messages.size(); ++at) {
            auto& one = messages[at];
            bool const own = one.role == role::user || one.role == role::tool;
            bool const pinned = policy_.pinned && policy_.pinned(one);
            if (own && !pinned && one.text.size() > 2 * policy_.mark.size()) texts.push_back(&one.text);
        }
        auto const longer_or_before = [](std::string const* a, std::string const* b) {
            return a->size() != b->size() ? a->size() > b->size() : std::less{}(a, b);
        };
        std::ranges::sort(texts, longer_or_before);
        return texts;
    }

    /// With as much of it as makes `most` tokens or less; with nothing but the mark, where that is more.
    [[nodiscard]] std::string longest_that_fits(std::string const& text, std::int64_t most) const {
        std::size_t fits = 0;
        std::size_t too_many = text.size();
        while (too_many - fits > 1) {
            auto const middle = fits + (too_many - fits) / 2;
            (count(without_middle(text, middle, policy_.mark)) <= most ? fits : too_many) = middle;
        }
        return without_middle(text, fits, policy_.mark);
    }

    chat_request& request_;
    std::int64_t most_;
    fit_policy const& policy_;
    count_text const& count_;
};

}  // namespace

result<fitted_request> fit(chat_request request, std::int64_t max_tokens, fit_policy const& policy,
                           count_text const& count) {
    auto tokens = estimate_prompt_tokens(request, count);
    fitted_request made{.report = {.tokens_before = tokens, .tokens_after = tokens}};
    if (tokens > max_tokens) {
        auto const& model = request.model;
        std::vector<bool> gone(request.messages.size());
        for (auto const& each : droppable(request.messages, policy)) {
            if (tokens <= max_tokens) break;
            for (auto const at : each.messages) {
                tokens -= estimate_message_tokens(request.messages[at], count, model);
                gone[at] = true;
                ++made.report.dropped_messages;
            }
        }
        remove(request.messages, gone);
        if (tokens > max_tokens && policy.cut_texts)
            made.report.cut_texts = text_cutter{request, max_tokens, policy, count}.cut(tokens);
        tokens = estimate_prompt_tokens(request, count);
        if (tokens > max_tokens) return too_long(tokens, max_tokens);
    }
    made.report.tokens_after = tokens;
    made.request = std::move(request);
    return made;
}

std::optional<std::int64_t> max_prompt_tokens(chat_request const& request, model_facts const& of) {
    // Tables give the whole window for some models and the prompt's part of it for others: with room for the response
    // it is right for both.
    if (!of.max_input_tokens) return std::nullopt;
    auto const wanted = request.max_output_tokens.value_or(0);
    return std::max<std::int64_t>(*of.max_input_tokens - wanted, 0);
}

}  // namespace coax
