#include "provider/openai_content.hpp"

#include "provider/encode.hpp"

#include <algorithm>

namespace coax::detail {
namespace {

using json::writer;

/// What `input_audio` calls a media type; empty: nothing.
std::string_view audio_format(std::string_view media_type) {
    for (std::string_view const type : {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"})
        if (media_type == type) return "wav";
    return media_type == "audio/mpeg" || media_type == "audio/mp3" ? "mp3" : "";
}

std::string_view refusal_of(content_part const& part, role speaker) {
    if (part.text() != nullptr) return {};
    if (speaker != role::user) return "takes images, files and sound from the user only";
    if (auto const* image = part.image())
        return image->file_id.empty() ? "" : "takes images in chat completions by url or data, not by file_id";
    if (auto const* file = part.file()) {
        if (!file->url.empty()) return "takes files in chat completions by data or file_id, not by url";
        return file->citations || !file->context.empty() ? "knows no citations and no context of a file" : "";
    }
    if (part.audio()->data.empty()) return "takes sound by data alone";
    return audio_format(part.audio()->media_type).empty() ? "takes sound as audio/wav or audio/mpeg alone" : "";
}

void write_image(writer& out, openai_profile const& profile, image_part const& image) {
    out.member("type", "image_url").key("image_url").begin_object();
    if (image.data.empty())
        out.member("url", image.url);
    else
        write_data_url(out, "url", image.media_type, image.data);
    auto const detail = image.detail.empty() ? profile.image_detail : std::string_view{image.detail};
    if (!detail.empty()) out.member("detail", detail);
    out.end_object();
}

void write_file(writer& out, file_part const& file) {
    out.member("type", "file").key("file").begin_object();
    if (!file.file_id.empty()) {
        out.member("file_id", file.file_id).end_object();
        return;
    }
    bool const is_text = file.data.empty();
    std::string_view const ending = is_text ? ".txt" : file.media_type == "application/pdf" ? ".pdf" : "";
    out.member("filename", file.name.empty() ? std::string{"document"}.append(ending) : file.name);
    if (is_text)
        write_data_url(out, "file_data", "text/plain", base64_data::encode(file.text));
    else
        write_data_url(out, "file_data", file.media_type, file.data);
    out.end_object();
}

void write_audio(writer& out, audio_part const& audio) {
    out.member("type", "input_audio").key("input_audio").begin_object();
    out.member("data", audio.data.text()).member("format", audio_format(audio.media_type)).end_object();
}

bool is_empty_text(content_part const& part) { return part.text() != nullptr && part.text()->text.empty(); }

void write_part(writer& out, openai_profile const& profile, content_part const& part) {
    if (auto const* text = part.text())
        out.member("type", "text").member("text", text->text);
    else if (auto const* image = part.image())
        write_image(out, profile, *image);
    else if (auto const* file = part.file())
        write_file(out, *file);
    else
        write_audio(out, *part.audio());
}

void write_mark(writer& out) {
    out.key("prompt_cache_breakpoint").begin_object().member("mode", "explicit").end_object();
}

}  // namespace

result<void> check_openai_parts(openai_profile const& profile, std::vector<message> const& messages) {
    return check_parts(messages, profile.service, refusal_of);
}

bool has_openai_parts(message const& msg) { return !std::ranges::all_of(msg.parts, is_empty_text); }

void write_openai_parts(writer& out, openai_profile const& profile, std::vector<content_part> const& parts,
                        bool ends_cached_prefix) {
    auto const last = std::find_if_not(parts.rbegin(), parts.rend(), is_empty_text);
    out.begin_array();
    for (auto const& part : parts) {
        if (is_empty_text(part)) continue;
        out.begin_object();
        write_part(out, profile, part);
        if (ends_cached_prefix && &part == &*last) write_mark(out);
        out.end_object();
    }
    out.end_array();
}

void write_openai_text_part(writer& out, std::string_view text, bool ends_cached_prefix) {
    out.begin_object().member("type", "text").member("text", text);
    if (ends_cached_prefix) write_mark(out);
    out.end_object();
}

}  // namespace coax::detail
