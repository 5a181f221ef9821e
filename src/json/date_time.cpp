#include "date_time.hpp"

#include <cstdio>

namespace coax::json::detail {
namespace {

/// Takes fixed-width parts off the front of a text; one wrong part spoils all.
class part_reader {
public:
    explicit part_reader(std::string_view text) : rest_{text} {}

    int number(std::size_t width) {
        if (rest_.size() < width) return spoil();
        int value = 0;
        for (char const c : rest_.substr(0, width)) {
            if (c < '0' || c > '9') return spoil();
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(width);
        return value;
    }
    char one_of(std::string_view choices) {
        if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) {
            spoil();
            return '\0';
        }
        char const found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }
    void fraction() {
        if (rest_.empty() || rest_.front() != '.') return;
        rest_.remove_prefix(1);
        auto const digits = rest_.find_first_not_of("0123456789");
        if (digits == 0 || rest_.empty()) spoil();
        rest_.remove_prefix(digits == std::string_view::npos ? rest_.size() : digits);
    }
    [[nodiscard]] bool is_done() const { return good_ && rest_.empty(); }

private:
    int spoil() {
        good_ = false;
        return 0;
    }

    std::string_view rest_;
    bool good_{true};
};

}  // namespace

std::optional<std::chrono::sys_seconds> parse_date_time(std::string_view text) {
    using namespace std::chrono;
    part_reader parts{text};
    int const year_number = parts.number(4);
    parts.one_of("-");
    int const month_number = parts.number(2);
    parts.one_of("-");
    int const day_number = parts.number(2);
    parts.one_of("Tt ");
    int const hour = parts.number(2);
    parts.one_of(":");
    int const minute = parts.number(2);
    parts.one_of(":");
    int const second = parts.number(2);
    parts.fraction();
    char const zone = parts.one_of("Zz+-");
    int offset_hour = 0;
    int offset_minute = 0;
    if (zone == '+' || zone == '-') {
        offset_hour = parts.number(2);
        parts.one_of(":");
        offset_minute = parts.number(2);
    }
    year_month_day const date{year{year_number}, month{static_cast<unsigned>(month_number)},
                              day{static_cast<unsigned>(day_number)}};
    // 60 is a leap second: the first moment of the next minute.
    if (!parts.is_done() || !date.ok() || hour > 23 || minute > 59 || second > 60 || offset_hour > 23 ||
        offset_minute > 59)
        return std::nullopt;
    auto const offset = hours{offset_hour} + minutes{offset_minute};
    auto const local = sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
    return zone == '+' ? local - offset : local + offset;
}

std::string serialize_date_time(std::chrono::sys_seconds time) {
    using namespace std::chrono;
    auto const whole_days = floor<days>(time);
    year_month_day const date{whole_days};
    constexpr auto first = sys_days{year{0} / 1 / 1};
    constexpr auto last = sys_days{year{9999} / 12 / 31};
    if (whole_days < first || whole_days > last) return {};
    hh_mm_ss const clock{time - whole_days};
    char text[32];
    auto const size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                    static_cast<int>(clock.seconds().count()));
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace coax::json::detail
