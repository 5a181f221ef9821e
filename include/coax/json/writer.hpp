#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace coax::json {

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text);

void append_number(std::string& out, long long value);
void append_number(std::string& out, unsigned long long value);

/// The fewest digits that read back as the same value; `null` for NaN and infinities.
void append_number(std::string& out, double value);

/// Builds JSON text front to back, with the commas in their places. It trusts the caller to close what was opened
/// and to put a key before each member.
class writer {
public:
    /// Appends to `out`, which must outlive the writer.
    explicit writer(std::string& out) noexcept : out_{out}, start_{out.size()} {}

    writer& begin_object() { return open('{'); }
    writer& end_object() { return close('}'); }
    writer& begin_array() { return open('['); }
    writer& end_array() { return close(']'); }
    writer& key(std::string_view name) {
        separate();
        append_string(out_, name);
        out_ += ':';
        return *this;
    }

    writer& value(std::string_view text) {
        separate();
        append_string(out_, text);
        return *this;
    }
    writer& value(char const* text) { return value(std::string_view{text}); }
    writer& value(bool flag) { return raw(flag ? "true" : "false"); }
    writer& value(double number) {
        separate();
        append_number(out_, number);
        return *this;
    }
    template <std::integral T>
    writer& value(T number) {
        separate();
        if constexpr (std::signed_integral<T>)
            append_number(out_, static_cast<long long>(number));
        else
            append_number(out_, static_cast<unsigned long long>(number));
        return *this;
    }
    writer& null() { return raw("null"); }

    /// Appends text that is JSON already.
    writer& raw(std::string_view json) {
        separate();
        out_ += json;
        return *this;
    }

    /// Appends any type that coax can write; needs <coax/json/write.hpp>.
    template <class T>
    writer& write(T const& value);

    /// `key(name).value(thing)`.
    template <class T>
    writer& member(std::string_view name, T const& thing) {
        return key(name).value(thing);
    }

private:
    void separate() {
        if (out_.size() == start_) return;
        char const last = out_.back();
        if (last != '{' && last != '[' && last != ':') out_ += ',';
    }
    writer& open(char bracket) {
        separate();
        out_ += bracket;
        return *this;
    }
    writer& close(char bracket) {
        out_ += bracket;
        return *this;
    }

    std::string& out_;
    std::size_t start_;
};

}  // namespace coax::json
