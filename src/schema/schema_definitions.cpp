#include "schema/schema_definitions.hpp"

#include "schema/schema_keywords.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_objects.hpp"

#include <coax/bind/detail/descriptor_of.hpp>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// The reference that is all of a schema but for words, alone in an `allOf` too; else empty.
std::string mere_reference(bj::value const& schema) {
    if (!schema.is_object()) return {};
    auto rest = schema.get_object();
    auto const* const all = member(schema.get_object(), "allOf");
    auto reference = std::string{text_of(rest, "$ref")};
    if (reference.empty() && all != nullptr && all->get_array().size() == 1) {
        reference = mere_reference(all->get_array().front());
        rest.stable_erase("allOf");
    }
    rest.stable_erase("$ref");
    return says_more_than_words(rest) ? std::string{} : reference;
}

std::string last_key(std::string_view pointer) { return unescaped(pointer.substr(pointer.rfind('/') + 1)); }

std::string safe_name(std::string_view name) {
    auto const safe = bind::detail::make_safe_name(name);
    return safe.size == 0 ? "schema" : std::string{safe.view()};
}

}  // namespace

definition_list::definition_list(bj::value const& root) {
    names_[""] = "";
    follow_root(root);
    if (root_.origin.empty() && root.is_object()) find_copy_of_root(root.get_object());
    used_names_.insert(root_.name);
}

void definition_list::follow_root(bj::value const& root) {
    auto const* end = &root;
    auto reference = mere_reference(*end);
    for (std::size_t steps = 0; !reference.empty() && !is_circular_; reference = mere_reference(*end)) {
        is_circular_ = ++steps > max_schema_depth;
        root_.origin = pointer_of(reference);
        root_.name = safe_name(last_key(root_.origin));
        names_[root_.origin] = "";
        end = resolve(root, reference);
    }
}

/// A root that contains itself is often written twice: as the root, and as a definition to refer to.
void definition_list::find_copy_of_root(bj::object const& root) {
    auto alone = root;
    for (std::string_view const around : {"$defs", "definitions", "$schema", "$id"}) alone.stable_erase(around);
    for (std::string_view const key : {"$defs", "definitions"}) {
        auto const* const definitions = member(root, key);
        if (definitions == nullptr) continue;
        for (auto const& [name, schema] : definitions->get_object())
            if (schema == alone) {
                names_[below(below({}, key), name)] = "";
                root_.name = safe_name(name);
            }
    }
}

std::string definition_list::reference_to(std::string_view reference) {
    auto pointer = pointer_of(reference);
    auto [known, is_new] = names_.try_emplace(pointer);
    if (is_new) {
        known->second = unique_name(pointer);
        entries_.push_back({known->second, std::move(pointer)});
    }
    return known->second.empty() ? "#" : "#/$defs/" + known->second;
}

std::string definition_list::unique_name(std::string_view pointer) {
    auto const name = safe_name(last_key(pointer));
    auto unique = name;
    for (std::size_t i = 2; !used_names_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
    return unique;
}

}  // namespace coax::schema::detail
