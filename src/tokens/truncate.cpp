#include "json/internal/text.hpp"
#include "tokens/tokenizer_state.hpp"

#include <algorithm>
#include <array>

namespace coax {
namespace {

using namespace tokens::detail;

/// Where beginnings of a word end, between two characters and two of its tokens, that are at most `most` tokens; the
/// longest first.
std::vector<std::size_t> cuts_of(vocabulary const& words, std::string_view word, std::int64_t most) {
    std::vector<token_id> tokens;
    append_tokens(words, word, tokens);
    std::vector<std::size_t> cuts;
    std::size_t at = 0;
    for (std::size_t i = 0; i < tokens.size() && static_cast<std::int64_t>(i) < most; ++i) {
        at += words.size_of(tokens[i]);
        if (at == word.size() || !json::detail::is_continuation(word[at])) cuts.push_back(at);
    }
    std::ranges::reverse(cuts);
    return cuts;
}

}  // namespace

std::string_view tokenizer::truncate(std::string_view text, std::int64_t max_tokens) const {
    auto const* const bad = json::detail::find_invalid_utf8(text.data(), text.data() + text.size());
    // U+FFFD is one character for each byte: cutting before the first of them is as good as any.
    auto const good = text.substr(0, static_cast<std::size_t>(bad - text.data()));
    if (good.size() < text.size() && count_up_to(text, max_tokens)) return text;
    auto words = state_->split(good);
    std::int64_t total = 0;
    std::int64_t before_last = 0;  // of the words but for the one before this
    std::size_t last_at = 0;
    for (std::size_t at = 0; at < good.size();) {
        auto const word = words.next();
        auto const size = static_cast<std::int64_t>(count_tokens(state_->words, word));
        if (total + size > max_tokens) {
            // Without what follows, the text may be cut into other words; only the last two can be.
            for (auto const cut : cuts_of(state_->words, word, max_tokens - total))
                if (count_up_to(good.substr(last_at, at + cut - last_at), max_tokens - before_last))
                    return text.substr(0, at + cut);
            return text.substr(0, at);
        }
        before_last = total;
        last_at = at;
        total += size;
        at += word.size();
    }
    return good;
}

void token_counter::append(std::string_view piece) {
    open_ += piece;
    if (open_.size() >= look_again_) settle();
}

/// Counts the words that cannot change: all but the last two, of what is no part of a character.
void token_counter::settle() {
    std::string_view const open{open_};
    auto complete = open.size();
    for (std::size_t back = 1; back <= 3 && back <= open.size(); ++back) {
        auto const c = static_cast<unsigned char>(open[open.size() - back]);
        if (c < 0x80) break;
        if (c >= 0xC0) {
            complete = open.size() - back;
            break;
        }
    }
    auto const& state = *with_.state_;
    std::string repaired;
    auto const* const end = open.data() + complete;
    if (json::detail::find_invalid_utf8(open.data(), end) != end) {
        json::detail::append_repaired_utf8(repaired, open.substr(0, complete));
        repaired += open.substr(complete);
        complete = repaired.size() - (open.size() - complete);
        open_ = std::move(repaired);
    }
    std::array<std::string_view, 2> last{};
    std::size_t settled_bytes = 0;
    auto words = state.split(std::string_view{open_}.substr(0, complete));
    for (auto word = words.next(); !word.empty(); word = words.next()) {
        auto const settled = std::exchange(last[0], std::exchange(last[1], word));
        if (settled.empty()) continue;
        settled_ += static_cast<std::int64_t>(count_tokens(state.words, settled));
        settled_bytes += settled.size();
    }
    open_.erase(0, settled_bytes);
    look_again_ = open_.size() + open_.size() / 2;
}

}  // namespace coax
