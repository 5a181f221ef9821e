#include "bind/internal/format.hpp"

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

/// ISO 8601, years and months included: only a value that is read as a length of time refuses those.
bool is_duration_text(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (!text.starts_with('P') || text.size() < 2) return false;
    text.remove_prefix(1);
    std::string_view units = text.ends_with('W') ? "W" : "YMD";
    bool found = false;
    while (!text.empty()) {
        if (text.front() == 'T') {
            if (units == "HMS" || units == "MS" || units == "S") return false;
            units = "HMS";
            text.remove_prefix(1);
            found = false;
            continue;
        }
        auto const digits = std::min(text.find_first_not_of("0123456789.,"), text.size());
        if (digits == 0 || digits == text.size()) return false;
        auto const at = units.find(text[digits]);
        if (at == std::string_view::npos) return false;
        units.remove_prefix(at + 1);
        text.remove_prefix(digits + 1);
        found = true;
    }
    return found;
}

/// Source: RFC 1123, section 2.1.
bool is_hostname(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    while (true) {
        auto const dot = text.find('.');
        auto const label = text.substr(0, dot);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        if (!all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; })) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_email(std::string_view text) {
    auto const at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at > 64) return false;
    auto const local = text.substr(0, at);
    if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
    bool const plain = all_of(local, [](char c) {
        return static_cast<unsigned char>(c) >= 0x80 || is_letter(c) || is_digit(c) ||
               std::string_view{".!#$%&'*+/=?^_`{|}~-"}.find(c) != std::string_view::npos;
    });
    return plain && is_hostname(text.substr(at + 1));
}

bool is_ipv4(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        std::size_t const size = std::min(text.find('.'), text.size());
        auto const digits = text.substr(0, size);
        if (digits.empty() || digits.size() > 3 || !all_of(digits, is_digit)) return false;
        if (digits.size() > 1 && digits.front() == '0') return false;
        if (digits.size() == 3 && digits > "255") return false;
        text.remove_prefix(size);
        if (part < 3 && (text.empty() || text.front() != '.')) return false;
        if (part < 3) text.remove_prefix(1);
    }
    return text.empty();
}

/// Source: RFC 4291, section 2.2.
bool is_ipv6(std::string_view text) {
    std::size_t groups = 0;
    bool gap = text.starts_with("::");
    if (gap) text.remove_prefix(2);
    while (!text.empty()) {
        if (groups <= 6 && text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
            if (!is_ipv4(text)) return false;
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

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_hex_digit(text[i])) return false;
    }
    return true;
}

/// A scheme, a colon and something of the characters that RFC 3986 allows.
bool is_uri(std::string_view text) {
    auto const colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return false;
    if (!all_of(text.substr(0, colon),
                [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }))
        return false;
    auto rest = text.substr(colon + 1);
    for (std::size_t i = 0; i < rest.size(); ++i) {
        char const c = rest[i];
        if (c == '%' && (i + 2 >= rest.size() || !is_hex_digit(rest[i + 1]) || !is_hex_digit(rest[i + 2])))
            return false;
        if (!is_letter(c) && !is_digit(c) &&
            std::string_view{"-._~:/?#[]@!$&'()*+,;=%"}.find(c) == std::string_view::npos)
            return false;
    }
    return true;
}

constexpr std::array rules{
    format_rule{"date-time", "a date and time such as \"2026-11-20T23:15:00Z\"", &is_date_time},
    format_rule{"date", "a date such as \"2026-11-20\"", &is_date},
    format_rule{"time", "a time such as \"23:15:00Z\"", &is_time_of_day},
    format_rule{"duration", "a duration such as \"P1DT2H30M\"", &is_duration_text},
    format_rule{"email", "an e-mail address", &is_email},
    format_rule{"hostname", "a host name", &is_hostname},
    format_rule{"ipv4", "an IPv4 address", &is_ipv4},
    format_rule{"ipv6", "an IPv6 address", &is_ipv6},
    format_rule{"uri", "a URI", &is_uri},
    format_rule{"uuid", "a UUID", &is_uuid},
};

}  // namespace

format_rule find_format(std::string_view format) {
    for (auto const& each : rules)
        if (each.format == format) return each;
    return {};
}

}  // namespace coax::bind::detail
