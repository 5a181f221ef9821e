#include "unit/bind/independent_validator.hpp"

#include <boost/json/parse.hpp>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <cstdint>
#include <limits>

namespace coax::json::testing {
namespace {

namespace bj = boost::json;

/// Applies `change` to every value of a tree, from the leaves up.
template <class Change>
void change_all(bj::value& tree, Change change) {
    if (tree.is_array())
        for (auto& each : tree.get_array()) change_all(each, change);
    if (tree.is_object())
        for (auto& each : tree.get_object()) change_all(each.value(), change);
    change(tree);
}

/// Draft 7 calls the list of a tuple's parts `items`.
void use_draft_7(bj::value& schema) {
    auto* const object = schema.if_object();
    if (object == nullptr || !object->contains("prefixItems")) return;
    (*object)["items"] = object->at("prefixItems");
    object->erase("prefixItems");
}

/// Integers beyond 64 bits with a sign are no numbers to Valijson: it sees the largest that is.
void clamp_huge(bj::value& value) {
    if (value.is_uint64()) value = std::numeric_limits<std::int64_t>::max();
}

}  // namespace

struct independent_validator::state {
    explicit state(std::string_view text) : tree{bj::parse(text)} {}
    bj::value tree;
    valijson::Schema schema{};
};

independent_validator::independent_validator(std::string_view schema) : state_{std::make_unique<state>(schema)} {
    change_all(state_->tree, use_draft_7);
    change_all(state_->tree, clamp_huge);
    valijson::SchemaParser{}.populateSchema(valijson::adapters::BoostJsonAdapter{state_->tree}, state_->schema);
}

independent_validator::~independent_validator() = default;

bool independent_validator::accepts(std::string_view text) const {
    auto value = bj::parse(text);
    change_all(value, clamp_huge);
    return valijson::Validator{}.validate(state_->schema, valijson::adapters::BoostJsonAdapter{value}, nullptr);
}

}  // namespace coax::json::testing
