#include "tokens/word_splitter.hpp"

namespace coax::tokens::detail {
namespace {

using enum char_class;

constexpr auto letters = set_of(upper, lower, caseless);
constexpr auto upper_part = set_of(upper, caseless, mark);
constexpr auto lower_part = set_of(lower, caseless, mark);
constexpr auto both_parts = set_of(caseless, mark);
constexpr auto symbols = set_of(other, mark);
constexpr auto blanks = set_of(blank, line_break);
/// What may stand before the letters of a word.
constexpr auto prefixes = set_of(other, mark, blank);

constexpr bool is_break(char c) noexcept { return c == '\r' || c == '\n'; }
constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

char const* word_splitter::skip(char const* at, unsigned set) const noexcept {
    while (at != end_) {
        auto const one = classes_.at(at);
        if (!one.in(set)) break;
        at += one.size;
    }
    return at;
}

char const* word_splitter::word_end(char const* at) const noexcept {
    auto const first = classes_.at(at);
    if (pattern_ == split_pattern::cl100k)
        if (auto const* const end = contraction_end(at); end != at) return end;
    if (first.in(letters | prefixes)) {
        auto const* const end =
            pattern_ == split_pattern::cl100k ? plain_word_end(at, first) : cased_word_end(at, first);
        if (end != nullptr) return end;
    }
    if (first.kind == number) return number_end(at);
    if (auto const* const end = symbols_end(at)) return end;
    return blanks_end(at);
}

/// [^\r\n\p{L}\p{N}]?\p{L}+
char const* word_splitter::plain_word_end(char const* at, character first) const noexcept {
    auto const* const begin = first.in(letters) ? at : at + first.size;
    auto const* const end = skip(begin, letters);
    return end == begin ? nullptr : end;
}

/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+ or, where that matches nowhere,
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+, and then a contraction.
char const* word_splitter::cased_word_end(char const* at, character first) const noexcept {
    char const* end = nullptr;
    if (first.in(letters)) {
        end = cased_run_end(at, true);
    } else {
        end = cased_run_end(at + first.size, first.kind != mark);
        if (end == nullptr && first.kind == mark) end = cased_run_end(at, false);  // it is a part of the word itself
    }
    return end == nullptr ? nullptr : contraction_end(end);
}

/// The part in upper case and the part in lower case, which characters without case can be of both. As a matcher that
/// backtracks would find it: the second part is not empty where it can be so.
char const* word_splitter::cased_run_end(char const* at, bool upper_alone) const noexcept {
    char const* last_of_both = nullptr;  // its end
    auto const* stop = at;
    while (stop != end_) {
        auto const one = classes_.at(stop);
        if (!one.in(upper_part)) break;
        stop += one.size;
        if (one.in(both_parts)) last_of_both = stop;
    }
    if (auto const* const end = skip(stop, lower_part); end != stop) return end;
    if (last_of_both != nullptr) return last_of_both;
    return upper_alone && stop != at ? stop : nullptr;
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)? Where the case is ignored, U+017F is an s.
char const* word_splitter::contraction_end(char const* at) const noexcept {
    if (end_ - at < 2 || *at != '\'') return at;
    char const first = to_lower(at[1]);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    if (end_ - at < 3) return at;
    char const second = to_lower(at[2]);
    if (second == 'e' && (first == 'r' || first == 'v')) return at + 3;
    if (second == 'l' && first == 'l') return at + 3;
    return at[1] == '\xC5' && at[2] == '\xBF' ? at + 3 : at;
}

/// \p{N}{1,3}
char const* word_splitter::number_end(char const* at) const noexcept {
    for (int digits = 0; digits < 3 && at != end_; ++digits) {
        auto const one = classes_.at(at);
        if (one.kind != number) break;
        at += one.size;
    }
    return at;
}

/// ` ?[^\s\p{L}\p{N}]+[\r\n]*`, of o200k `[\r\n/]*`
char const* word_splitter::symbols_end(char const* at) const noexcept {
    auto const* const begin = *at == ' ' ? at + 1 : at;
    auto const* end = skip(begin, symbols);
    if (end == begin) return nullptr;
    while (end != end_ && (is_break(*end) || (pattern_ == split_pattern::o200k && *end == '/'))) ++end;
    return end;
}

/// \s*[\r\n]+|\s+(?!\S)|\s+
char const* word_splitter::blanks_end(char const* at) const noexcept {
    auto const* const end = skip(at, blanks);
    auto const* last_break = end;
    while (last_break != at && !is_break(last_break[-1])) --last_break;
    if (last_break != at) return last_break;
    if (end == end_) return end;
    auto const* last = end - 1;  // the blank that goes with the word behind it
    while (last != at && (static_cast<unsigned char>(*last) & 0xC0U) == 0x80U) --last;
    return last == at ? end : last;
}

}  // namespace coax::tokens::detail
