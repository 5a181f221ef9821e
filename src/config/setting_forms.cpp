#include "config/setting_forms.hpp"

#include <coax/core/error.hpp>
#include <coax/reflect/enums.hpp>

#include <charconv>

namespace coax::config::detail {
namespace {

constexpr int first_status = 100;
constexpr int last_status = 599;

std::optional<int> to_status(std::string_view text) {
    int status = 0;
    auto const* const end = text.data() + text.size();
    auto const read = std::from_chars(text.data(), end, status);
    bool const is_status = read.ec == std::errc{} && read.ptr == end && status >= first_status && status <= last_status;
    return is_status ? std::optional{status} : std::nullopt;
}

std::optional<errc> to_code(std::string_view text) {
    auto const& codes = reflect::enumerators<errc>;
    for (std::size_t i = 0; i < codes.size(); ++i)
        if (codes.name(i) == text) return codes.value(i);
    return std::nullopt;
}

}  // namespace

std::map<std::string, bool> setting_form<retry_table>::to(retry_table const& table) {
    type rules;
    retry_table const standard;
    auto const& codes = reflect::enumerators<errc>;
    for (std::size_t i = 0; i < codes.size(); ++i)
        if (auto const verdict = table.retryable(codes.value(i)); verdict != standard.retryable(codes.value(i)))
            rules.emplace(codes.name(i), verdict);
    for (int status = first_status; status <= last_status; ++status)
        if (auto const verdict = table.status(status)) rules.emplace(std::to_string(status), *verdict);
    return rules;
}

std::optional<retry_table> setting_form<retry_table>::from(type rules, retry_table table) {
    for (auto const& [name, verdict] : rules) {
        if (auto const status = to_status(name))
            table.set_status(*status, verdict);
        else if (auto const code = to_code(name); code && *code != errc::cancelled)
            table.set(*code, verdict);
        else
            return std::nullopt;
    }
    return table;
}

}  // namespace coax::config::detail
