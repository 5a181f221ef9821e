#include "bind/internal/format.hpp"

#include "bind/internal/pattern.hpp"
#include "json/internal/text.hpp"

#include <coax/bind/detail/formatted_types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

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

/// Source: RFC 3339, appendix A. Besides, what coax and pydantic write: a sign, and a fraction of the seconds.
constexpr char duration[] = R"(^-?P(?=[\dT])(\d+W|(\d+Y(\d+M(\d+D)?)?|\d+M(\d+D)?|\d+D)?)"
                            R"((T(?=\d)(\d+H(?!\d+S|\d+\.))?(\d+M)?(\d+(\.\d+)?S)?)?)$)";
/// Source: RFC 1123, section 2.1.
constexpr char hostname[] = R"(^(?=.{1,253}$)(?!-)[A-Za-z\d-]{1,63}(?<!-)(\.(?!-)[A-Za-z\d-]{1,63}(?<!-))*$)";
/// What no internationalized label may have. Source: RFC 5892, section 2 and appendix A.
constexpr char no_label[] =
    R"(^\p{M}|^.?-|-$|^..--|[\x{302e}\x{302f}\x{640}\x{7fa}\x{3031}-\x{3035}\x{303b}])"
    R"(|(?<!l)\x{b7}|\x{b7}(?!l)|\x{375}(?!\p{Greek})|(?<!\p{Hebrew})[\x{5f3}\x{5f4}])"
    R"(|^[^\p{Hiragana}\p{Katakana}\p{Han}]*\x{30fb}[^\p{Hiragana}\p{Katakana}\p{Han}]*$)"
    R"(|[\x{660}-\x{669}].*[\x{6f0}-\x{6f9}]|[\x{6f0}-\x{6f9}].*[\x{660}-\x{669}])"
    R"(|(?<![\x{94d}\x{9cd}\x{a4d}\x{acd}\x{b4d}\x{bcd}\x{c4d}\x{ccd}\x{d4d}\x{dca}\x{e3a}\x{f84}\x{1039}])\x{200d})";
