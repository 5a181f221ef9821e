#pragma once

#include <charconv>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace coax::json::detail {

/// Appends to a string through a pointer into room made ahead. The string holds just what was put once the sink is
/// gone.
class text_sink {
public:
    explicit text_sink(std::string& out) : out_{out}, start_{out.size()}, at_{out.data() + out.size()}, end_{at_} {}
    text_sink(text_sink const&) = delete;
    text_sink& operator=(text_sink const&) = delete;
    ~text_sink() { settle(); }

    void put(char c) {
        if (at_ == end_) grow(1);
        *at_++ = c;
    }
    void put(std::string_view text) {
        std::char_traits<char>::copy(room(text.size()), text.data(), text.size());  // which may be null and 0
        at_ += text.size();
    }
    /// As a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
    void put_string(std::string_view text);
    void put_number(long long value) { put_digits(value); }
    void put_number(unsigned long long value) { put_digits(value); }
    /// The fewest digits that read back as the same value; `null` for NaN and infinities.
    void put_number(double value);
    void put_number(float value);

    /// Lets another append to the string, in which then is just what was put.
    template <class Change>
    auto append_with(Change change) {
        settle();
        auto const outcome = change(out_);
        at_ = end_ = out_.data() + out_.size();
        return outcome;
    }

private:
    /// Room for so many bytes.
    [[nodiscard]] char* room(std::size_t bytes) {
        if (static_cast<std::size_t>(end_ - at_) < bytes) grow(bytes);
        return at_;
    }
    void grow(std::size_t bytes);
    void settle() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }
    void put_escape(unsigned char c);
    void put_repaired(char const* at, char const* end);
    template <class Number>
    void put_digits(Number value) {
        constexpr std::size_t longest = 32;
        char* const begin = room(longest);
        at_ = std::to_chars(begin, begin + longest, value).ptr;
    }

    std::string& out_;
    std::size_t start_;
    char* at_;
    char* end_;
};

}  // namespace coax::json::detail
