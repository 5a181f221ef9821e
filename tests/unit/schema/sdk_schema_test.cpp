// What OpenAI's and Anthropic's official Python SDKs send for the same models, written by hand from their rules. Told
// apart by neither service, and so not compared: the titles that pydantic makes of field names; a definition against
// the same schema in its place; `anyOf` of a type and null against a list of both types. Left out on purpose are
// keywords that a service refuses although its SDK sends them (minLength, default, ... in OpenAI's strict form): coax
// moves them into the description.
#include "unit/schema/sdk_models.hpp"

#include <coax/schema/schema.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <map>

namespace coax {
namespace {

using namespace types;

namespace bj = boost::json;

/// Puts the definitions that do not contain themselves where they are named, and writes "X or null" in one way.
class normal_form {
public:
    explicit normal_form(std::string_view text) : root_{bj::parse(text)} {}
    [[nodiscard]] bj::value make() const {
        auto out = normalize(root_, true);
        bj::object kept;
        if (auto const* const definitions = root_.get_object().if_contains("$defs"))
            for (auto const& each : definitions->get_object())
                if (bj::serialize(each.value()).find("#/$defs/" + std::string{each.key()}) != std::string::npos)
                    kept[each.key()] = normalize(each.value(), false);
        if (!kept.empty()) out.get_object()["$defs"] = kept;
        return out;
    }

private:
    [[nodiscard]] bj::value normalize(bj::value const& schema, bool is_root) const {
        auto const& from = schema.get_object();
        if (auto const* const reference = from.if_contains("$ref"); reference != nullptr && from.size() == 1)
            return follow(reference->get_string());
        bj::object out;
        for (auto const& [key, value] : from) {
            if (key == "$defs") continue;
            if (key == "properties") {
                bj::object members;
                for (auto const& each : value.get_object()) members[each.key()] = normalize(each.value(), false);
                out[key] = members;
            } else if (key == "items") {
                out[key] = normalize(value, false);
            } else if (key == "anyOf") {
                bj::array list;
                for (auto const& each : value.get_array()) list.push_back(normalize(each, false));
                out[key] = list;
            } else {
                out[key] = value;
            }
        }
        if (!is_root && out.contains("anyOf")) return with_null_type(out);
        return out;
    }
    [[nodiscard]] bj::value follow(std::string_view reference) const {
        boost::system::error_code failure;
        auto const* const target = root_.find_pointer(reference.substr(1), failure);
        if (reference == "#" || bj::serialize(*target).find(reference) != std::string::npos)
            return bj::object{{"$ref", reference}};
        return normalize(*target, false);
    }
    /// {"anyOf":[X,{"type":"null"}], more} becomes X with the type ["x","null"], and more.
    static bj::value with_null_type(bj::object const& from) {
        auto const& list = from.at("anyOf").get_array();
        if (list.size() != 2 || list[1] != bj::object{{"type", "null"}}) return from;
        auto one = list[0].get_object();
        auto* const type = one.if_contains("type");
        if (type == nullptr || !type->is_string()) return from;
        *type = bj::array{*type, "null"};
        if (auto* const values = one.if_contains("enum")) values->get_array().push_back(nullptr);
        for (auto const& [key, value] : from)
            if (key != "anyOf") one[key] = value;
        return one;
    }

