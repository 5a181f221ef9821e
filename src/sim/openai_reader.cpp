#include "sim/openai_reader.hpp"

#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {

json::value const* openai_reader::given(std::string_view name) const noexcept {
    auto const* value = member(body_, name);
    return value != nullptr && !value->is_null() ? value : nullptr;
}

rejection openai_reader::read_integer(std::string const& name, std::int64_t low, std::int64_t high,
                                      std::optional<std::int64_t>& out) const {
    auto const* value = given(name);
    if (value == nullptr) return std::nullopt;
    auto const* number = value->if_int64();
    if (number == nullptr) return invalid_type(name, "an integer");
    if (*number >= low && *number <= high) {
        out = *number;
        return std::nullopt;
    }
    bool const below = *number < low;
    return bad_request("Invalid " + quoted(name) + ": integer " + (below ? "below minimum" : "above maximum") +
                           " value. Expected a value " + (below ? ">= " : "<= ") + std::to_string(below ? low : high) +
                           ", but got " + std::to_string(*number) + " instead.",
                       name, below ? "integer_below_min_value" : "integer_above_max_value");
}

rejection openai_reader::check_number(std::string_view name, double low, double high, double usual) const {
    auto const* value = given(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number()) return invalid_type(std::string{name}, "a number");
    auto const number = value->to_number<double>();
    if (number < low || number > high)
        return bad_request(
            "Invalid " + quoted(name) + ": must be between " + to_json(low) + " and " + to_json(high) + ".",
            std::string{name}, number < low ? "decimal_below_min_value" : "decimal_above_max_value");
    if (is_reasoning_model() && number != usual)
        return bad_request("Unsupported value: " + quoted(name) + " does not support " + to_json(*value) +
                               " with this model. Only the default value is supported.",
                           std::string{name}, "unsupported_value");
    return std::nullopt;
}

rejection openai_reader::check_bool(std::string const& name) const {
    auto const* value = given(name);
    return value == nullptr || value->is_bool() ? std::nullopt : rejection{invalid_type(name, "a boolean")};
}

rejection openai_reader::check_text(std::string const& name, std::size_t longest) const {
    auto const* value = given(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) return invalid_type(name, "a string");
    if (utf8_length(view(value->get_string())) <= longest) return std::nullopt;
    return bad_request("Invalid " + quoted(name) + ": string too long. Expected a string with maximum length " +
                           std::to_string(longest) + ".",
                       name, "string_above_max_length");
}

rejection openai_reader::check_metadata() const {
    auto const* labels = given("metadata");
    if (labels == nullptr) return std::nullopt;
    if (!labels->is_object()) return invalid_type("metadata", "an object");
    if (labels->get_object().size() > 16)
        return bad_request("Invalid 'metadata': too many properties. Expected an object with at most 16 properties.",
                           "metadata", "object_above_max_properties");
    for (auto const& [name, value] : labels->get_object()) {
        auto const where = "metadata." + std::string{view(name)};
        if (!value.is_string()) return invalid_type(where, "a string");
        if (name.size() > 64 || utf8_length(view(value.get_string())) > 512)
            return bad_request("Invalid " + quoted(where) + ": string too long.", where, "string_above_max_length");
    }
    return std::nullopt;
}

bool openai_reader::is_reasoning_model() const noexcept {
    for (std::string_view const prefix : {"o1", "o3", "o4"})
        if (chat_.model.starts_with(prefix)) return true;
    return chat_.model == "gpt-5" || (chat_.model.starts_with("gpt-5-") && !chat_.model.starts_with("gpt-5-chat"));
}

std::string_view foreign_member(json::value const& object, std::span<std::string_view const> known) noexcept {
    if (!object.is_object()) return {};
    for (auto const& [name, value] : object.get_object())
        if (std::ranges::find(known, view(name)) == known.end()) return view(name);
    return {};
}

rejection check_members(json::value const& object, std::span<std::string_view const> known, std::string const& where) {
    if (!object.is_object()) return invalid_type(where, "an object");
    auto const foreign = foreign_member(object, known);
    return foreign.empty() ? std::nullopt : rejection{unknown_parameter(where + "." + std::string{foreign})};
}

rejection check_word(json::value const* value, std::span<std::string_view const> known, std::string const& where) {
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (!value->is_string()) return invalid_type(where, "a string");
    auto const word = view(value->get_string());
    if (std::ranges::find(known, word) != known.end()) return std::nullopt;
    std::string all;
    for (auto const& each : known) {
        bool const last = &each == &known.back() && known.size() > 1;
        all.append(all.empty() ? "" : last ? ", and " : ", ").append(quoted(each));
    }
    return unsupported_value(word, all, where);
}

}  // namespace coax::sim::detail
