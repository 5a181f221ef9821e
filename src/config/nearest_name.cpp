#include "config/nearest_name.hpp"

#include "config/read_settings.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

namespace coax::config::detail {
namespace {

using bind::detail::field_descriptor;
using bind::detail::type_descriptor;

/// Longer names are no misspelling of a setting.
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

/// The names of a group that are nearest to one.
struct candidates {
    std::vector<std::string_view> names{};
    std::size_t distance{longest_name};

    /// Whether they are likely to be meant: one letter in four may be wrong, or two.
    [[nodiscard]] bool are_likely() const {
        if (names.empty()) return false;
        auto const size = names.front().size();
        return distance <= 1 || (distance <= std::max<std::size_t>(2, size / 4) && distance * 2 < size);
    }
};

candidates nearest_in(type_descriptor const& group, std::string_view misspelt) {
    candidates best;
    auto const wanted = folded(misspelt);
    for_each_setting(group, [&](field_descriptor const& field, std::size_t) {
        auto const distance = std::min(edit_distance(wanted, field.name), edit_distance(misspelt, field.name));
        if (distance < best.distance) best = {{}, distance};
        if (distance == best.distance) best.names.push_back(field.name);
    });
    return best;
}

std::string one_of(std::vector<std::string_view> const& names) {
    std::string list;
    for (auto const name : names) list.append(list.empty() ? "\"" : " or \"").append(name).append("\"");
    return list;
}

/// The paths of all settings of a name.
void find_all(type_descriptor const& group, std::string const& path, std::string_view name,
              std::vector<std::string>& found) {
    for_each_setting(group, [&](field_descriptor const& field, std::size_t) {
        auto const below = path + (path.empty() ? "" : ".") + std::string{field.name};
        if (field.name == name) found.push_back(below);
        find_all(*field.type, below, name, found);
    });
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

std::string nearest_name(type_descriptor const& root, std::string_view path, std::string_view misspelt) {
    auto const* group = &root;
    for (auto rest = path; !rest.empty() && group != nullptr;) {
        auto const dot = std::min(rest.find('.'), rest.size());
        group = setting_below(*group, rest.substr(0, dot));
        rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    if (group == nullptr) return {};
    if (auto const near = nearest_in(*group, misspelt); near.are_likely()) return one_of(near.names);
    std::vector<std::string> elsewhere;
    find_all(root, {}, misspelt, elsewhere);
    return elsewhere.size() == 1 ? '"' + elsewhere.front() + '"' : std::string{};
}

}  // namespace coax::config::detail