    bj::value root_;
};

struct sdk_case {
    char const* name;
    std::string_view schema;
    char const* sdk;
};
void PrintTo(sdk_case const& row, std::ostream* out) { *out << row.name; }
class SdkSchema : public testing::TestWithParam<sdk_case> {};

/// Without the bounds of an int, whose width the SDKs' languages do not know.
std::string without_int_bounds(std::string_view schema) {
    std::string text{schema};
    for (std::string_view const bound : {R"(,"minimum":-2147483648)", R"(,"maximum":2147483647)",
                                         R"(,"description":"{minimum: -2147483648, maximum: 2147483647}")",
                                         "minimum: -2147483648, maximum: 2147483647, "})
        for (auto at = text.find(bound); at != std::string::npos; at = text.find(bound)) text.erase(at, bound.size());
    return text;
}

TEST_P(SdkSchema, IsThatOfTheOfficialSdk) {
    auto const schema = without_int_bounds(GetParam().schema);
    EXPECT_EQ(normal_form{schema}.make(), normal_form{GetParam().sdk}.make()) << normal_form{schema}.make() << "\n"
                                                                              << normal_form{GetParam().sdk}.make();
}

template <class T>
constexpr std::string_view openai = json_schema<T, schema_dialect::openai_strict>;
template <class T>
constexpr std::string_view anthropic = json_schema<T, schema_dialect::anthropic>;

constexpr auto name_of = [](auto const& row) { return std::string(row.param.name); };

INSTANTIATE_TEST_SUITE_P(OpenAi, SdkSchema,
                         testing::Values(sdk_case{"text", openai<m_text>,
                                                  R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false})"},
                                         sdk_case{
                                             "scalars", openai<m_scalars>,
                                             R"({"type":"object","properties":{"flag":{"type":"boolean"},"count":{"type":"integer"},"share":{"type":"number"},"name":{"type":"string"}},"required":["flag","count","share","name"],"additionalProperties":false})"},
                                         sdk_case{
                                             "documented", openai<m_documented>,
                                             R"({"type":"object","description":"A weather query","properties":{"city":{"type":"string","description":"City and country"}},"required":["city"],"additionalProperties":false})"},
                                         sdk_case{
                                             "bounds", openai<m_bounds>,
                                             R"({"type":"object","properties":{"age":{"type":"integer","minimum":0,"maximum":150},"share":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}},"required":["age","share"],"additionalProperties":false})"},
                                         sdk_case{
                                             "multiple", openai<m_multiple>,
                                             R"({"type":"object","properties":{"even":{"type":"integer","multipleOf":2}},"required":["even"],"additionalProperties":false})"},
                                         sdk_case{
                                             "pattern", openai<m_pattern>,
                                             R"({"type":"object","properties":{"code":{"type":"string","pattern":"^[A-Z]{3}$"}},"required":["code"],"additionalProperties":false})"},
                                         sdk_case{
                                             "optional", openai<m_optional>,
                                             R"({"type":"object","properties":{"note":{"anyOf":[{"type":"string"},{"type":"null"}]},"count":{"anyOf":[{"type":"integer"},{"type":"null"}]}},"required":["note","count"],"additionalProperties":false})"},
                                         sdk_case{
                                             "enumeration", openai<m_enum>,
                                             R"({"$defs":{"color":{"type":"string","enum":["red","green","blue"]}},"type":"object","properties":{"paint":{"$ref":"#/$defs/color"}},"required":["paint"],"additionalProperties":false})"},
                                         sdk_case{
                                             "optional_enumeration", openai<m_optional_enum>,
                                             R"({"$defs":{"color":{"type":"string","enum":["red","green","blue"]}},"type":"object","properties":{"paint":{"anyOf":[{"$ref":"#/$defs/color"},{"type":"null"}]}},"required":["paint"],"additionalProperties":false})"},
                                         sdk_case{
                                             "list", openai<m_list>,
                                             R"({"type":"object","properties":{"tags":{"type":"array","items":{"type":"string"}}},"required":["tags"],"additionalProperties":false})"},
                                         sdk_case{
                                             "counted_list", openai<m_counted_list>,
                                             R"({"type":"object","properties":{"marks":{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}},"required":["marks"],"additionalProperties":false})"},
                                         sdk_case{
                                             "nested", openai<m_nested>,
                                             R"({"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"type":"object","properties":{"name":{"type":"string"},"home":{"$ref":"#/$defs/address"}},"required":["name","home"],"additionalProperties":false})"},
                                         sdk_case{"described_nested", openai<m_described_nested>, R"({"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"type":"object","properties":{"home":{"type":"object","description":"Where they live","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"required":["home"],"additionalProperties":false})"},
                                         sdk_case{
                                             "optional_nested", openai<m_optional_nested>,
                                             R"({"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"type":"object","properties":{"home":{"anyOf":[{"$ref":"#/$defs/address"},{"type":"null"}]}},"required":["home"],"additionalProperties":false})"},
                                         sdk_case{
                                             "list_of_nested", openai<m_list_of_nested>,
                                             R"({"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"type":"object","properties":{"homes":{"type":"array","items":{"$ref":"#/$defs/address"}}},"required":["homes"],"additionalProperties":false})"},
                                         sdk_case{
                                             "alternatives", openai<m_union>,
                                             R"({"type":"object","properties":{"id":{"anyOf":[{"type":"integer"},{"type":"string"}]}},"required":["id"],"additionalProperties":false})"},
                                         sdk_case{
                                             "alternatives_or_null", openai<m_union_with_null>,
                                             R"({"type":"object","properties":{"id":{"anyOf":[{"type":"integer"},{"type":"string"},{"type":"null"}]}},"required":["id"],"additionalProperties":false})"},
                                         sdk_case{"tagged", openai<m_tagged>, R"({"$defs":{"cat":{"type":"object","properties":{"kind":{"type":"string","const":"cat"},"lives":{"type":"integer"}},"required":["kind","lives"],"additionalProperties":false},"dog":{"type":"object","properties":{"kind":{"type":"string","const":"dog"},"good":{"type":"boolean"}},"required":["kind","good"],"additionalProperties":false}},"type":"object","properties":{"pet":{"anyOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]}},"required":["pet"],"additionalProperties":false})"}, sdk_case{"recursive_root", openai<m_tree>, R"({"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#"}}},"required":["value","children"],"additionalProperties":false})"},
                                         sdk_case{
                                             "linked", openai<m_linked>,
                                             R"({"type":"object","properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["value","next"],"additionalProperties":false})"},
                                         sdk_case{
                                             "recursive_part", openai<m_forest>,
                                             R"({"$defs":{"leaf":{"type":"object","properties":{"name":{"type":"string"},"below":{"type":"array","items":{"$ref":"#/$defs/leaf"}}},"required":["name","below"],"additionalProperties":false}},"type":"object","properties":{"trees":{"type":"array","items":{"$ref":"#/$defs/leaf"}}},"required":["trees"],"additionalProperties":false})"},
                                         sdk_case{
                                             "time", openai<m_time>,
                                             R"({"type":"object","properties":{"at":{"type":"string","format":"date-time"},"day":{"type":"string","format":"date"},"took":{"type":"string","format":"duration"}},"required":["at","day","took"],"additionalProperties":false})"},
                                         sdk_case{
                                             "matrix", openai<m_matrix>,
                                             R"({"type":"object","properties":{"rows":{"type":"array","items":{"type":"array","items":{"type":"number"}}}},"required":["rows"],"additionalProperties":false})"},
                                         sdk_case{
                                             "renamed", openai<m_renamed>,
                                             R"({"type":"object","description":"Renamed","properties":{"the-text":{"type":"string","description":"It"}},"required":["the-text"],"additionalProperties":false})"},
                                         sdk_case{
                                             "formats", openai<m_formats>,
                                             R"({"type":"object","properties":{"mail":{"type":"string","format":"email"},"id":{"type":"string","format":"uuid"}},"required":["mail","id"],"additionalProperties":false})"}),
                         name_of);

