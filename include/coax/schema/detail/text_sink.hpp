#pragma once

#include <coax/reflect/doc.hpp>

#include <cstddef>
#include <string_view>

namespace coax::schema::detail {

/// Writes JSON text into a buffer, or only counts its characters so that the buffer can be made.
class text_sink {
public:
    /// @param out  Null: the text is only counted.
    constexpr explicit text_sink(char* out) : out_{out} {}

    constexpr void add(char c) {
        if (out_ != nullptr) out_[size_] = c;
        ++size_;
    }
    constexpr void add(std::string_view text) {
        if (out_ != nullptr) copy(text);
        size_ += text.size();
    }
    /// Takes the text back to an earlier size.
    constexpr void shrink(std::size_t size) { size_ = size; }
    /// Adds the inside of a JSON string.
    constexpr void add_escaped(std::string_view text) {
        std::size_t plain = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            auto const c = static_cast<unsigned char>(text[i]);
            if (c >= 0x20 && c != '"' && c != '\\') continue;
            add(text.substr(plain, i - plain));
            add_escape(c);
            plain = i + 1;
        }
        add(text.substr(plain));
    }
    constexpr void add_string(std::string_view text) {
        add('"');
        add_escaped(text);
        add('"');
    }
    constexpr void add_number(unsigned long long number) {
        char digits[20]{};
        std::size_t count = 0;
        do {
            digits[count++] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        while (count != 0) add(digits[--count]);
    }
    constexpr void add_number(doc_number const& number) {
        if (number.kind == doc_number::form::real) {
            add_real(number.real);
        } else {
            if (number.integer < 0) add('-');
            auto const bits = static_cast<unsigned long long>(number.integer);
            add_number(number.integer < 0 ? 0 - bits : bits);
        }
    }

    // Objects, member by member.

    constexpr void open_object() {
        add('{');
        is_first_ = true;
    }
    constexpr void close_object() {
        add('}');
        is_first_ = false;
    }
    /// @param key  Needs no escape. Its value follows.
    constexpr void add_key(std::string_view key) {
        add(is_first_ ? "\"" : ",\"");
        is_first_ = false;
        add(key);
        add("\":");
    }
    constexpr void add_escaped_key(std::string_view key) {
        if (!is_first_) add(',');
        is_first_ = false;
        add_string(key);
        add(':');
    }
    /// A value is whole: another member of the object that holds it may follow.
    constexpr void end_member() { is_first_ = false; }

    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool is_counting() const { return out_ == nullptr; }

private:
    constexpr void copy(std::string_view text) {
#if defined(__clang__)
        if (!text.empty()) __builtin_memcpy(out_ + size_, text.data(), text.size());  // one step for the compiler
#else
        for (std::size_t i = 0; i < text.size(); ++i) out_[size_ + i] = text[i];
#endif
    }
    constexpr void add_escape(unsigned char c) {
        constexpr char digits[] = "0123456789abcdef";
        add('\\');
        if (c == '"' || c == '\\') {
            add(static_cast<char>(c));
        } else if (c == '\n') {
            add('n');
        } else if (c == '\t') {
            add('t');
        } else {
            add("u00");
            add(digits[c >> 4]);
            add(digits[c & 15]);
        }
    }
    /// The shortest decimal of up to 15 digits that is exactly this double, as a person would have written it;
    /// 17 digits and an exponent for the rest.
    constexpr void add_real(double number) {
        if (number < 0) {
            add('-');
            number = -number;
        }
        int exponent = 0;
        for (; number >= 1e15; ++exponent) number /= 10;
        for (; number != 0 && number < 1e-6; --exponent) number *= 10;
        double power = 1;
        int decimals = 0;
        auto digits = static_cast<unsigned long long>(number + 0.5);
        while (static_cast<double>(digits) / power != number && number * power * 10 < 9e15) {
            power *= 10;
            ++decimals;
            digits = static_cast<unsigned long long>(number * power + 0.5);
        }
        auto const scale = static_cast<unsigned long long>(power);
        add_number(digits / scale);
        if (decimals != 0) {
            add('.');
            auto fraction = digits % scale;
            for (auto place = scale / 10; place != 0; place /= 10) add(static_cast<char>('0' + fraction / place % 10));
        }
        if (exponent != 0) {
            add('e');
            add_number(doc_number{exponent});
        }
    }

    char* out_;
    std::size_t size_{0};
    bool is_first_{false};  ///< The next member is its object's first.
};

}  // namespace coax::schema::detail
