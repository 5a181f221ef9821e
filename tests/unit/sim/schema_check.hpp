#pragma once

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <regex>
#include <string>

namespace coax::test {

namespace json = boost::json;

/// A plain reading of JSON Schema, as far as these tests use it: what the simulator's values are held against.
class schema_check {
public:
    explicit schema_check(json::value const& root) : root_{root} {}

    /// Empty: `value` satisfies the schema. Otherwise where it does not.
    [[nodiscard]] std::string operator()(json::value const& value) const { return check(value, root_, "$"); }

private:
    static json::value const* find(json::value const& in, char const* name) {
        auto const* object = in.if_object();
        return object != nullptr ? object->if_contains(name) : nullptr;
    }

    static bool has_type(json::value const& value, std::string_view type) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "boolean") return value.is_bool();
        if (type == "null") return value.is_null();
        if (type == "integer") return value.is_int64() || value.is_uint64();
        return type == "number" && value.is_number();
    }

    static std::size_t length(json::string const& text) {
        return static_cast<std::size_t>(std::count_if(
            text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
    }

    [[nodiscard]] std::string check(json::value const& value, json::value const& schema, std::string const& at) const {
        if (auto const* ref = find(schema, "$ref")) {
            auto pointer = std::string{ref->as_string().c_str()}.substr(1);
            return check(value, root_.at_pointer(pointer), at);
        }
        if (auto const* all = find(schema, "allOf"))
            for (auto const& part : all->as_array())
                if (auto why = check(value, part, at); !why.empty()) return why;
        for (char const* keyword : {"anyOf", "oneOf"})
            if (auto const* any = find(schema, keyword))
                if (std::none_of(any->as_array().begin(), any->as_array().end(),
                                 [&](auto const& one) { return check(value, one, at).empty(); }))
                    return at + ": fits no variant";
        if (auto const* constant = find(schema, "const"); constant != nullptr && *constant != value)
            return at + ": not the constant";
        if (auto const* values = find(schema, "enum"))
            if (std::find(values->as_array().begin(), values->as_array().end(), value) == values->as_array().end())
                return at + ": not in the enum";
        if (auto const* type = find(schema, "type")) {
            bool const fits = type->is_string()
                                  ? has_type(value, type->as_string().c_str())
                                  : std::any_of(type->as_array().begin(), type->as_array().end(), [&](auto const& one) {
                                        return has_type(value, one.as_string().c_str());
                                    });
            if (!fits) return at + ": wrong type: " + json::serialize(value);
        }
        if (value.is_object()) return check_object(value.get_object(), schema, at);
        if (value.is_array()) return check_array(value.get_array(), schema, at);
        if (value.is_string()) return check_string(value.get_string(), schema, at);
        if (value.is_number()) return check_number(value.to_number<double>(), schema, at);
        return {};
    }

    [[nodiscard]] std::string check_object(json::object const& object, json::value const& schema,
                                           std::string const& at) const {
        if (auto const* required = find(schema, "required"))
            for (auto const& name : required->as_array())
                if (!object.contains(name.as_string())) return at + ": misses " + name.as_string().c_str();
        auto const* properties = find(schema, "properties");
        auto const* others = find(schema, "additionalProperties");
        if (auto const* least = find(schema, "minProperties");
            least != nullptr && object.size() < least->to_number<std::size_t>())
            return at + ": too few members";
        for (auto const& [name, value] : object) {
            auto const here = at + "." + std::string{name.data(), name.size()};
            auto const* property = properties != nullptr ? properties->as_object().if_contains(name) : nullptr;
            if (property == nullptr && others != nullptr && others->is_bool() && !others->get_bool())
                return here + ": not allowed";
            if (property == nullptr && others != nullptr && others->is_object()) property = others;
            if (property != nullptr)
                if (auto why = check(value, *property, here); !why.empty()) return why;
        }
        return {};
    }

    [[nodiscard]] std::string check_array(json::array const& array, json::value const& schema,
                                          std::string const& at) const {
        if (auto const* least = find(schema, "minItems");
            least != nullptr && array.size() < least->to_number<std::size_t>())
            return at + ": too few";
        if (auto const* most = find(schema, "maxItems");
            most != nullptr && array.size() > most->to_number<std::size_t>())
            return at + ": too many";
        if (auto const* unique = find(schema, "uniqueItems"); unique != nullptr && unique->as_bool())
            for (std::size_t i = 0; i < array.size(); ++i)
                if (std::count(array.begin(), array.end(), array[i]) > 1) return at + ": doubles";
        if (auto const* items = find(schema, "items"))
            for (auto const& item : array)
                if (auto why = check(item, *items, at + "[]"); !why.empty()) return why;
        return {};
    }

    [[nodiscard]] static std::string check_string(json::string const& text, json::value const& schema,
                                                  std::string const& at) {
        if (auto const* least = find(schema, "minLength");
            least != nullptr && length(text) < least->to_number<std::size_t>())
            return at + ": too short";
        if (auto const* most = find(schema, "maxLength");
            most != nullptr && length(text) > most->to_number<std::size_t>())
            return at + ": too long";
        auto pattern = std::string{};
        if (auto const* given = find(schema, "pattern")) pattern = given->as_string().c_str();
        if (auto const* format = find(schema, "format")) pattern = format_pattern(format->as_string().c_str());
        if (!pattern.empty() && !std::regex_search(text.begin(), text.end(), std::regex{pattern}))
            return at + ": no match: " + text.c_str();
        return {};
    }

    [[nodiscard]] static std::string format_pattern(std::string_view format) {
        if (format == "date-time") return R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$)";
        if (format == "date") return R"(^\d{4}-\d\d-\d\d$)";
        if (format == "email") return R"(^[a-z]+@[a-z.]+$)";
        if (format == "uuid") return R"(^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$)";
        return {};
    }

    [[nodiscard]] static std::string check_number(double number, json::value const& schema, std::string const& at) {
        auto const bound = [&](char const* name) {
            auto const* value = find(schema, name);
            return value != nullptr ? value->to_number<double>() : std::nan("");
        };
        if (number < bound("minimum")) return at + ": below";
        if (number > bound("maximum")) return at + ": above";
        if (number <= bound("exclusiveMinimum")) return at + ": at or below";
        if (number >= bound("exclusiveMaximum")) return at + ": at or above";
        if (auto const step = bound("multipleOf"); !std::isnan(step) && std::abs(std::remainder(number, step)) > 1e-9)
            return at + ": no multiple";
        return {};
    }

    json::value const& root_;
};

}  // namespace coax::test
