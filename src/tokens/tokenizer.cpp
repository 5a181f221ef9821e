#include "json/internal/text.hpp"
#include "tokens/tokenizer_state.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace coax {
namespace {

using namespace tokens::detail;

constexpr std::array<std::string_view, 3> names{"o200k_base", "cl100k_base", "o200k_harmony"};

std::string folder_of(std::string const& given) {
    if (!given.empty()) return given;
    if (auto const* const set = std::getenv("COAX_DATA_DIR"); set != nullptr && *set != '\0') return set;
    return std::string{installed_data_folder()};
}

std::string file_name_of(token_encoding which) {
    auto const ranks = which == token_encoding::o200k_harmony ? token_encoding::o200k_base : which;
    return std::string{to_string(ranks)} + ".bpe";
}

/// Calls `f(text)` with the text as services get it: U+FFFD stands for each byte that is no UTF-8.
template <class F>
auto with_well_formed(std::string_view text, F f) {
    auto const* const end = text.data() + text.size();
    if (json::detail::find_invalid_utf8(text.data(), end) == end) return f(text);
    std::string repaired;
    json::detail::append_repaired_utf8(repaired, text);
    return f(std::string_view{repaired});
}

/// Calls `on_text(text)` and `on_special(token)` for what a text consists of.
template <class OnText, class OnSpecial>
void for_each_part(token_encoding which, std::string_view text, special_tokens special, OnText on_text,
                   OnSpecial on_special) {
    if (special == special_tokens::as_tokens)
        while (auto const found = find_special(which, text)) {
            on_text(text.substr(0, found->at));
            on_special(found->token);
            text.remove_prefix(found->at + found->size);
        }
    on_text(text);
}

std::int64_t count_words(tokenizer_state const& state, std::string_view text) {
    std::int64_t count = 0;
    auto words = state.split(text);
    for (auto word = words.next(); !word.empty(); word = words.next())
        count += static_cast<std::int64_t>(count_tokens(state.words, word));
    return count;
}

}  // namespace

std::string_view to_string(token_encoding which) noexcept { return names[static_cast<std::size_t>(which)]; }

std::optional<token_encoding> token_encoding_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<token_encoding>(i);
    return std::nullopt;
}

result<tokenizer> tokenizer::load(token_encoding which, std::string const& folder) {
    auto const path = folder_of(folder) + '/' + file_name_of(which);
    auto file = mapped_file::open(path);
    if (!file) {
        auto why = std::move(file).error();
        why.message = "the ranks of " + std::string{to_string(which)} + " are not there: " + why.message +
                      " (scripts/fetch_ranks makes the file; COAX_DATA_DIR names its folder)";
        return why;
    }
    auto words = vocabulary::read(file->bytes());
    if (!words) {
        auto why = std::move(words).error();
        why.where = path;
        return why;
    }
    auto state = std::make_shared<tokenizer_state>();
    state->encoding = which;
    state->file = *std::move(file);
    state->words = *words;
    return tokenizer{std::move(state)};
}

result<tokenizer> tokenizer::from_ranks(token_encoding which, std::string_view ranks) {
    auto packed = pack_vocabulary(ranks);
    if (!packed) return std::move(packed).error();
    auto state = std::make_shared<tokenizer_state>();
    state->encoding = which;
    state->packed = *std::move(packed);
    state->words = value_or_throw(vocabulary::read(std::as_bytes(std::span{state->packed})));
    return tokenizer{std::move(state)};
}

result<void> tokenizer::save(std::string const& path) const {
    auto const bytes =
        state_->packed.empty()
            ? std::string_view{reinterpret_cast<char const*>(state_->file.bytes().data()), state_->file.bytes().size()}
            : std::string_view{state_->packed};
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (out) return {};
    return error{.code = errc::io_failed, .message = "cannot be written", .where = path};
}

token_encoding tokenizer::encoding() const noexcept { return state_->encoding; }

std::int64_t tokenizer::count(std::string_view text, special_tokens special) const {
    return with_well_formed(text, [&](std::string_view good) {
        std::int64_t all = 0;
        for_each_part(
            state_->encoding, good, special, [&](std::string_view part) { all += count_words(*state_, part); },
            [&](token_id) { ++all; });
        return all;
    });
}

std::optional<std::int64_t> tokenizer::count_up_to(std::string_view text, std::int64_t limit) const {
    return with_well_formed(text, [&](std::string_view good) -> std::optional<std::int64_t> {
        std::int64_t all = 0;
        auto words = state_->split(good);
        for (auto word = words.next(); !word.empty() && all <= limit; word = words.next())
            all += static_cast<std::int64_t>(count_tokens(state_->words, word));
        return all <= limit ? std::optional{all} : std::nullopt;
    });
}

std::vector<token_id> tokenizer::encode(std::string_view text, special_tokens special) const {
    return with_well_formed(text, [&](std::string_view good) {
        std::vector<token_id> tokens;
        tokens.reserve(good.size() / 4 + 1);
        auto const encode_part = [&](std::string_view part) {
            auto words = state_->split(part);
            for (auto word = words.next(); !word.empty(); word = words.next())
                append_tokens(state_->words, word, tokens);
        };
        for_each_part(state_->encoding, good, special, encode_part, [&](token_id one) { tokens.push_back(one); });
        return tokens;
    });
}

result<std::string> tokenizer::decode(std::span<token_id const> tokens) const {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] < state_->words.size()) {
            text += state_->words.text_of(tokens[i]);
            continue;
        }
        auto const special = special_text(state_->encoding, tokens[i]);
        if (special.empty())
            return invalid_argument(
                "tokens[" + std::to_string(i) + ']',
                std::to_string(tokens[i]) + " is no token of " + std::string{to_string(state_->encoding)});
        text += special;
    }
    return text;
}

}  // namespace coax
