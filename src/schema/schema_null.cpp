#include "schema/schema_null.hpp"

#include "schema/schema_tree.hpp"

#include <algorithm>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

bj::value const& null_schema() {
    static bj::value const schema = bj::object{{"type", "null"}};
    return schema;
}

/// Takes out the alternative that is null. False: there is none.
bool take_null(bj::array& alternatives) {
    auto const null = std::find(alternatives.begin(), alternatives.end(), null_schema());
    if (null == alternatives.end()) return false;
    alternatives.erase(null);
    return true;
}

/// An only alternative takes the place of the schema around it, whose words win.
void unwrap(bj::object& schema) {
    auto& alternatives = schema.at("anyOf").get_array();
    if (alternatives.size() != 1 || !alternatives.front().is_object()) return;
    bj::object only = alternatives.front().get_object();
    schema.erase("anyOf");
    if (!only.contains("$ref"))
        for (auto const& [key, value] : schema) only[key] = value;
    schema = std::move(only);
}

}  // namespace

bj::value with_null(bj::value schema, bool type_lists) {
    auto& object = schema.get_object();
    if (auto* const list = object.if_contains("anyOf")) {
        auto& alternatives = list->get_array();
        if (std::find(alternatives.begin(), alternatives.end(), null_schema()) == alternatives.end())
            alternatives.push_back(null_schema());
        return schema;
    }
    auto* const type = object.if_contains("type");
    if (type != nullptr && (type->is_array() || is_text(*type, "null"))) return schema;  // already so
    if (type_lists && type != nullptr && !object.contains("const")) {
        *type = bj::array{*type, "null"};
        if (auto* const choices = object.if_contains("enum")) choices->get_array().push_back(nullptr);
        return schema;
    }
    bj::object out;
    out["anyOf"] = bj::array{std::move(schema), null_schema()};
    return out;
}

bj::value without_null(bj::value schema) {
    if (!schema.is_object()) return schema;
    auto& object = schema.get_object();
    if (auto* const list = object.if_contains("anyOf"); list != nullptr && list->get_array().size() > 1) {
        if (take_null(list->get_array())) unwrap(object);
        return schema;
    }
    auto* const types = object.if_contains("type");
    if (types == nullptr || !types->is_array() || types->get_array().size() < 2) return schema;
    auto& list = types->get_array();
    auto const null = std::find(list.begin(), list.end(), bj::value("null"));
    if (null == list.end()) return schema;
    list.erase(null);
    if (list.size() == 1) *types = bj::value(list.front());
    if (auto* const choices = object.if_contains("enum"); choices != nullptr && choices->get_array().size() > 1)
        choices->get_array().erase(
            std::remove(choices->get_array().begin(), choices->get_array().end(), bj::value(nullptr)),
            choices->get_array().end());
    return schema;
}

void to_open_api(bj::value& schema) {
    if (!schema.is_object()) return;
    auto& object = schema.get_object();
    if (auto* const list = object.if_contains("anyOf")) {
        bool const is_nullable = take_null(list->get_array());
        for (auto& each : list->get_array()) to_open_api(each);
        if (is_nullable) {
            unwrap(object);
            object["nullable"] = true;
        }
    }
    if (auto* const type = object.if_contains("type"); type != nullptr && type->is_string())
        for (char& c : type->get_string()) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    if (auto* const properties = object.if_contains("properties"))
        for (auto& each : properties->get_object()) to_open_api(each.value());
    if (auto* const items = object.if_contains("items")) to_open_api(*items);
}

}  // namespace coax::schema::detail
