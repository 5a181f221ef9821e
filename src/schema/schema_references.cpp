#include "json/internal/text.hpp"
#include "schema/schema_tree.hpp"

#include <set>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// Looks for a way from schema to schema.
class way_finder {
public:
    way_finder(bj::value const& root, bj::value const& target, bool by_required)
        : root_{root}, target_{target}, by_required_{by_required} {}

    bool leads_to(bj::value const& schema) {
        if (schema.is_array())
            return std::any_of(schema.get_array().begin(), schema.get_array().end(),
                               [this](auto const& each) { return leads_to(each); });
        if (!schema.is_object()) return false;
        for (auto const& [key, value] : schema.get_object()) {
            if (key == "$defs" || key == "definitions" || key == "enum" || key == "const") continue;
            bool const found = key == "$ref"         ? follows(value)
                               : key == "properties" ? any_property(schema.get_object(), value)
                                                     : leads_to(value);
            if (found) return true;
        }
        return false;
    }

private:
    bool follows(bj::value const& reference) {
        auto const* const named = reference.is_string() ? resolve(root_, reference.get_string()) : nullptr;
        if (named == nullptr) return false;
        return named == &target_ || (seen_.insert(named).second && leads_to(*named));
    }

    bool any_property(bj::object const& schema, bj::value const& properties) {
        if (!properties.is_object()) return false;
        for (auto const& each : properties.get_object())
            if ((!by_required_ || is_required(schema, each.key())) && leads_to(each.value())) return true;
        return false;
    }

    bj::value const& root_;
    bj::value const& target_;
    bool by_required_;
    std::set<bj::value const*> seen_{};
};

}  // namespace

std::string below(std::string const& where, std::string_view key) {
    auto result = where;
    json::detail::append_pointer(result, key);
    return result;
}

bj::value const* resolve(bj::value const& root, std::string_view reference) {
    if (!reference.starts_with('#')) return nullptr;
    boost::system::error_code failure;
    auto const* const found = root.find_pointer(reference.substr(1), failure);
    return found != nullptr && (found->is_object() || found->is_bool()) ? found : nullptr;
}

bj::value const& follow(bj::value const& root, bj::value const& schema) {
    auto const* end = &schema;
    for (std::size_t steps = 0; steps < max_schema_depth && end->is_object(); ++steps) {
        auto const* const reference = member(end->get_object(), "$ref");
        if (reference == nullptr) break;
        end = resolve(root, reference->get_string());
    }
    return *end;
}

bool is_recursive(bj::value const& root, bj::value const& schema, bool by_required) {
    return way_finder{root, schema, by_required}.leads_to(schema);
}

}  // namespace coax::schema::detail
