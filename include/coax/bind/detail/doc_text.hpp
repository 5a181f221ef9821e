#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <string_view>

/// Whether a text in a documentation is JSON, or a pattern. All of this runs in the compiler.
namespace coax::bind::detail {

// --- JSON ---

constexpr bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_json_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes one JSON value after another off a text.
struct json_checker {
    std::string_view rest;

    constexpr char peek() const { return rest.empty() ? '\0' : rest.front(); }
    constexpr void skip_space() {
        while (!rest.empty() && is_json_space(rest.front())) rest.remove_prefix(1);
    }
    constexpr bool take(std::string_view word) {
        if (!rest.starts_with(word)) return false;
        rest.remove_prefix(word.size());
        return true;
    }
    constexpr bool take_digits() {
        auto const before = rest.size();
        while (is_json_digit(peek())) rest.remove_prefix(1);
        return rest.size() != before;
    }
    constexpr bool take_number() {
        static_cast<void>(take("-"));
        if (!take("0") && !take_digits()) return false;
        if (take(".") && !take_digits()) return false;
        if (!take("e") && !take("E")) return true;
        if (!take("+")) static_cast<void>(take("-"));
        return take_digits();
    }
    constexpr bool take_string() {
        if (!take("\"")) return false;
        while (!rest.empty() && peek() != '"') {
            if (static_cast<unsigned char>(peek()) < ' ') return false;
            if (take("\\") && (rest.empty() || std::string_view{"\"\\/bfnrtu"}.find(peek()) == std::string_view::npos))
                return false;
            rest.remove_prefix(1);
        }
        return take("\"");
    }
    constexpr bool take_members(std::string_view close, bool keyed) {
        skip_space();
        if (take(close)) return true;
        do {
            skip_space();
            if (keyed && !take_string()) return false;
            skip_space();
            if ((keyed && !take(":")) || !take_value()) return false;
        } while (take(","));
        return take(close);
    }
    constexpr bool take_value() {
        skip_space();
        bool const whole = take("{")       ? take_members("}", true)
                           : take("[")     ? take_members("]", false)
                           : peek() == '"' ? take_string()
                                           : take("true") || take("false") || take("null") || take_number();
        skip_space();
        return whole;
    }
};

constexpr bool is_json(std::string_view text) {
    json_checker checker{text};
    return checker.take_value() && checker.rest.empty();
}

// --- patterns ---

/// Finds what no expression can have: what never closes, repeats nothing, or is out of order.
struct pattern_checker {
    std::string_view rest;
    int groups{0};

    constexpr char take() {
        char const c = rest.front();
        rest.remove_prefix(1);
        return c;
    }
    constexpr bool take(std::string_view word) {
        if (!rest.starts_with(word)) return false;
        rest.remove_prefix(word.size());
        return true;
    }
    /// Takes the rest of [...], behind the bracket.
    constexpr bool take_class() {
        static_cast<void>(take("^"));
        int before = -1;  // what a range could begin with
        bool is_first = true;
        while (!rest.empty() && (is_first || rest.front() != ']')) {
            is_first = false;
            if (take("[:")) {
                auto const end = rest.find(":]");
                if (end == std::string_view::npos) return false;
                rest.remove_prefix(end + 2);
                before = -1;
                continue;
            }
            auto const c = static_cast<unsigned char>(take());
            bool const is_range = c == '-' && before >= 0 && !rest.empty() && rest.front() != ']';
            if (is_range && rest.front() != '\\' && rest.front() != '[' &&
                static_cast<unsigned char>(rest.front()) < before)
                return false;
            if (c == '\\') {
                if (rest.empty()) return false;
                take();
            }
            before = c == '\\' || c >= 0x80 || is_range ? -1 : c;
            if (is_range && rest.front() != '\\' && rest.front() != '[') take();
        }
        return take("]");
    }
    /// Takes {m,n} if it is one. False: its bounds are in the wrong order.
    constexpr bool take_counts() {
        auto const end = rest.find('}');
        if (end == std::string_view::npos) return true;
        auto const inside = rest.substr(0, end);
        long long bounds[2] = {0, 0};
        int index = 0;
        for (char const c : inside) {
            if (c == ',' && index == 0)
                index = 1;
            else if (is_json_digit(c))
                bounds[index] = bounds[index] > 100'000 ? bounds[index] : bounds[index] * 10 + (c - '0');
            else
                return true;
        }
        bool const is_open = inside.empty() || inside.back() == ',' || inside.front() == ',';
        return is_open || index == 0 || bounds[0] <= bounds[1];
    }
    constexpr bool check() {
        if (rest.find("\\Q") != std::string_view::npos || rest.find("(?x") != std::string_view::npos) return true;
        int open = 0;
        bool repeats_nothing = true;
        while (!rest.empty()) {
            char const c = take();
            if ((c == '*' || c == '+' || c == '?') && repeats_nothing) return false;
            repeats_nothing = c == '|' || c == '(';
            if (c == '\\') {
                if (rest.empty()) return false;
                take();
            } else if (c == '[') {
                if (!take_class()) return false;
            } else if (c == '(') {
                ++open;
                if (take("?") || take("*")) repeats_nothing = false;
            } else if (c == ')') {
                if (open-- == 0) return false;
            } else if (c == '{' && !take_counts()) {
                return false;
            }
        }
        return open == 0;
    }
};

constexpr bool is_pattern(std::string_view text) { return pattern_checker{text}.check(); }

}  // namespace coax::bind::detail
