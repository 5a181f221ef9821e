#include "provider/encode.hpp"

#include "provider/json_text.hpp"

#include <algorithm>

namespace coax::detail {

namespace {

std::size_t expected_bytes(content_part const& part) {
    if (auto const* text = part.text()) return text->text.size() + text->text.size() / 16;
    if (auto const* image = part.image()) return image->data.text().size() + image->url.size();
    if (auto const* file = part.file()) return file->data.text().size() + file->text.size() * 3 / 2;
    return part.audio()->data.text().size();
}

}  // namespace

std::size_t expected_bytes(chat_request const& request) {
    std::size_t bytes = 512 + request.response_format.schema.size();
    for (auto const& msg : request.messages) {
        bytes += 64 + msg.text.size() + msg.text.size() / 16 + msg.raw_content.text().size();
        for (auto const& part : msg.parts) bytes += 128 + expected_bytes(part);
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

result<std::string> with_extra(std::string body, json_value const& extra) {
    if (!extra.is_null())
        if (auto merged = json::merge_objects(body, extra); !merged) return merged.error();
    return body;
}

result<std::string> with_extra(std::string body, chat_request const& request) {
    return with_extra(std::move(body), request.extra);
}

namespace {

/// The members of an object whose names `keeps` accepts.
template <class Keeps>
result<std::string> filtered(std::string_view body, Keeps keeps) {
    auto object = json_value::parse(body);
    if (!object) return std::move(object).error();
    std::string text;
    json::writer out{text};
    out.begin_object();
    for (auto const& [name, value] : read_members(*object))
        if (keeps(name)) out.key(name).raw(value.text());
    out.end_object();
    return text;
}

}  // namespace

result<std::string> without_members(std::string body, std::vector<std::string> const& names) {
    if (names.empty()) return body;
    return filtered(body, [&](auto const& name) { return std::ranges::find(names, name) == names.end(); });
}

result<std::string> only_members(std::string const& body, std::span<std::string_view const> names) {
    return filtered(body, [&](auto const& name) { return std::ranges::find(names, name) != names.end(); });
}

void write_data_url(json::writer& out, std::string_view name, std::string_view media_type, base64_data const& data) {
    std::string url;
    url.reserve(media_type.size() + data.text().size() + 13);
    url.append("data:").append(media_type).append(";base64,").append(data.text());
    out.member(name, url);
}

result<void> check_parts(std::vector<message> const& messages, std::string_view service,
                         std::string_view (*refusal_of)(content_part const& part, role speaker)) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
        auto const& parts = messages[i].parts;
        for (std::size_t j = 0; j < parts.size(); ++j)
            if (auto const reason = refusal_of(parts[j], messages[i].role); !reason.empty())
                return invalid_argument("messages[" + std::to_string(i) + "].parts[" + std::to_string(j) + ']',
                                        std::string{service} + ' ' + std::string{reason});
    }
    return {};
}

}  // namespace coax::detail
