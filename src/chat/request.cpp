#include <coax/chat/request.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace coax {
namespace {

error invalid(std::string where, std::string message) {
    return {.code = errc::invalid_argument, .message = std::move(message), .where = std::move(where)};
}

std::string element(std::string_view list, std::size_t index) {
    return std::string{list} + '[' + std::to_string(index) + ']';
}

bool is_name(std::string_view text) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed);
}

/// A quick look, not a parse: whether the text can be a JSON object.
bool looks_like_object(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    auto const last = text.find_last_not_of(blanks);
    return first != std::string_view::npos && first != last && text[first] == '{' && text[last] == '}';
}

struct range_rule {
    char const* field;
    std::optional<double> chat_request::* value;
    double least;
    double most;
    char const* range;
};

constexpr range_rule range_rules[]{
    {"temperature", &chat_request::temperature, 0, 2, "must be in [0, 2]"},
    {"top_p", &chat_request::top_p, 0, 1, "must be in [0, 1]"},
    {"presence_penalty", &chat_request::presence_penalty, -2, 2, "must be in [-2, 2]"},
    {"frequency_penalty", &chat_request::frequency_penalty, -2, 2, "must be in [-2, 2]"},
};

std::optional<error> check_numbers(chat_request const& request) {
    for (auto const& rule : range_rules)
        if (auto const& value = request.*rule.value; value && !(*value >= rule.least && *value <= rule.most))
            return invalid(rule.field, rule.range);
    // Some compatible servers take -1 for "all".
    if (request.top_k && *request.top_k < -1) return invalid("top_k", "must not be negative");
    if (request.max_output_tokens && *request.max_output_tokens < 0)
        return invalid("max_output_tokens", "must not be negative");
    return std::nullopt;
}

/// A field of a message and what is wrong with it; the field is empty when nothing is.
struct complaint {
    std::string field{};
    char const* message{nullptr};
};

complaint complaint_about(image_part const& image, std::size_t index) {
    if (image.url.empty() == image.data.empty())
        return {element("parts", index), "an image needs either a url or data"};
    if (!image.data.empty() && image.media_type.empty())
        return {element("parts", index) + ".media_type", "is needed with data"};
    return {};
}

complaint complaint_about(message const& said) {
    if (!said.text.empty() && !said.parts.empty()) return {"parts", "must be empty when text is given"};
    if (said.role == role::tool && said.tool_call_id.empty())
        return {"tool_call_id", "a tool's answer must name its call"};
    if (said.role != role::assistant && !said.tool_calls.empty())
        return {"tool_calls", "only the assistant asks for tools"};
    for (std::size_t i = 0; i < said.parts.size(); ++i)
        if (auto const* image = said.parts[i].image())
            if (auto found = complaint_about(*image, i); found.message != nullptr) return found;
    return {};
}

std::optional<error> check_messages(std::vector<message> const& messages) {
    if (messages.empty()) return invalid("messages", "at least one is needed");
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (auto const found = complaint_about(messages[i]); found.message != nullptr)
            return invalid(element("messages", i) + '.' + found.field, found.message);
    return std::nullopt;
}

std::optional<error> check_tools(chat_request const& request) {
    auto const& tools = request.tools;
    for (std::size_t i = 0; i < tools.size(); ++i) {
        auto const is_namesake = [&](tool_definition const& other) { return other.name == tools[i].name; };
        if (!is_name(tools[i].name))
            return invalid(element("tools", i) + ".name", "must be 1 to 64 letters, digits, '_' or '-'");
        if (std::any_of(tools.begin(), tools.begin() + static_cast<std::ptrdiff_t>(i), is_namesake))
            return invalid(element("tools", i) + ".name", "comes twice");
        if (!tools[i].parameters.empty() && !looks_like_object(tools[i].parameters))
            return invalid(element("tools", i) + ".parameters", "must be a JSON Schema, an object");
    }
    return std::nullopt;
}

std::optional<error> check_tool_choice(chat_request const& request) {
    auto const& choice = request.tool_choice;
    if (choice.mode != tool_choice_mode::required && choice.mode != tool_choice_mode::named) return std::nullopt;
    if (request.tools.empty()) return invalid("tool_choice", "asks for a tool, but there are none");
    auto const is_chosen = [&](tool_definition const& tool) { return tool.name == choice.name; };
    if (choice.mode == tool_choice_mode::named && std::none_of(request.tools.begin(), request.tools.end(), is_chosen))
        return invalid("tool_choice.name", "is not the name of a tool");
    return std::nullopt;
}

std::optional<error> check_metadata(std::vector<metadata_entry> const& metadata) {
    for (std::size_t i = 0; i < metadata.size(); ++i) {
        auto const is_namesake = [&](metadata_entry const& other) { return other.key == metadata[i].key; };
        if (std::any_of(metadata.begin(), metadata.begin() + static_cast<std::ptrdiff_t>(i), is_namesake))
            return invalid(element("metadata", i) + ".key", "comes twice");
    }
    return std::nullopt;
}

std::optional<error> check_format(response_format const& format) {
    if (!format.name.empty() && !is_name(format.name))
        return invalid("response_format.name", "must be 1 to 64 letters, digits, '_' or '-'");
    if (format.kind == response_format_kind::json_schema && !looks_like_object(format.schema))
        return invalid("response_format.schema", "must be a JSON Schema, an object");
    return std::nullopt;
}

std::size_t text_bytes(message const& said) {
    std::size_t bytes = said.text.size() + said.refusal.size() + said.name.size();
    for (auto const& part : said.parts)
        if (auto const* text = part.text()) bytes += text->text.size();
    for (auto const& call : said.tool_calls) bytes += call.name.size() + call.arguments.size();
    return bytes;
}

std::int64_t image_count(message const& said) {
    return std::count_if(said.parts.begin(), said.parts.end(),
                         [](content_part const& part) { return part.image() != nullptr; });
}

}  // namespace

std::optional<error> validate(chat_request const& request) {
    if (auto wrong = check_messages(request.messages)) return wrong;
    if (auto wrong = check_numbers(request)) return wrong;
    for (std::size_t i = 0; i < request.stop.size(); ++i)
        if (request.stop[i].empty()) return invalid(element("stop", i), "must not be empty");
    if (auto wrong = check_tools(request)) return wrong;
    if (auto wrong = check_tool_choice(request)) return wrong;
    if (auto wrong = check_metadata(request.metadata)) return wrong;
    if (auto wrong = check_format(request.response_format)) return wrong;
    if (!request.extra.is_null() && !request.extra.is_object()) return invalid("extra", "must be a JSON object");
    return std::nullopt;
}

std::int64_t estimate_tokens(chat_request const& request, std::int64_t default_output_tokens) {
    constexpr std::int64_t bytes_per_token = 4;
    constexpr std::int64_t tokens_per_message = 4;  // the marks around it
    constexpr std::int64_t tokens_per_image = 800;  // a square of 1,024 pixels

    std::size_t bytes = request.response_format.schema.size();
    std::int64_t tokens = request.max_output_tokens.value_or(default_output_tokens);
    for (auto const& said : request.messages) {
        bytes += text_bytes(said);
        tokens += tokens_per_message + tokens_per_image * image_count(said);
    }
    for (auto const& tool : request.tools) bytes += tool.name.size() + tool.description.size() + tool.parameters.size();
    return tokens + (static_cast<std::int64_t>(bytes) + bytes_per_token - 1) / bytes_per_token;
}

}  // namespace coax
