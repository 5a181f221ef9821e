#include "sim/schema_keywords.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace coax::sim::detail {
namespace {

constexpr int search_steps = 2'000;

/// A bound in the description, as "{minimum: 0, maximum: 1}": there the official clients put what the service does not
/// enforce, and a good model follows it.
std::optional<double> hinted_number(json::value const& schema, std::string_view keyword) noexcept {
    auto hints = text_member(schema, "description");
    auto const begin = hints.rfind('{');
    if (begin == std::string_view::npos || !hints.ends_with('}')) return std::nullopt;
    hints.remove_prefix(begin + 1);
    for (auto at = hints.find(keyword); at != std::string_view::npos; at = hints.find(keyword, at + 1)) {
        auto const rest = hints.substr(at + keyword.size());
        bool const whole_word = at == 0 || hints[at - 1] == ' ';
        double value{};
        if (whole_word && rest.starts_with(": ") &&
            std::from_chars(rest.data() + 2, rest.data() + rest.size(), value).ec == std::errc{})
            return value;
    }
    return std::nullopt;
}

class min_depth_search {
public:
    explicit min_depth_search(json::value const& root) noexcept : root_{root} {}

    int operator()(json::value const& schema, int depth = 0) {
        if (depth > max_depth || ++steps_ > search_steps) return max_depth;
        if (auto const ref = text_member(schema, "$ref"); !ref.empty()) {
            auto const* target = resolve_ref(root_, ref);
            return target != nullptr ? 1 + (*this)(*target, depth + 1) : 0;
        }
        int least = 0;
        if (auto const* variants = variants_of(schema); variants != nullptr && !variants->empty()) {
            least = max_depth;
            for (auto const& variant : *variants) least = std::min(least, (*this)(variant, depth + 1));
            return least;
        }
        if (auto const* properties = object_of(schema, "properties"))
            for (auto const& [name, property] : *properties)
                if (is_required(schema, view(name))) least = std::max(least, 1 + (*this)(property, depth + 1));
        if (auto const* items = member(schema, "items"); items != nullptr && size_of(schema, "minItems", 0) > 0)
            least = std::max(least, 1 + (*this)(*items, depth + 1));
        return least;
    }

private:
    json::value const& root_;
    int steps_{0};
};

}  // namespace

std::optional<double> number_of(json::value const& schema, std::string_view keyword) noexcept {
    auto const* found = member(schema, keyword);
    if (found == nullptr) return hinted_number(schema, keyword);
    if (!found->is_number()) return std::nullopt;
    auto const number = found->to_number<double>();
    return std::isfinite(number) ? std::optional{number} : std::nullopt;
}

std::size_t size_of(json::value const& schema, std::string_view keyword, std::size_t otherwise) noexcept {
    auto const found = number_of(schema, keyword);
    return found && *found >= 0 ? static_cast<std::size_t>(std::min(*found, 1e9)) : otherwise;
}

json::array const* array_of(json::value const& schema, std::string_view keyword) noexcept {
    auto const* found = member(schema, keyword);
    return found != nullptr ? found->if_array() : nullptr;
}

json::object const* object_of(json::value const& schema, std::string_view keyword) noexcept {
    auto const* found = member(schema, keyword);
    return found != nullptr ? found->if_object() : nullptr;
}

json::array const* variants_of(json::value const& schema) noexcept {
    auto const* any = array_of(schema, "anyOf");
    return any != nullptr ? any : array_of(schema, "oneOf");
}

bool is_required(json::value const& schema, std::string_view name) noexcept {
    auto const* names = array_of(schema, "required");
    return names != nullptr && std::ranges::any_of(*names, [name](json::value const& entry) {
               return entry.is_string() && view(entry.get_string()) == name;
           });
}

std::string_view inferred_type(json::value const& schema) noexcept {
    struct hint {
        std::string_view keyword;
        std::string_view type;
    };
    for (auto const& [keyword, type] :
         {hint{"properties", "object"}, hint{"additionalProperties", "object"}, hint{"required", "object"},
          hint{"items", "array"}, hint{"prefixItems", "array"}, hint{"minItems", "array"}, hint{"multipleOf", "number"},
          hint{"minimum", "number"}, hint{"maximum", "number"}})
        if (member(schema, keyword) != nullptr) return type;
    return "string";
}

json::value merge_all_of(json::value const& schema, json::value const& root) {
    auto const* parts = array_of(schema, "allOf");
    json::object whole = schema.get_object();
    whole.erase("allOf");
    for (auto const& entry : *parts) {
        json::value const* part = &entry;
        if (auto const ref = text_member(entry, "$ref"); !ref.empty()) part = resolve_ref(root, ref);
        if (part == nullptr || !part->is_object()) continue;
        for (auto const& [name, value] : part->get_object()) {
            auto* mine = whole.if_contains(name);
            if (mine == nullptr) {
                whole.emplace(name, value);
            } else if (mine->is_object() && value.is_object() && name == "properties") {
                for (auto const& property : value.get_object()) mine->get_object().insert(property);
            } else if (mine->is_array() && value.is_array() && name == "required") {
                for (auto const& required : value.get_array()) mine->get_array().push_back(required);
            }
        }
    }
    return whole;
}

int min_depth(json::value const& schema, json::value const& root) { return min_depth_search{root}(schema); }

}  // namespace coax::sim::detail
