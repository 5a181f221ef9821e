#include "bind/internal/format.hpp"

#include "bind/internal/pattern.hpp"
#include "json/internal/text.hpp"

#include <coax/bind/detail/formatted_types.hpp>

#include <algorithm>
#include <array>

namespace coax::bind::detail {
namespace {

using json::detail::is_digit;
using json::detail::is_hex_digit;
using json::detail::is_letter;

bool all_of(std::string_view text, bool (*holds)(char)) { return std::all_of(text.begin(), text.end(), holds); }

bool is_date_time(std::string_view text) {
    moment time{};
    return parse_date_time(text, time);
}

bool is_date(std::string_view text) {
    long long days = 0;
    return parse_date(text, days);
}

/// Whether the text matches a pattern that is a literal.
template <char const* Pattern>
bool matches(std::string_view text) {
    return match_pattern(Pattern, text) == pattern_outcome::matches;
}

/// ISO 8601, years and months included: only a value that is read as a length of time refuses those.
constexpr char duration[] = R"(^[-+]?P(?=[T\d])(\d+([.,]\d+)?W|(\d+([.,]\d+)?Y)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?D)?)"
                            R"((T(?=\d)(\d+([.,]\d+)?H)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?S)?)?)$)";
/// Source: RFC 1123, section 2.1.
constexpr char hostname[] = R"(^(?=.{1,253}$)(?!-)[A-Za-z\d-]{1,63}(?<!-)(\.(?!-)[A-Za-z\d-]{1,63}(?<!-))*$)";
constexpr char ipv4[] = R"(^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$)";
constexpr char uuid[] = R"(^[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}$)";
/// A scheme, a colon and characters that RFC 3986 allows.
constexpr char uri[] = R"(^[A-Za-z][A-Za-z\d+.-]*:([A-Za-z\d._~:/?#[\]@!$&'()*+,;=-]|%[\da-fA-F]{2})*$)";

bool is_email(std::string_view text) {
    auto const at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at > 64) return false;
    auto const local = text.substr(0, at);
    if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
    bool const plain = all_of(local, [](char c) {
        return static_cast<unsigned char>(c) >= 0x80 || is_letter(c) || is_digit(c) ||
               std::string_view{".!#$%&'*+/=?^_`{|}~-"}.find(c) != std::string_view::npos;
    });
    return plain && matches<hostname>(text.substr(at + 1));
}

/// Source: RFC 4291, section 2.2.
bool is_ipv6(std::string_view text) {
    std::size_t groups = 0;
    bool gap = text.starts_with("::");
    if (gap) text.remove_prefix(2);
    while (!text.empty()) {
        if (groups <= 6 && text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
            if (!matches<ipv4>(text)) return false;
            groups += 2;
            break;
        }
        auto const size = std::min(text.find(':'), text.size());
        if (size == 0 || size > 4 || !all_of(text.substr(0, size), is_hex_digit)) return false;
        ++groups;
        text.remove_prefix(size);
        if (text.empty()) break;
        text.remove_prefix(1);
        if (text.starts_with(':')) {
            if (gap) return false;
            gap = true;
            text.remove_prefix(1);
        } else if (text.empty()) {
            return false;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

constexpr std::array rules{
    format_rule{"date-time", "a date and time such as \"2026-11-20T23:15:00Z\"", &is_date_time},
    format_rule{"date", "a date such as \"2026-11-20\"", &is_date},
    format_rule{"time", "a time such as \"23:15:00Z\"", &is_time_of_day},
    format_rule{"duration", "a duration such as \"P1DT2H30M\"", &matches<duration>},
    format_rule{"email", "an e-mail address", &is_email},
    format_rule{"hostname", "a host name", &matches<hostname>},
    format_rule{"ipv4", "an IPv4 address", &matches<ipv4>},
    format_rule{"ipv6", "an IPv6 address", &is_ipv6},
    format_rule{"uri", "a URI", &matches<uri>},
    format_rule{"uuid", "a UUID", &matches<uuid>},
};

}  // namespace

format_rule find_format(std::string_view format) {
    for (auto const& each : rules)
        if (each.format == format) return each;
    return {};
}

}  // namespace coax::bind::detail
