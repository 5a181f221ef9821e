#include "provider/encode.hpp"

#include "provider/json_text.hpp"

#include <algorithm>

namespace coax::detail {

std::size_t expected_bytes(chat_request const& request) {
    std::size_t bytes = 512 + request.response_format.schema.size();
    for (auto const& msg : request.messages) {
        bytes += 64 + msg.text.size() + msg.text.size() / 16 + msg.raw_content.text().size();
        for (auto const& call : msg.tool_calls) bytes += 96 + call.arguments.size() * 9 / 8;
    }
    for (auto const& tool : request.tools) bytes += 128 + tool.description.size() + tool.parameters.size();
    return bytes;
}

void write_strings(json::writer& out, std::string_view name, std::vector<std::string> const& texts) {
    out.key(name).begin_array();
    for (auto const& text : texts) out.value(text);
    out.end_array();
}

result<std::string> with_extra(std::string body, chat_request const& request) {
    if (!request.extra.is_null())
        if (auto merged = json::merge_objects(body, request.extra); !merged) return merged.error();
    return body;
}

result<std::string> without_members(std::string body, std::vector<std::string> const& names) {
    if (names.empty()) return body;
    auto object = json_value::parse(body);
    if (!object) return std::move(object).error();
    std::string text;
    json::writer out{text};
    out.begin_object();
    for (auto const& [name, value] : read_members(*object))
        if (std::ranges::find(names, name) == names.end()) out.key(name).raw(value.text());
    out.end_object();
    return text;
}

result<void> check_images(std::vector<message> const& messages, role also, std::string_view rule) {
    auto const is_image = [](content_part const& part) { return part.image() != nullptr; };
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (messages[i].role != role::user && messages[i].role != also &&
            std::ranges::any_of(messages[i].parts, is_image))
            return invalid_argument("messages[" + std::to_string(i) + "].parts", std::string{rule});
    return {};
}

}  // namespace coax::detail
