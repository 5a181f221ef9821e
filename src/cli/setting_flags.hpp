#pragma once

#include <coax/config/configuration.hpp>

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax::cli {

/// What the flags of a command state, as settings.
class setting_flags {
public:
    /// A flag that was not given states nothing.
    template <class T>
    setting_flags& add(char const* path, std::optional<T> const& value, char const* flag) {
        if (value) stated_.push_back({path, text_of(*value), flag});
        return *this;
    }
    /// Nor does an empty text.
    setting_flags& add_text(char const* path, std::string const& text, char const* flag) {
        if (!text.empty()) stated_.push_back({path, text, flag});
        return *this;
    }
    /// A switch states only that it is on.
    setting_flags& add_switch(char const* path, bool value, char const* flag) {
        if (value) stated_.push_back({path, "true", flag});
        return *this;
    }
    /// A flag in seconds.
    setting_flags& add_seconds(char const* path, std::optional<double> const& seconds, char const* flag) {
        if (seconds) {
            auto const milliseconds = static_cast<std::int64_t>(*seconds * 1000.0);
            stated_.push_back({path, std::to_string(milliseconds) + "ms", flag});
        }
        return *this;
    }

    [[nodiscard]] std::vector<setting> take() && { return std::move(stated_); }

private:
    template <std::integral T>
    static std::string text_of(T value) {
        return std::to_string(value);
    }
    static std::string text_of(double value) {
        char text[32];
        return {text, std::to_chars(text, text + sizeof text, value).ptr};
    }

    std::vector<setting> stated_{};
};

}  // namespace coax::cli
