#include <coax/tokens/usd.hpp>

#include <limits>

namespace coax {
namespace {

constexpr std::int64_t picos_per_dollar = 1'000'000'000'000;
constexpr int decimals = 12;

/// The end that a sum is beyond.
std::int64_t most(bool positive) noexcept {
    return positive ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

}  // namespace

usd& usd::operator+=(usd more) noexcept {
    if (__builtin_add_overflow(picos, more.picos, &picos)) picos = most(more.picos > 0);
    return *this;
}

usd& usd::operator-=(usd less) noexcept {
    if (__builtin_sub_overflow(picos, less.picos, &picos)) picos = most(less.picos < 0);
    return *this;
}

result<usd> usd::parse(std::string_view text) {
    auto const wrong = invalid_argument(
        std::string{text}, "must be an amount of US dollars up to 9,000,000, such as 2.50, with at most 12 decimals");
    if (text.starts_with('$')) text.remove_prefix(1);
    std::int64_t picos = 0;
    int digits = 0;
    int behind_point = -1;
    for (char const c : text) {
        if (c == '.' && behind_point < 0) {
            behind_point = 0;
            continue;
        }
        if (c < '0' || c > '9') return wrong;
        if (behind_point >= 0) ++behind_point;
        if (behind_point > decimals) return wrong;
        if (++digits > 18) return wrong;  // below 10^18, so nothing overflows here
        picos = picos * 10 + (c - '0');
    }
    if (digits == 0) return wrong;
    for (int i = behind_point < 0 ? 0 : behind_point; i < decimals; ++i)
        if (__builtin_mul_overflow(picos, 10, &picos)) return wrong;
    return picos > 9'000'000 * picos_per_dollar ? result<usd>{wrong} : usd{picos};
}

std::string to_string(usd amount) {
    bool const negative = amount.picos < 0;
    auto const picos =
        negative ? 0 - static_cast<std::uint64_t>(amount.picos) : static_cast<std::uint64_t>(amount.picos);
    auto rest = std::to_string(picos % picos_per_dollar);
    rest.insert(0, static_cast<std::size_t>(decimals) - rest.size(), '0');
    rest.erase(std::max<std::size_t>(rest.find_last_not_of('0') + 1, 2));
    return (negative ? "-" : "") + std::to_string(picos / picos_per_dollar) + '.' + rest;
}

}  // namespace coax
