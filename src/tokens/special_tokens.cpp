#include "tokens/special_tokens.hpp"

#include <array>
#include <charconv>
#include <span>

namespace coax::tokens::detail {
namespace {

struct special_token {
    std::string_view text;
    token_id token;
};

constexpr special_token o200k_specials[]{{"<|endoftext|>", 199'999}, {"<|endofprompt|>", 200'018}};

constexpr special_token cl100k_specials[]{{"<|endoftext|>", 100'257},
                                          {"<|fim_prefix|>", 100'258},
                                          {"<|fim_middle|>", 100'259},
                                          {"<|fim_suffix|>", 100'260},
                                          {"<|endofprompt|>", 100'276}};

constexpr special_token harmony_specials[]{
    {"<|startoftext|>", 199'998}, {"<|endoftext|>", 199'999},  {"<|return|>", 200'002}, {"<|constrain|>", 200'003},
    {"<|channel|>", 200'005},     {"<|start|>", 200'006},      {"<|end|>", 200'007},    {"<|message|>", 200'008},
    {"<|call|>", 200'012},        {"<|endofprompt|>", 200'018}};

/// The numbers of harmony that have no other name are called "<|reserved_200013|>".
constexpr std::string_view reserved_begin = "<|reserved_";
constexpr token_id first_reserved = 200'000;
constexpr token_id last_reserved = 201'087;
constexpr std::array<token_id, 7> not_reserved{200'002, 200'003, 200'005, 200'006, 200'007, 200'008, 200'012};

std::span<special_token const> specials_of(token_encoding which) noexcept {
    switch (which) {
        case token_encoding::o200k_base: return o200k_specials;
        case token_encoding::cl100k_base: return cl100k_specials;
        case token_encoding::o200k_harmony: return harmony_specials;
    }
    return {};
}

bool is_reserved(token_encoding which, token_id token) noexcept {
    if (which != token_encoding::o200k_harmony || token < first_reserved || token > last_reserved) return false;
    for (auto const named : not_reserved)
        if (token == named) return false;
    return true;
}

/// The special token that all of a text is.
std::optional<token_id> special_of(token_encoding which, std::string_view text) {
    for (auto const& one : specials_of(which))
        if (one.text == text) return one.token;
    if (!text.starts_with(reserved_begin)) return std::nullopt;
    auto const digits = text.substr(reserved_begin.size(), text.size() - reserved_begin.size() - 2);
    token_id token = 0;
    auto const [stop, why] = std::from_chars(digits.data(), digits.data() + digits.size(), token);
    if (why != std::errc{} || stop != digits.data() + digits.size() || digits.size() != 6) return std::nullopt;
    return is_reserved(which, token) ? std::optional{token} : std::nullopt;
}

}  // namespace

std::optional<special_match> find_special(token_encoding which, std::string_view text) {
    for (auto at = text.find("<|"); at != std::string_view::npos; at = text.find("<|", at + 1)) {
        constexpr std::size_t longest = 24;
        auto const end = text.substr(at, longest).find("|>");
        if (end == std::string_view::npos) continue;
        auto const size = end + 2;
        if (auto const token = special_of(which, text.substr(at, size))) return special_match{at, size, *token};
    }
    return std::nullopt;
}

std::string special_text(token_encoding which, token_id token) {
    for (auto const& one : specials_of(which))
        if (one.token == token) return std::string{one.text};
    return is_reserved(which, token) ? std::string{reserved_begin} + std::to_string(token) + "|>" : std::string{};
}

}  // namespace coax::tokens::detail