// Optional fields differ on purpose: coax leaves them out of `required` and says no null, which spares Anthropic's 16
// unions; constants stay, which the service enforces and the SDK only describes.
INSTANTIATE_TEST_SUITE_P(Anthropic, SdkSchema,
                         testing::Values(
                             sdk_case{
                                 "text", anthropic<m_text>,
                                 R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false})"},
                             sdk_case{
                                 "scalars", anthropic<m_scalars>,
                                 R"({"type":"object","properties":{"flag":{"type":"boolean"},"count":{"type":"integer"},"share":{"type":"number"},"name":{"type":"string"}},"required":["flag","count","share","name"],"additionalProperties":false})"},
                             sdk_case{
                                 "documented", anthropic<m_documented>,
                                 R"({"type":"object","description":"A weather query","properties":{"city":{"type":"string","description":"City and country"}},"required":["city"],"additionalProperties":false})"},
                             sdk_case{
                                 "bounds", anthropic<m_bounds>,
                                 R"({"type":"object","properties":{"age":{"type":"integer","description":"{minimum: 0, maximum: 150}"},"share":{"type":"number","description":"{exclusiveMinimum: 0, exclusiveMaximum: 1}"}},"required":["age","share"],"additionalProperties":false})"},
                             sdk_case{
                                 "multiple", anthropic<m_multiple>,
                                 R"({"type":"object","properties":{"even":{"type":"integer","description":"{multipleOf: 2}"}},"required":["even"],"additionalProperties":false})"},
                             sdk_case{
                                 "pattern", anthropic<m_pattern>,
                                 R"({"type":"object","properties":{"code":{"type":"string","description":"{pattern: ^[A-Z]{3}$}"}},"required":["code"],"additionalProperties":false})"},
                             sdk_case{
                                 "enumeration", anthropic<m_enum>,
                                 R"({"$defs":{"color":{"type":"string","enum":["red","green","blue"]}},"type":"object","properties":{"paint":{"$ref":"#/$defs/color"}},"required":["paint"],"additionalProperties":false})"},
                             sdk_case{
                                 "counted_list", anthropic<m_counted_list>,
                                 R"({"type":"object","properties":{"marks":{"type":"array","items":{"type":"integer"},"minItems":1,"description":"{maxItems: 3}"}},"required":["marks"],"additionalProperties":false})"},
                             sdk_case{
                                 "nested", anthropic<m_nested>,
                                 R"({"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"type":"object","properties":{"name":{"type":"string"},"home":{"$ref":"#/$defs/address"}},"required":["name","home"],"additionalProperties":false})"},
                             sdk_case{
                                 "alternatives", anthropic<m_union>,
                                 R"({"type":"object","properties":{"id":{"anyOf":[{"type":"integer"},{"type":"string"}]}},"required":["id"],"additionalProperties":false})"},
                             sdk_case{
                                 "time", anthropic<m_time>,
                                 R"({"type":"object","properties":{"at":{"type":"string","format":"date-time"},"day":{"type":"string","format":"date"},"took":{"type":"string","format":"duration"}},"required":["at","day","took"],"additionalProperties":false})"},
                             sdk_case{
                                 "formats", anthropic<m_formats>,
                                 R"({"type":"object","properties":{"mail":{"type":"string","format":"email"},"id":{"type":"string","format":"uuid"}},"required":["mail","id"],"additionalProperties":false})"},
                             sdk_case{
                                 "list", anthropic<m_list>,
                                 R"({"type":"object","properties":{"tags":{"type":"array","items":{"type":"string"}}},"required":["tags"],"additionalProperties":false})"},
                             sdk_case{
                                 "list_of_nested",
                                 anthropic<m_list_of_nested>, R"({"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"type":"object","properties":{"homes":{"type":"array","items":{"$ref":"#/$defs/address"}}},"required":["homes"],"additionalProperties":false})"},
                             sdk_case{
                                 "matrix", anthropic<m_matrix>,
                                 R"({"type":"object","properties":{"rows":{"type":"array","items":{"type":"array","items":{"type":"number"}}}},"required":["rows"],"additionalProperties":false})"},
                             sdk_case{
                                 "renamed", anthropic<m_renamed>,
                                 R"({"type":"object","description":"Renamed","properties":{"the-text":{"type":"string","description":"It"}},"required":["the-text"],"additionalProperties":false})"},
                             sdk_case{
                                 "nullable_items", anthropic<m_nullable_items>,
                                 R"({"type":"object","properties":{"marks":{"type":"array","items":{"anyOf":[{"type":"integer"},{"type":"null"}]}}},"required":["marks"],"additionalProperties":false})"},
                             sdk_case{
                                 "alternatives_of_kinds", anthropic<m_either>,
                                 R"({"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}},"required":["street","city"],"additionalProperties":false}},"type":"object","properties":{"place":{"anyOf":[{"$ref":"#/$defs/address"},{"type":"string"}]}},"required":["place"],"additionalProperties":false})"},
                             sdk_case{
                                 "other_format", anthropic<m_other_format>,
                                 R"({"type":"object","properties":{"picture":{"type":"string","description":"In base64\n\n{format: byte}"}},"required":["picture"],"additionalProperties":false})"},
                             sdk_case{
                                 "two_items", anthropic<m_two_marks>,
                                 R"({"type":"object","properties":{"marks":{"type":"array","items":{"type":"integer"},"description":"{minItems: 2}"}},"required":["marks"],"additionalProperties":false})"}),
                         name_of);

}  // namespace
}  // namespace coax
