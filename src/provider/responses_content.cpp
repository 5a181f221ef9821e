#include "provider/responses_content.hpp"

#include "provider/encode.hpp"

#include <algorithm>

namespace coax::detail {
namespace {

using json::writer;

std::string_view responses_refusal_of(content_part const& part, role speaker) {
    if (part.text() != nullptr) return {};
    if (part.audio() != nullptr) return "takes sound in chat completions alone";
    if (speaker != role::user && speaker != role::tool) return "takes images and files from the user and tools only";
    auto const* file = part.file();
    return file != nullptr && (file->citations || !file->context.empty())
               ? "knows no citations and no context of a file"
               : "";
}

void write_input_image(writer& out, openai_profile const& profile, image_part const& image) {
    out.member("type", "input_image");
    if (!image.data.empty())
        write_data_url(out, "image_url", image.media_type, image.data);
    else if (!image.url.empty())
        out.member("image_url", image.url);
    else
        out.member("file_id", image.file_id);
    auto const standard = profile.image_detail.empty() ? std::string_view{"auto"} : profile.image_detail;
    out.member("detail", image.detail.empty() ? standard : std::string_view{image.detail});
}

void write_input_file(writer& out, file_part const& file) {
    out.member("type", "input_file");
    bool const has_bytes = !file.data.empty() || !file.text.empty();
    if (has_bytes) out.member("filename", file.name.empty() ? std::string{"document"} : file.name);
    if (!file.text.empty())
        write_data_url(out, "file_data", "text/plain", base64_data::encode(file.text));
    else if (has_bytes)
        write_data_url(out, "file_data", file.media_type, file.data);
    else if (!file.url.empty())
        out.member("file_url", file.url);
    else
        out.member("file_id", file.file_id);
}

void write_input_part(writer& out, openai_profile const& profile, content_part const& part) {
    if (auto const* text = part.text())
        out.member("type", "input_text").member("text", text->text);
    else if (auto const* image = part.image())
        write_input_image(out, profile, *image);
    else
        write_input_file(out, *part.file());
}

bool is_silent(content_part const& part) { return part.text() != nullptr && part.text()->text.empty(); }

}  // namespace

result<void> check_responses_parts(openai_profile const& profile, std::vector<message> const& messages) {
    return check_parts(messages, profile.service, responses_refusal_of);
}

void write_responses_content(writer& out, std::string_view name, openai_profile const& profile, message const& msg,
                             bool ends_cached_prefix) {
    bool const plain = std::ranges::all_of(msg.parts, is_silent);
    if (plain && (msg.text.empty() || !ends_cached_prefix)) {
        out.member(name, msg.text);
        return;
    }
    content_part const text{text_part{msg.text}};
    std::vector<content_part const*> parts;
    for (auto const& part : msg.parts)
        if (!is_silent(part)) parts.push_back(&part);  // services refuse empty parts
    if (parts.empty()) parts.push_back(&text);
    out.key(name).begin_array();
    for (auto const* part : parts) {
        write_input_part(out.begin_object(), profile, *part);
        if (ends_cached_prefix && part == parts.back())
            out.key("prompt_cache_breakpoint").begin_object().member("mode", "explicit").end_object();
        out.end_object();
    }
    out.end_array();
}

}  // namespace coax::detail
