#include <coax/core/secret.hpp>

#include <openssl/crypto.h>

#include <cstddef>
#include <ostream>
#include <string_view>

namespace coax {

secret::~secret() { OPENSSL_cleanse(value_.data(), value_.size()); }

std::ostream& operator<<(std::ostream& out, secret const& key) { return out << (key.empty() ? "[none]" : "[secret]"); }

namespace {

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_word(std::string_view text, std::size_t at, std::size_t length) {
    bool const begins = at == 0 || !is_word_character(text[at - 1]);
    return begins && (at + length == text.size() || !is_word_character(text[at + length]));
}

}  // namespace

std::string redact(std::string text, secret const& key) {
    constexpr std::string_view mask{"[secret]"};
    constexpr std::size_t shortest = 4;
    constexpr std::size_t shortest_anywhere = 8;
    auto const& hidden = key.reveal();
    if (hidden.size() < shortest) return text;
    for (auto at = text.find(hidden); at != std::string::npos;) {
        bool const found = hidden.size() >= shortest_anywhere || is_word(text, at, hidden.size());
        if (found) text.replace(at, hidden.size(), mask);
        at = text.find(hidden, at + (found ? mask.size() : 1));
    }
    return text;
}

}  // namespace coax
