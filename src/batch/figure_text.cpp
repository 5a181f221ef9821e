#include "batch/internal/figure_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace coax::detail {
namespace {

template <class... Values>
std::string formatted(char const* form, Values... values) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), form, values...);
    return text.data();
}

}  // namespace

std::string grouped(std::uint64_t count) {
    auto text = std::to_string(count);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

std::string short_count(double count) {
    if (count < 999.5) return decimal_text(count, count < 10 ? 1 : 0);
    auto const* unit = "k";
    count /= 1e3;
    for (auto const* const next : {"M", "G", "T"})
        if (count >= 999.5) count /= 1e3, unit = next;
    return decimal_text(count, count < 99.95 ? 1 : 0) + unit;
}

std::string span_text(std::chrono::milliseconds span) {
    auto const all = span.count();
    if (all < 1000) return std::to_string(all) + " ms";
    if (all < 59'950) return formatted("%.1f s", static_cast<double>(all) / 1000);
    auto const seconds = std::chrono::round<std::chrono::seconds>(span).count();
    if (seconds < 3600)
        return std::to_string(seconds / 60) + " min " + formatted("%02d s", static_cast<int>(seconds % 60));
    auto const minutes = seconds / 60;
    if (minutes < 1440)
        return std::to_string(minutes / 60) + " h " + formatted("%02d min", static_cast<int>(minutes % 60));
    return std::to_string(minutes / 1440) + " d " + std::to_string(minutes / 60 % 24) + " h";
}

std::string clock_text(std::chrono::milliseconds span) {
    auto const whole = static_cast<long long>(std::chrono::ceil<std::chrono::seconds>(span).count());
    if (whole < 3600) return formatted("%lld:%02lld", whole / 60, whole % 60);
    return formatted("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string money_text(usd amount) {
    auto const dollars = static_cast<double>(amount.picos) / 1e12;
    if (dollars >= 1000) return '$' + grouped(static_cast<std::uint64_t>(std::llround(dollars)));
    if (dollars >= 1 || dollars <= 0) return formatted("$%.2f", dollars);
    int const digits = 2 - static_cast<int>(std::floor(std::log10(dollars)));
    return '$' + formatted("%.*f", std::min(digits, 12), dollars);
}

std::string percent_text(double share) {
    auto const percent = share * 100;
    if (percent <= 0 || percent >= 100) return percent <= 0 ? "0 %" : "100 %";
    if (percent > 99.9) return "99.9 %";
    if (percent < 0.01) return "< 0.01 %";
    return decimal_text(percent, percent < 1 ? 2 : percent < 10 || percent > 99 ? 1 : 0) + " %";
}

std::string decimal_text(double number, int decimals) {
    auto text = formatted("%.*f", decimals, number);
    if (text.find('.') == std::string::npos) return text;
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string html_text(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (char const c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
        }
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string{text};
    auto end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return std::string{text.substr(0, end)} + "…";
}

}  // namespace coax::detail