constexpr char ipv4[] = R"(^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$)";
/// Of the local part of an e-mail address.
constexpr char quoted_string[] = R"(^"([^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"$)";
constexpr char uuid[] = R"(^[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}$)";
/// Source: RFC 3986, section 3. What is in brackets is looked at on its own.
constexpr char uri[] =
    R"(^[A-Za-z][A-Za-z\d+.-]*:)"
    R"((//([\w.~!$&'()*+,;=:%-]*@)?(\[[\da-fA-FvV:.]+\]|[\w.~!$&'()*+,;=%-]*)(:\d*)?(?=[/?#]|$)|(?!//)))"
    R"(([\w.~:/?@!$&'()*+,;=-]|%[\da-fA-F]{2})*(#([\w.~:/?@!$&'()*+,;=-]|%[\da-fA-F]{2})*)?$)";

/// What an A-label stands for. Source: RFC 3492, section 6.2.
bool decode_punycode(std::string_view label, std::u32string& into) {
    auto const split = label.rfind('-');
    into.assign(label.begin(), label.begin() + (split == label.npos ? 0 : static_cast<std::ptrdiff_t>(split)));
    if (split != label.npos) label.remove_prefix(split + 1);
    std::uint32_t code = 128;
    std::uint32_t at = 0;
    std::uint32_t bias = 72;
    while (!label.empty()) {
        auto const before = at;
        std::uint32_t weight = 1;
        for (std::uint32_t k = 36;; k += 36) {
            if (label.empty()) return false;
            char const c = label.front();
            label.remove_prefix(1);
            auto const digit = static_cast<std::uint32_t>(is_digit(c) ? c - '0' + 26 : (c | 0x20) - 'a');
            if (weight > 0xFFFFFFU || (at += digit * weight) > 0xFFFFFFFU) return false;
            auto const threshold = std::clamp<std::uint32_t>(k > bias ? k - bias : 0, 1, 26);
            if (digit < threshold) break;
            weight *= 36 - threshold;
        }
        auto const count = static_cast<std::uint32_t>(into.size()) + 1;
        auto delta = (at - before) / (before == 0 ? 700 : 2);
        delta += delta / count;
        for (bias = 0; delta > 455; bias += 36) delta /= 35;
        bias += 36 * delta / (delta + 38);
        code += at / count;
        at %= count;
        if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
        into.insert(into.begin() + at++, code);
    }
    return !into.empty();
}

/// Whether an A-label, without its "xn--", stands for a label that may be. Source: RFC 5891, section 5.4.
bool is_a_label(std::string_view label) {
    std::u32string decoded;
    if (!decode_punycode(label, decoded)) return false;
    std::string text;
    for (char32_t const c : decoded) {
        char bytes[4];
        text.append(bytes, json::detail::write_utf8(bytes, c));
    }
    return !matches<no_label>(text);
}

bool is_hostname(std::string_view text) {
    if (!matches<hostname>(text)) return false;
    while (!text.empty()) {
        auto const size = std::min(text.find('.'), text.size());
        auto const label = text.substr(0, size);
        bool const has_hyphens = label.size() > 3 && label.substr(2, 2) == "--";
        bool const is_encoded = has_hyphens && (label[0] | 0x20) == 'x' && (label[1] | 0x20) == 'n';
        if (has_hyphens && (!is_encoded || !is_a_label(label.substr(4)))) return false;
        text.remove_prefix(std::min(size + 1, text.size()));
    }
    return true;
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

/// The part of an e-mail address before the @. Source: RFC 5321, section 4.1.2.
bool is_local_part(std::string_view local) {
    if (local.empty() || local.size() > 64) return false;
    if (local.front() == '"') return matches<quoted_string>(local);
    if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
    return all_of(local, [](char c) {
        return static_cast<unsigned char>(c) >= 0x80 || is_letter(c) || is_digit(c) ||
               std::string_view{".!#$%&'*+/=?^_`{|}~-"}.find(c) != std::string_view::npos;
    });
}

bool is_mail_domain(std::string_view domain) {
    if (!domain.starts_with('[') || !domain.ends_with(']')) return is_hostname(domain);
    auto const address = domain.substr(1, domain.size() - 2);
    constexpr std::string_view tag = "IPv6:";
    return address.starts_with(tag) ? is_ipv6(address.substr(tag.size())) : matches<ipv4>(address);
}

bool is_email(std::string_view text) {
    auto const at = text.rfind('@');
    return at != std::string_view::npos && is_local_part(text.substr(0, at)) && is_mail_domain(text.substr(at + 1));
}

bool is_uri(std::string_view text) {
    if (!matches<uri>(text)) return false;
    auto const open = text.find('[');
    if (open == std::string_view::npos) return true;
    auto const host = text.substr(open + 1, text.find(']') - open - 1);
    return host.starts_with('v') || host.starts_with('V') || is_ipv6(host);
}

constexpr std::array rules{
    format_rule{"date-time", "a date and time such as \"2026-11-20T23:15:00Z\"", &is_date_time},
    format_rule{"date", "a date such as \"2026-11-20\"", &is_date},
    format_rule{"time", "a time such as \"23:15:00Z\"", &is_time_of_day},
    format_rule{"duration", "a duration such as \"P1DT2H30M\"", &matches<duration>},
    format_rule{"email", "an e-mail address", &is_email},
    format_rule{"hostname", "a host name", &is_hostname},
    format_rule{"ipv4", "an IPv4 address", &matches<ipv4>},
    format_rule{"ipv6", "an IPv6 address", &is_ipv6},
    format_rule{"uri", "a URI", &is_uri},
    format_rule{"uuid", "a UUID", &matches<uuid>},
};

}  // namespace

format_rule find_format(std::string_view format) {
    for (auto const& each : rules)
        if (each.format == format) return each;
    return {};
}

}  // namespace coax::bind::detail
