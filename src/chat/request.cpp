#include <coax/chat/advanced_options.hpp>
#include <coax/chat/cache_control.hpp>
#include <coax/chat/request.hpp>
#include <coax/core/detail/name.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string_view>

namespace coax {
namespace {

std::string element(std::string_view list, std::size_t index) {
    return std::string{list} + '[' + std::to_string(index) + ']';
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

result<void> check_numbers(chat_request const& request) {
    for (auto const& rule : range_rules)
        if (auto const& value = request.*rule.value; value && !(*value >= rule.least && *value <= rule.most))
            return invalid_argument(rule.field, rule.range);
    // Some compatible servers take -1 for "all".
    if (request.top_k && *request.top_k < -1) return invalid_argument("top_k", "must not be negative");
    if (request.max_output_tokens && *request.max_output_tokens < 0)
        return invalid_argument("max_output_tokens", "must not be negative");
    return {};
}

/// Where the content of a part is: exactly one of these must be given.
result<void> check_source(std::initializer_list<bool> given, std::string const& where, std::string_view rule) {
    if (std::ranges::count(given, true) == 1) return {};
    return invalid_argument(where, std::string{rule});
}

result<void> check_media_type(base64_data const& data, std::string const& media_type, std::string const& where) {
    if (!data.empty() && media_type.empty()) return invalid_argument(where + ".media_type", "is needed with data");
    return {};
}

result<void> check_part(content_part const& part, std::string const& where) {
    if (auto const* image = part.image()) {
        if (auto checked = check_source({!image->url.empty(), !image->data.empty(), !image->file_id.empty()}, where,
                                        "an image needs either a url, data or a file_id");
            !checked)
            return checked;
        return check_media_type(image->data, image->media_type, where);
    }
    if (auto const* file = part.file()) {
        if (auto checked =
                check_source({!file->url.empty(), !file->data.empty(), !file->file_id.empty(), !file->text.empty()},
                             where, "a file needs either data, text, a url or a file_id");
            !checked)
            return checked;
        return check_media_type(file->data, file->media_type, where);
    }
    auto const* audio = part.audio();
    if (audio == nullptr) return {};
    if (auto checked = check_source({!audio->url.empty(), !audio->data.empty(), !audio->file_id.empty()}, where,
                                    "sound needs either data, a url or a file_id");
        !checked)
        return checked;
    return check_media_type(audio->data, audio->media_type, where);
}

/// Errors: `where` is the field within the message.
result<void> check_message(message const& one) {
    if (!one.text.empty() && !one.parts.empty()) return invalid_argument("parts", "must be empty when text is given");
    if (one.role == role::tool && one.tool_call_id.empty())
        return invalid_argument("tool_call_id", "a tool's result must name its call");
    if (one.role != role::assistant && !one.tool_calls.empty())
        return invalid_argument("tool_calls", "only the assistant asks for tools");
    for (std::size_t i = 0; i < one.parts.size(); ++i)
        if (auto checked = check_part(one.parts[i], element("parts", i)); !checked) return checked;
    if (one.cache_breakpoint && one.role == role::assistant)
        return invalid_argument("cache_breakpoint", "stands at no message of the assistant: mark one before or after");
    return {};
}

result<void> check_messages(std::vector<message> const& messages) {
    if (messages.empty()) return invalid_argument("messages", "at least one is needed");
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (auto checked = check_message(messages[i]); !checked)
            return invalid_argument(element("messages", i) + '.' + checked.error().where, checked.error().message);
    return {};
}

result<void> check_raw_tool(tool_definition const& tool, std::string const& where) {
    if (!tool.raw.is_object()) return invalid_argument(where + ".raw", "must be a JSON object");
    if (!tool.name.empty() || !tool.description.empty() || !tool.parameters.empty() || tool.strict)
        return invalid_argument(where + ".raw", "stands in place of all else");
    return {};
}

result<void> check_tools(chat_request const& request) {
    auto const& tools = request.tools;
    for (std::size_t i = 0; i < tools.size(); ++i) {
        auto const is_namesake = [&](tool_definition const& other) { return other.name == tools[i].name; };
        if (!tools[i].raw.is_null()) {
            if (auto checked = check_raw_tool(tools[i], element("tools", i)); !checked) return checked;
            continue;
        }
        if (!core::detail::is_name(tools[i].name))
            return invalid_argument(element("tools", i) + ".name", core::detail::name_rule);
        if (std::any_of(tools.begin(), tools.begin() + static_cast<std::ptrdiff_t>(i), is_namesake))
            return invalid_argument(element("tools", i) + ".name", "is a duplicate");
        if (!tools[i].parameters.empty() && !looks_like_object(tools[i].parameters))
            return invalid_argument(element("tools", i) + ".parameters", "must be a JSON Schema, an object");
    }
    return {};
}

result<void> check_tool_choice(chat_request const& request) {
    auto const& choice = request.tool_choice;
    if (choice.mode != tool_choice_mode::required && choice.mode != tool_choice_mode::named) return {};
    if (request.tools.empty()) return invalid_argument("tool_choice", "asks for a tool, but there are none");
    auto const is_chosen = [&](tool_definition const& tool) { return tool.name == choice.name; };
    if (choice.mode == tool_choice_mode::named && std::none_of(request.tools.begin(), request.tools.end(), is_chosen))
        return invalid_argument("tool_choice.name", "is not the name of a tool");
    return {};
}

result<void> check_metadata(std::vector<metadata_entry> const& metadata) {
    for (std::size_t i = 0; i < metadata.size(); ++i) {
        auto const is_namesake = [&](metadata_entry const& other) { return other.key == metadata[i].key; };
        if (std::any_of(metadata.begin(), metadata.begin() + static_cast<std::ptrdiff_t>(i), is_namesake))
            return invalid_argument(element("metadata", i) + ".key", "is a duplicate");
    }
    return {};
}

result<void> check_format(response_format const& format) {
    if (!format.name.empty() && !core::detail::is_name(format.name))
        return invalid_argument("response_format.name", core::detail::name_rule);
    if (format.kind == response_format_kind::json_schema && !looks_like_object(format.schema))
        return invalid_argument("response_format.schema", "must be a JSON Schema, an object");
    return {};
}

/// Of all the responses that are asked for.
std::int64_t wanted_tokens(chat_request const& request, std::int64_t default_output_tokens) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1'024;
    auto const each = std::min(request.max_output_tokens.value_or(default_output_tokens), most);
    return request.advanced ? each * request.advanced->n : each;
}

std::size_t text_bytes(message const& one) {
    std::size_t bytes = one.text.size() + one.refusal.size() + one.name.size();
    for (auto const& part : one.parts)
        if (auto const* text = part.text())
            bytes += text->text.size();
        else if (auto const* file = part.file())
            bytes += file->text.size();
    for (auto const& call : one.tool_calls) bytes += call.name.size() + call.arguments.size();
    return bytes;
}

/// Of what is no text, roughly.
std::int64_t media_tokens(content_part const& part) {
    constexpr std::int64_t tokens_per_image = 800;        // a square of 1,024 pixels
    constexpr std::int64_t tokens_per_kept_file = 2'000;  // a page or two
    constexpr std::size_t bytes_per_pdf_token = 40;       // a page is some 80 kB and 2,000 tokens
    constexpr std::size_t bytes_per_audio_token = 400;    // a second of MP3 is 16 kB, of WAV more
    if (part.image() != nullptr) return tokens_per_image;
    auto const of = [](base64_data const& data, std::size_t bytes_per_token) {
        return data.empty() ? tokens_per_kept_file : static_cast<std::int64_t>(data.text().size() / bytes_per_token);
    };
    if (auto const* file = part.file()) return file->text.empty() ? of(file->data, bytes_per_pdf_token) : 0;
    return part.audio() == nullptr ? 0 : of(part.audio()->data, bytes_per_audio_token);
}

std::int64_t media_tokens(message const& one) {
    std::int64_t tokens = 0;
    for (auto const& part : one.parts) tokens += media_tokens(part);
    return tokens;
}

}  // namespace

bool response_format::operator==(response_format const& other) const = default;
bool metadata_entry::operator==(metadata_entry const& other) const = default;
bool chat_request::operator==(chat_request const& other) const = default;

chat_request to_request(std::string prompt) {
    chat_request request;
    request.messages.push_back(user(std::move(prompt)));
    return request;
}

result<void> validate(chat_request const& request) {
    if (auto checked = check_messages(request.messages); !checked) return checked;
    if (auto checked = check_numbers(request); !checked) return checked;
    for (std::size_t i = 0; i < request.stop.size(); ++i)
        if (request.stop[i].empty()) return invalid_argument(element("stop", i), "must not be empty");
    if (auto checked = check_tools(request); !checked) return checked;
    if (auto checked = check_tool_choice(request); !checked) return checked;
    if (auto checked = check_metadata(request.metadata); !checked) return checked;
    if (auto checked = check_format(request.response_format); !checked) return checked;
    if (request.advanced)
        if (auto checked = validate(*request.advanced); !checked) return checked;
    if (request.response_cache)
        if (auto checked = validate(*request.response_cache); !checked) return checked;
    if (!request.extra.is_null() && !request.extra.is_object())
        return invalid_argument("extra", "must be a JSON object");
    return {};
}

std::int64_t estimate_tokens(chat_request const& request, std::int64_t default_output_tokens) {
    constexpr std::int64_t bytes_per_token = 4;
    constexpr std::int64_t tokens_per_message = 4;  // the marks around it

    std::size_t bytes = request.response_format.schema.size();
    std::int64_t tokens = wanted_tokens(request, default_output_tokens);
    for (auto const& one : request.messages) {
        bytes += text_bytes(one);
        tokens += tokens_per_message + media_tokens(one);
    }
    for (auto const& tool : request.tools) bytes += tool.name.size() + tool.description.size() + tool.parameters.size();
    return tokens + (static_cast<std::int64_t>(bytes) + bytes_per_token - 1) / bytes_per_token;
}

}  // namespace coax
