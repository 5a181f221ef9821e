#pragma once

#include <coax/bind/detail/type_descriptor.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax::bind::detail {

/// A time since 1970, or a length of time, to the nanosecond, split as in POSIX's timespec: the nanoseconds count
/// upwards.
struct moment {
    long long seconds{0};
    int nanoseconds{0};
};

/// An RFC 3339 date-time, whatever its offset.
[[nodiscard]] bool parse_date_time(std::string_view text, moment& into);
/// "2026-11-20T23:15:00Z", with as many decimals as it needs. False for years that RFC 3339 cannot express.
[[nodiscard]] bool append_date_time(std::string& out, moment time);

/// Whether a text is what RFC 3339 has behind the date: a time with its offset.
[[nodiscard]] bool is_time_of_day(std::string_view text);

/// An RFC 3339 date, as days since 1970.
[[nodiscard]] bool parse_date(std::string_view text, long long& days);
[[nodiscard]] bool append_date(std::string& out, long long days);

/// An ISO 8601 duration of weeks, days, hours, minutes and seconds. Years and months have no length and are refused.
[[nodiscard]] bool parse_duration(std::string_view text, moment& into);
[[nodiscard]] bool append_duration(std::string& out, moment span);

/// Base64 with padding. Source: RFC 4648, section 4.
[[nodiscard]] bool parse_base64(std::string_view text, std::vector<std::byte>& into);
void append_base64(std::string& out, std::byte const* bytes, std::size_t size);

/// A count of ticks, each `num / den` seconds long. False: it does not fit, or not without a rest if it must be exact.
[[nodiscard]] bool to_ticks(moment time, long long num, long long den, bool exact, long long& ticks);
[[nodiscard]] bool from_ticks(long long ticks, long long num, long long den, moment& into);
[[nodiscard]] bool from_real_seconds(double seconds, moment& into);

template <class Duration>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

template <class T>
inline constexpr bool is_sys_time = false;
template <class Duration>
inline constexpr bool is_sys_time<std::chrono::sys_time<Duration>> = true;

/// std::chrono::year_month_day, known by what it does: its header is not needed here.
template <class T>
concept year_month_day_like = requires(T date) {
    date.year();
    date.month();
    date.day();
    date.ok();
    std::chrono::sys_days{date};
    T{std::chrono::sys_days{}};
};

/// Times coarser than a day, and days themselves, are dates.
template <class T>
concept calendar_date = std::is_same_v<T, std::chrono::sys_days> || year_month_day_like<T>;

template <class Duration>
bool to_duration(moment time, bool exact, Duration& into) {
    using rep = typename Duration::rep;
    using period = typename Duration::period;
    if constexpr (std::is_floating_point_v<rep>) {
        auto const seconds = static_cast<double>(time.seconds) + time.nanoseconds * 1e-9;
        into =
            Duration{static_cast<rep>(seconds * static_cast<double>(period::den) / static_cast<double>(period::num))};
        return true;
    } else {
        long long ticks = 0;
        if (!to_ticks(time, period::num, period::den, exact, ticks) || !std::in_range<rep>(ticks)) return false;
        into = Duration{static_cast<rep>(ticks)};
        return true;
    }
}

template <class Duration>
bool from_duration(Duration span, moment& into) {
    using period = typename Duration::period;
    if constexpr (std::is_floating_point_v<typename Duration::rep>)
        return from_real_seconds(
            static_cast<double>(span.count()) * static_cast<double>(period::num) / static_cast<double>(period::den),
            into);
    else
        return std::in_range<long long>(span.count()) &&
               from_ticks(static_cast<long long>(span.count()), period::num, period::den, into);
}

/// How a type that is a string of a certain form in JSON is read and written.
template <class T>
struct formatted_functions {};

template <class T>
concept formatted = requires { formatted_functions<T>::description; };

template <class T>
    requires(is_sys_time<T> && !std::is_same_v<T, std::chrono::sys_days>)
struct formatted_functions<T> {
    static bool read(std::string_view text, void* into) {
        moment time{};
        typename T::duration since{};
        if (!parse_date_time(text, time) || !to_duration(time, false, since)) return false;
        *static_cast<T*>(into) = T{since};
        return true;
    }
    static bool write(std::string& out, void const* value) {
        moment time{};
        return from_duration(static_cast<T const*>(value)->time_since_epoch(), time) && append_date_time(out, time);
    }
    static constexpr doc documentation{.format = "date-time"};
    static constexpr formatted_descriptor description{
        "a date and time", "2026-11-20T23:15:00Z", &documentation, {}, &read, &write};
};

template <calendar_date T>
struct formatted_functions<T> {
    static bool read(std::string_view text, void* into) {
        long long days = 0;
        if (!parse_date(text, days)) return false;
        *static_cast<T*>(into) = T{std::chrono::sys_days{std::chrono::days{days}}};
        return true;
    }
    static bool write(std::string& out, void const* value) {
        auto const& date = *static_cast<T const*>(value);
        if constexpr (year_month_day_like<T>)
            if (!date.ok()) return false;
        return append_date(out, std::chrono::sys_days{date}.time_since_epoch().count());
    }
    static constexpr doc documentation{.format = "date"};
    static constexpr formatted_descriptor description{"a date", "2026-11-20", &documentation, {}, &read, &write};
};

template <class T>
    requires is_duration<T>
struct formatted_functions<T> {
    static bool read(std::string_view text, void* into) {
        moment span{};
        return parse_duration(text, span) && to_duration(span, true, *static_cast<T*>(into));
    }
    static bool write(std::string& out, void const* value) {
        moment span{};
        return from_duration(*static_cast<T const*>(value), span) && append_duration(out, span);
    }
    static constexpr doc documentation{.format = "duration"};
    static constexpr formatted_descriptor description{"a duration", "P1DT2H30M", &documentation, {}, &read, &write};
};

template <>
struct formatted_functions<std::vector<std::byte>> {
    using bytes = std::vector<std::byte>;
    static bool read(std::string_view text, void* into) { return parse_base64(text, *static_cast<bytes*>(into)); }
    static bool write(std::string& out, void const* value) {
        auto const& held = *static_cast<bytes const*>(value);
        append_base64(out, held.data(), held.size());
        return true;
    }
    static constexpr formatted_descriptor description{"bytes in base64", "Y29heA==", nullptr, "base64", &read, &write};
};

}  // namespace coax::bind::detail
