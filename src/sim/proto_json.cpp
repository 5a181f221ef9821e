#include "sim/proto_json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace coax::sim::detail {
namespace {

bool has_word(std::string_view words, std::string_view word) noexcept {
    while (!words.empty()) {
        auto const first = words.substr(0, words.find(' '));
        if (first == word) return true;
        words.remove_prefix(std::min(words.size(), first.size() + 1));
    }
    return false;
}

bool is_base64(std::string_view text) noexcept {
    auto const padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
    text.remove_suffix(padding);
    return padding <= 2 && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                      c == '/' || c == '-' || c == '_';
           });
}

bool is_number_text(json::value const& value) noexcept {
    if (!value.is_string()) return false;
    auto const text = view(value.get_string());
    double parsed = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    return failed == std::errc{} && end == text.data() + text.size();
}

bool is_integer(json::value const& value) noexcept {
    if (is_number_text(value)) return true;
    if (!value.is_number()) return false;
    auto const number = value.to_number<double>();
    return number == std::floor(number) && std::abs(number) < 2147483648.0;
}

std::string_view type_name(proto_kind kind) noexcept {
    switch (kind) {
        case proto_kind::text: return "TYPE_STRING";
        case proto_kind::bytes: return "TYPE_BYTES";
        case proto_kind::boolean: return "TYPE_BOOL";
        case proto_kind::integer: return "TYPE_INT32";
        case proto_kind::number: return "TYPE_FLOAT";
        case proto_kind::enumeration: return "TYPE_ENUM";
        case proto_kind::message:
        case proto_kind::structure:
        case proto_kind::anything: break;
    }
    return "TYPE_MESSAGE";
}

/// Collects what is wrong with one request, as the service reports all of it.
class proto_reader {
public:
    explicit proto_reader(bool vertex) noexcept : vertex_{vertex} {}

    void read_message(json::value const& value, proto_message const& type, std::string const& where) {
        for (auto const& [name, member] : value.get_object()) {
            auto const* const field = find(type, view(name));
            if (field == nullptr)
                unknown(view(name), where);
            else if (!member.is_null())
                read_field(member, *field,
                           where.empty() ? snake_case(field->name) : where + "." + snake_case(field->name));
        }
    }

    [[nodiscard]] rejection result() const {
        if (complaints_.empty()) return std::nullopt;
        api_error why{.status = 400};
        writer out{why.details};
        out.begin_array().begin_object().member("@type", "type.googleapis.com/google.rpc.BadRequest");
        out.key("fieldViolations").begin_array();
        for (auto const& [field, description] : complaints_) {
            why.message.append(why.message.empty() ? "" : "\n").append(description);
            out.begin_object();
            if (!field.empty()) out.member("field", field);
            out.member("description", description).end_object();
        }
        out.end_array().end_object().end_array();
        return why;
    }

private:
    struct complaint {
        std::string field{};
        std::string description{};
    };

    [[nodiscard]] proto_field const* find(proto_message const& type, std::string_view name) const {
        auto const found = std::ranges::find_if(
            type.fields, [name](proto_field const& one) { return one.name == name || snake_case(one.name) == name; });
        return found == type.fields.end() || (found->vertex_only && !vertex_) ? nullptr : &*found;
    }

    void unknown(std::string_view name, std::string const& where) {
        auto text = "Invalid JSON payload received. Unknown name \"" + std::string{name} + "\"";
        if (!where.empty()) text += " at '" + where + "'";
        complaints_.push_back({where, text + ": Cannot find field."});
    }

    void invalid(json::value const& value, proto_field const& field, std::string const& where) {
        complaints_.push_back({where, "Invalid value at '" + where + "' (" + std::string{type_name(field.kind)} +
                                          "), " + to_json(value)});
    }

    void read_field(json::value const& value, proto_field const& field, std::string const& where) {
        if (field.map) return read_map(value, field, where);
        if (!field.repeated) return read_one(value, field, where);
        auto const* const items = value.if_array();
        if (items == nullptr) return read_one(value, field, where);  // one stands for a list of one
        for (std::size_t i = 0; i < items->size(); ++i)
            read_one((*items)[i], field, where + "[" + std::to_string(i) + "]");
    }

    void read_map(json::value const& value, proto_field const& field, std::string const& where) {
        auto const* const members = value.if_object();
        if (members == nullptr) return invalid(value, field, where);
        for (auto const& [name, member] : *members)
            read_one(member, field, where + "[" + std::string{view(name)} + "]");
    }

    void read_one(json::value const& value, proto_field const& field, std::string const& where) {
        if (field.kind == proto_kind::message && value.is_object())
            read_message(value, *field.message, where);
        else if (!fits(value, field))
            invalid(value, field, where);
    }

    static bool fits(json::value const& value, proto_field const& field) {
        switch (field.kind) {
            case proto_kind::text: return value.is_string();
            case proto_kind::bytes: return value.is_string() && is_base64(view(value.get_string()));
            case proto_kind::boolean: return value.is_bool();
            case proto_kind::integer: return is_integer(value);
            case proto_kind::number: return value.is_number() || is_number_text(value);
            case proto_kind::enumeration: return value.is_string() && has_word(field.values, view(value.get_string()));
            case proto_kind::message: return false;
            case proto_kind::structure: return value.is_object();
            case proto_kind::anything: return true;
        }
        return false;
    }

    bool vertex_;
    std::vector<complaint> complaints_{};
};

}  // namespace

std::string snake_case(std::string_view camel) {
    std::string snake;
    for (char const c : camel) {
        if (c >= 'A' && c <= 'Z') snake += '_';
        snake += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    return snake;
}

json::value const* proto_member(json::value const& value, std::string_view name) {
    auto const* found = member(value, name);
    if (found == nullptr) found = member(value, snake_case(name));
    return found != nullptr && found->is_null() ? nullptr : found;
}

rejection check_proto(json::value const& value, proto_message const& type, bool vertex) {
    if (!value.is_object())
        return bad_request("Invalid JSON payload received. Unexpected token.\nThe request body must be an object.");
    proto_reader reader{vertex};
    reader.read_message(value, type, {});
    return reader.result();
}

}  // namespace coax::sim::detail
