#include "schema/schema_navigation.hpp"

#include "json/internal/text.hpp"
#include "schema/schema_references.hpp"

namespace coax::schema::detail {

namespace bj = boost::json;

std::string below(std::string const& where, std::string_view key) {
    auto result = where;
    json::detail::append_pointer(result, key);
    return result;
}

bj::value const* resolve(bj::value const& root, std::string_view reference) {
    if (!reference.starts_with('#')) return nullptr;
    reference.remove_prefix(1);
    boost::system::error_code failure;
    auto const* const found = reference.find('%') == reference.npos
                                  ? root.find_pointer(reference, failure)
                                  : root.find_pointer(percent_decoded(reference), failure);
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

}  // namespace coax::schema::detail
