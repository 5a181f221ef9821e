#include "core/internal/near_names.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace coax::core::detail {
namespace {

/// Longer names are no misspelling of anything.
constexpr std::size_t longest_name = 64;

/// As names are told apart: "maxAttempts" and "max-attempts" are near to "max_attempts".
std::string folded(std::string_view name) {
    std::string text;
    bool was_lower = false;
    for (char const c : name) {
        bool const is_upper = std::isupper(static_cast<unsigned char>(c)) != 0;
        if (is_upper && was_lower) text += '_';
        was_lower = !is_upper && std::isalnum(static_cast<unsigned char>(c)) != 0;
        text += c == '-' || c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

bool are_likely(std::vector<std::string_view> const& names, std::size_t distance) {
    if (names.empty()) return false;
    auto const size = names.front().size();
    return distance <= 1 || (distance <= std::max<std::size_t>(2, size / 4) && distance * 2 < size);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    if (a.size() > longest_name || b.size() > longest_name) return longest_name;
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            bool const is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::vector<std::string_view> near_names(std::string_view misspelt, std::span<std::string_view const> known) {
    std::vector<std::string_view> best;
    auto smallest = longest_name;
    auto const wanted = folded(misspelt);
    for (auto const name : known) {
        auto const distance = std::min(edit_distance(wanted, folded(name)), edit_distance(misspelt, name));
        if (distance < smallest) best.clear(), smallest = distance;
        if (distance == smallest) best.push_back(name);
    }
    if (!are_likely(best, smallest)) best.clear();
    return best;
}

std::string one_of(std::span<std::string_view const> names) {
    std::string list;
    for (auto const name : names) list.append(list.empty() ? "\"" : " or \"").append(name).append("\"");
    return list;
}

}  // namespace coax::core::detail
