#include "bind/reader.hpp"
#include "bind/type_names.hpp"

#include <cstring>

namespace coax::bind::detail {

void reader::skip_markdown(type_descriptor const& type) {
    skip_space();
    auto const bracket = bracket_of(type);
    if (bracket != '\0' && peek() == bracket) return;
    if (options_.leniency.prose && bracket != '\0') {
        skip_prose(bracket);
        if (peek() == bracket) return;
    }
    if (options_.leniency.code_fences) in_code_fence_ = skip_code_fence();
}

char reader::bracket_of(type_descriptor const& type) {
    if (type.what == kind::converted) return bracket_of(*type.inner);
    if (type.what == kind::variant) return common_bracket(*type.variant);
    char const opening = opening_of(type.what);
    return opening == '"' ? '\0' : opening;
}

char reader::common_bracket(variant_descriptor const& variant) {
    char const first = bracket_of(*variant.alternatives[0].type);
    for (std::size_t i = 1; i < variant.count; ++i)
        if (bracket_of(*variant.alternatives[i].type) != first) return '\0';
    return first;
}

/// Goes to the first bracket that begins a complete value; else to the first bracket; else nowhere.
void reader::skip_prose(char bracket) {
    constexpr int most_tries = 16;
    char const* const begin = at_;
    char const* first = nullptr;
    char const* found = begin;
    for (int tries = 0; tries < most_tries; ++tries) {
        found = static_cast<char const*>(std::memchr(found, bracket, static_cast<std::size_t>(end_ - found)));
        if (found == nullptr) break;
        if (first == nullptr) first = found;
        at_ = found;
        bool const whole = skip_value();
        clear_violations();
        if (whole) {
            at_ = found;
            return;
        }
        ++found;
    }
    at_ = first != nullptr ? first : begin;
}

void reader::clear_violations() {
    violations_.clear();
    is_malformed_ = false;
    restore_depth(0);
}

bool reader::skip_code_fence() {
    if (!take_word("```")) return false;
    while (at_ != end_ && *at_ != '\n' && *at_ != '{' && *at_ != '[' && *at_ != '"') ++at_;
    return true;
}

bool reader::expect_document_end() {
    if (options_.leniency.prose) return true;
    skip_space();
    if (options_.leniency.code_fences && (in_code_fence_ || peek() == '`')) static_cast<void>(take_word("```"));
    return expect_end();
}

}  // namespace coax::bind::detail
