#pragma once

#include <CLI/CLI.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coax::cli {

/// The numbers that a flag takes, both ends included.
template <class T>
struct number_range {
    T least;
    T most{std::numeric_limits<T>::max()};
};

/// The range in words, for an error.
template <class T>
std::string to_string(number_range<T> const& range) {
    std::string const kind = std::is_integral_v<T> ? "a whole number" : "a number";
    auto const end = [](T value) {
        if constexpr (std::is_integral_v<T>) {
            return std::to_string(value);
        } else {
            std::array<char, 32> text{};
            auto const last =
                std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
            return std::string{text.data(), last};
        }
    };
    if (range.most == std::numeric_limits<T>::max()) return kind + " of at least " + end(range.least);
    return kind + " in [" + end(range.least) + ", " + end(range.most) + ']';
}

/// A number in decimal digits that is all of `text` and in the range: not "nan", "-1" for a count, "010" as 8 or "5 s".
template <class T>
std::optional<T> read_number(std::string_view text, number_range<T> const& range) {
    T value{};
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, value);
    bool const fits = value >= range.least && value <= range.most;  // NaN does not
    if (read.ec != std::errc{} || read.ptr != end || !fits) return std::nullopt;
    return value;
}

/// Adds a flag for a number. What is none, or is out of range, is wrong usage that names the flag and what it takes.
template <class T, class Target>
CLI::Option* add_number(CLI::App& command, std::string const& flag, Target& target, number_range<T> range,
                        std::string description) {
    auto const read = [&target, flag, range](std::string const& text) {
        auto const value = read_number<T>(text, range);
        if (!value) throw CLI::ValidationError(flag, "must be " + to_string(range) + ", is \"" + text + '"');
        if constexpr (std::same_as<Target, std::optional<T>>)
            target = value;
        else
            target = static_cast<Target>(*value);
    };
    return command.add_option_function<std::string>(flag, read, std::move(description))->type_name("NUMBER");
}

}  // namespace coax::cli
