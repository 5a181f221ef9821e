#include "json/internal/text.hpp"

#include <coax/bind/detail/formatted_types.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>

namespace coax::bind::detail {
namespace {

__extension__ using int128 = __int128;  // seconds times ticks

constexpr long long nanoseconds_each = 1'000'000'000;

/// Takes parts off the front of a text; after one wrong part `is_good` is false.
class part_reader {
public:
    explicit part_reader(std::string_view text) : rest_{text} {}

    int number(std::size_t width) {
        int value = 0;
        for (std::size_t i = 0; i < width; ++i) value = value * 10 + (one_of("0123456789") - '0');
        return value;
    }
    char one_of(std::string_view choices) {
        if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) {
            fail();
            return '\0';
        }
        char const found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }
    bool skip(char wanted) {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// All digits that follow; at least one.
    long long digits() {
        long long value = 0;
        std::size_t count = 0;
        for (; count < rest_.size() && json::detail::is_digit(rest_[count]); ++count) {
            if (count == 17) return fail();
            value = value * 10 + (rest_[count] - '0');
        }
        if (count == 0) return fail();
        rest_.remove_prefix(count);
        return value;
    }
    /// Decimals behind a point or comma, as nanoseconds; those beyond are dropped.
    int fraction(std::string_view points) {
        if (rest_.empty() || points.find(rest_.front()) == std::string_view::npos) return 0;
        rest_.remove_prefix(1);
        int value = 0;
        std::size_t count = 0;
        for (; count < rest_.size() && json::detail::is_digit(rest_[count]); ++count)
            if (count < 9) value = value * 10 + (rest_[count] - '0');
        if (count == 0) return fail();
        rest_.remove_prefix(count);
        for (; count < 9; ++count) value *= 10;
        return value;
    }
    int fail() {
        good_ = false;
        return 0;
    }
    [[nodiscard]] bool is_empty() const { return rest_.empty(); }
    [[nodiscard]] bool is_good() const { return good_; }
    [[nodiscard]] bool is_done() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_{true};
};

std::chrono::year_month_day take_date(part_reader& parts) {
    int const year = parts.number(4);
    parts.one_of("-");
    int const month = parts.number(2);
    parts.one_of("-");
    int const day = parts.number(2);
    return {std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
            std::chrono::day{static_cast<unsigned>(day)}};
}

/// The last digits of a number, with zeros before it. Not by `printf`: each line of a batch has a time.
template <int Digits>
void append_digits(std::string& out, int number) {
    std::array<char, Digits> text;
    for (int i = Digits; i-- > 0; number /= 10)
        text[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
    out.append(text.data(), text.size());
}

void append_fraction(std::string& out, int nanoseconds) {
    if (nanoseconds == 0) return;
    out += '.';
    append_digits<9>(out, nanoseconds);
    out.erase(out.find_last_not_of('0') + 1);
}

bool fits_long_long(int128 value) {
    return value >= std::numeric_limits<long long>::min() && value <= std::numeric_limits<long long>::max();
}

bool store(int128 seconds, long long nanoseconds, moment& into) {
    if (!fits_long_long(seconds)) return false;
    into = {static_cast<long long>(seconds), static_cast<int>(nanoseconds)};
    return true;
}

struct clock_time {
    int hour;
    int minute;
    int second;
    int nanoseconds;
    int offset_minutes;
};

/// The part of RFC 3339 behind the date.
clock_time take_clock(part_reader& parts) {
    clock_time clock{};
    clock.hour = parts.number(2);
    parts.one_of(":");
    clock.minute = parts.number(2);
    parts.one_of(":");
    clock.second = parts.number(2);
    clock.nanoseconds = parts.fraction(".");
    char const zone = parts.one_of("Zz+-");
    if (zone == '+' || zone == '-') {
        int const hour = parts.number(2);
        parts.one_of(":");
        int const minute = parts.number(2);
        if (hour > 23 || minute > 59) parts.fail();
        clock.offset_minutes = (zone == '-' ? -1 : 1) * (hour * 60 + minute);
    }
    // 60 is a leap second, the last of a day in UTC, and read as the first moment of the next minute.
    auto const minute_of_day = clock.hour * 60 + clock.minute - clock.offset_minutes;
    bool const is_last_minute = (minute_of_day + 1) % (24 * 60) == 0;
    if (clock.hour > 23 || clock.minute > 59 || clock.second > (is_last_minute ? 60 : 59)) parts.fail();
    return clock;
}

}  // namespace

bool parse_date_time(std::string_view text, moment& into) {
    part_reader parts{text};
    auto const date = take_date(parts);
    parts.one_of("Tt ");
    auto const clock = take_clock(parts);
    if (!parts.is_done() || !date.ok()) return false;
    auto const days = std::chrono::sys_days{date}.time_since_epoch().count();
    into.seconds = days * 86400LL + clock.hour * 3600LL + (clock.minute - clock.offset_minutes) * 60LL + clock.second;
    into.nanoseconds = clock.nanoseconds;
    return true;
}

bool is_time_of_day(std::string_view text) {
    part_reader parts{text};
    static_cast<void>(take_clock(parts));
    return parts.is_done();
}

bool append_date_time(std::string& out, moment time) {
    auto const days = time.seconds / 86400 - (time.seconds % 86400 < 0 ? 1 : 0);
    if (!append_date(out, days)) return false;
    auto const second = static_cast<int>(time.seconds - days * 86400);
    out += 'T';
    append_digits<2>(out, second / 3600);
    out += ':';
    append_digits<2>(out, second / 60 % 60);
    out += ':';
    append_digits<2>(out, second % 60);
    append_fraction(out, time.nanoseconds);
    out += 'Z';
    return true;
}

bool parse_date(std::string_view text, long long& days) {
    part_reader parts{text};
    auto const date = take_date(parts);
    if (!parts.is_done() || !date.ok()) return false;
    days = std::chrono::sys_days{date}.time_since_epoch().count();
    return true;
}

bool append_date(std::string& out, long long days) {
    using namespace std::chrono;
    constexpr auto first = sys_days{year{0} / 1 / 1}.time_since_epoch().count();
    constexpr auto last = sys_days{year{9999} / 12 / 31}.time_since_epoch().count();
    if (days < first || days > last) return false;
    year_month_day const date{sys_days{std::chrono::days{days}}};
    append_digits<4>(out, static_cast<int>(date.year()));
    out += '-';
    append_digits<2>(out, static_cast<int>(static_cast<unsigned>(date.month())));
    out += '-';
    append_digits<2>(out, static_cast<int>(static_cast<unsigned>(date.day())));
    return true;
}

bool parse_duration(std::string_view text, moment& into) {
    part_reader parts{text};
    bool const negative = parts.skip('-');
    if (!negative) parts.skip('+');
    parts.one_of("P");
    constexpr std::string_view units = "WDTHMS";
    constexpr long long lengths[] = {604800, 86400, 0, 3600, 60, 1};
    int128 seconds = 0;
    int nanoseconds = 0;
    std::size_t next = 0;
    bool found = false;
    bool ended = false;
    while (parts.is_good() && !parts.is_empty() && !ended) {
        if (next <= 2 && parts.skip('T')) {
            next = 3;
            found = false;
            continue;
        }
        auto const count = parts.digits();
        nanoseconds = parts.fraction(".,");
        ended = nanoseconds != 0;  // only the smallest part may have a fraction
        auto const at = units.find(parts.one_of(next <= 2 ? "WD" : "HMS"));
        if (at == std::string_view::npos || at < next || (ended && units[at] != 'S')) return false;
        seconds += static_cast<int128>(count) * lengths[at];
        next = at + 1;
        found = true;
    }
    if (!parts.is_done() || !found) return false;
    if (!negative) return store(seconds, nanoseconds, into);
    return nanoseconds == 0 ? store(-seconds, 0, into) : store(-seconds - 1, nanoseconds_each - nanoseconds, into);
}

bool append_duration(std::string& out, moment span) {
    auto seconds = static_cast<int128>(span.seconds);
    if (seconds < 0) {
        out += '-';
        seconds = -seconds;
        if (span.nanoseconds != 0) {
            --seconds;
            span.nanoseconds = static_cast<int>(nanoseconds_each) - span.nanoseconds;
        }
    }
    auto const part = [&out](int128 count, char unit) {
        if (count != 0) out.append(std::to_string(static_cast<long long>(count))).append(1, unit);
    };
    out += 'P';
    part(seconds / 86400, 'D');
    auto const rest = seconds % 86400;
    if (rest == 0 && span.nanoseconds == 0) {
        if (seconds == 0) out += "T0S";
        return true;
    }
    out += 'T';
    part(rest / 3600, 'H');
    bool const has_hours_and_seconds = rest / 3600 != 0 && (rest % 60 != 0 || span.nanoseconds != 0);
    if (has_hours_and_seconds && rest / 60 % 60 == 0) out += "0M";  // RFC 3339 leaves no unit out in between
    part(rest / 60 % 60, 'M');
    if (rest % 60 == 0 && span.nanoseconds == 0) return true;
    out += std::to_string(static_cast<int>(rest % 60));
    append_fraction(out, span.nanoseconds);
    out += 'S';
    return true;
}

namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The six bits of each digit; 64: it is none.
constexpr auto base64_values = [] {
    std::array<unsigned char, 256> values{};
    values.fill(64);
    for (std::size_t i = 0; i < base64_digits.size(); ++i)
        values[static_cast<unsigned char>(base64_digits[i])] = static_cast<unsigned char>(i);
    return values;
}();

unsigned base64_value(char c) { return base64_values[static_cast<unsigned char>(c)]; }

}  // namespace

bool parse_base64(std::string_view text, std::vector<std::byte>& into) {
    into.clear();
    if (text.size() % 4 != 0) return false;
    std::size_t const padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    into.reserve(text.size() / 4 * 3);
    for (std::size_t at = 0; at < text.size(); at += 4) {
        unsigned bits = 0;
        std::size_t const digits = at + 4 == text.size() ? 4 - padding : 4;
        for (std::size_t i = 0; i < 4; ++i) {
            auto const value = i < digits ? base64_value(text[at + i]) : 0U;
            if (value == 64) return false;
            bits = bits << 6U | value;
        }
        for (std::size_t i = 0; i + 1 < digits; ++i) into.push_back(static_cast<std::byte>(bits >> (16U - 8U * i)));
        if (digits < 4 && (bits & (digits == 2 ? 0xFFFFU : 0xFFU)) != 0) return false;  // bits that nobody reads
    }
    return true;
}

void append_base64(std::string& out, std::byte const* bytes, std::size_t size) {
    for (std::size_t at = 0; at < size; at += 3) {
        unsigned bits = 0;
        auto const count = size - at < 3 ? size - at : 3;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8U | (i < count ? std::to_integer<unsigned>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) out += i <= count ? base64_digits[bits >> (18U - 6U * i) & 63U] : '=';
    }
}

bool to_ticks(moment time, long long num, long long den, bool exact, long long& ticks) {
    auto const all = (static_cast<int128>(time.seconds) * nanoseconds_each + time.nanoseconds) * den;
    auto const each = static_cast<int128>(num) * nanoseconds_each;
    auto whole = all / each;
    if (whole * each != all) {
        if (exact) return false;
        if (all < 0) --whole;
    }
    if (!fits_long_long(whole)) return false;
    ticks = static_cast<long long>(whole);
    return true;
}

bool from_ticks(long long ticks, long long num, long long den, moment& into) {
    auto const all = static_cast<int128>(ticks) * num;
    auto seconds = all / den;
    auto rest = all % den;
    if (rest < 0) {
        --seconds;
        rest += den;
    }
    return store(seconds, static_cast<long long>(rest * nanoseconds_each / den), into);
}

bool from_real_seconds(double seconds, moment& into) {
    if (!(std::fabs(seconds) < 9e18)) return false;
    auto const whole = std::floor(seconds);
    auto nanoseconds = std::llround((seconds - whole) * 1e9);
    auto count = static_cast<long long>(whole);
    if (nanoseconds == nanoseconds_each) {
        ++count;
        nanoseconds = 0;
    }
    return store(count, nanoseconds, into);
}

}  // namespace coax::bind::detail
