#include "provider/anthropic_content.hpp"

#include "provider/encode.hpp"

#include <algorithm>
#include <array>

namespace coax::detail {
namespace {

using json::writer;

std::string_view refusal_of(content_part const& part, role speaker) {
    constexpr std::array<std::string_view, 4> images{"image/png", "image/jpeg", "image/gif", "image/webp"};
    if (part.text() != nullptr) return {};
    if (part.audio() != nullptr) return "takes no sound";
    if (speaker != role::user && speaker != role::tool) return "takes images and files from the user and tools only";
    if (auto const* image = part.image()) {
        bool const known = image->data.empty() || std::ranges::find(images, image->media_type) != images.end();
        return known ? "" : "takes images as PNG, JPEG, GIF or WebP alone";
    }
    auto const& file = *part.file();
    bool const known = file.data.empty() || file.media_type == "application/pdf" || file.media_type == "text/plain";
    return known ? "" : "takes documents as application/pdf or text/plain alone";
}

void write_source(writer& out, std::string_view type, std::string_view media_type, std::string_view data) {
    out.key("source").begin_object().member("type", type);
    out.member("media_type", media_type).member("data", data).end_object();
}

void write_source(writer& out, std::string_view type, std::string_view member, std::string const& value) {
    out.key("source").begin_object().member("type", type).member(member, value).end_object();
}

void write_image(writer& out, image_part const& image) {
    out.member("type", "image");
    if (!image.data.empty())
        write_source(out, "base64", image.media_type, image.data.text());
    else if (!image.url.empty())
        write_source(out, "url", "url", image.url);
    else
        write_source(out, "file", "file_id", image.file_id);
}

void write_document(writer& out, file_part const& file) {
    out.member("type", "document");
    if (!file.text.empty())
        write_source(out, "text", std::string_view{"text/plain"}, std::string_view{file.text});
    else if (file.media_type == "text/plain" && !file.data.empty())
        write_source(out, "text", std::string_view{"text/plain"}, std::string_view{file.data.decode()});
    else if (!file.data.empty())
        write_source(out, "base64", file.media_type, file.data.text());
    else if (!file.url.empty())
        write_source(out, "url", "url", file.url);
    else
        write_source(out, "file", "file_id", file.file_id);
    if (!file.name.empty()) out.member("title", file.name);
    if (!file.context.empty()) out.member("context", file.context);
    if (file.citations) out.key("citations").begin_object().member("enabled", true).end_object();
}

bool is_blank_text(content_part const& part) { return part.text() != nullptr && is_blank(part.text()->text); }

void write_part(writer& out, content_part const& part) {
    if (auto const* text = part.text())
        out.member("type", "text").member("text", text->text);
    else if (auto const* image = part.image())
        write_image(out, *image);
    else
        write_document(out, *part.file());
}

}  // namespace

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

bool has_blank_content(message const& msg) {
    return is_blank(msg.text) && std::ranges::all_of(msg.parts, is_blank_text);
}

result<void> check_anthropic_parts(std::vector<message> const& messages) {
    return check_parts(messages, "anthropic", refusal_of);
}

void write_cache_control(writer& out, anthropic_cache_mark const& mark) {
    if (!mark) return;
    out.key("cache_control").begin_object().member("type", "ephemeral");
    if (!mark->empty()) out.member("ttl", *mark);
    out.end_object();
}

void write_anthropic_blocks(writer& out, message const& msg, anthropic_cache_mark const& mark) {
    auto const last = std::find_if_not(msg.parts.rbegin(), msg.parts.rend(), is_blank_text);
    if (!is_blank(msg.text)) {
        out.begin_object().member("type", "text").member("text", msg.text);
        if (last == msg.parts.rend()) write_cache_control(out, mark);
        out.end_object();
    }
    for (auto const& part : msg.parts) {
        if (is_blank_text(part)) continue;
        out.begin_object();
        write_part(out, part);
        if (&part == &*last) write_cache_control(out, mark);
        out.end_object();
    }
}

}  // namespace coax::detail
