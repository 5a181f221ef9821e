#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/fleet/messages_text.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace coax {
namespace fleet::detail {
namespace {

enum class part_kind { text, image, file, audio };

struct part_members {
    part_kind kind{part_kind::text};
    std::optional<std::string> text{};
    std::optional<std::string> name{};
    std::optional<std::string> media_type{};
    std::optional<std::string> data{};
    std::optional<std::string> url{};
    std::optional<std::string> file_id{};
    std::optional<std::string> detail{};
};

struct message_members {
    coax::role role{coax::role::user};
    std::string text{};
    std::optional<std::vector<part_members>> parts{};
};

std::optional<std::string> stated(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return std::string{text};
}

std::string text_of(std::optional<std::string>& member) { return std::move(member).value_or(std::string{}); }

part_members to_members(content_part const& part) {
    if (auto const* const text = part.text()) return {.text = text->text};
    if (auto const* const image = part.image())
        return {.kind = part_kind::image,
                .media_type = stated(image->media_type),
                .data = stated(image->data.text()),
                .url = stated(image->url),
                .file_id = stated(image->file_id),
                .detail = stated(image->detail)};
    if (auto const* const audio = part.audio())
        return {.kind = part_kind::audio,
                .media_type = stated(audio->media_type),
                .data = stated(audio->data.text()),
                .url = stated(audio->url),
                .file_id = stated(audio->file_id)};
    auto const& file = *part.file();
    return {.kind = part_kind::file,
            .text = stated(file.text),
            .name = stated(file.name),
            .media_type = stated(file.media_type),
            .data = stated(file.data.text()),
            .url = stated(file.url),
            .file_id = stated(file.file_id)};
}

content_part to_part(part_members one) {
    base64_data data;
    if (one.data) data = base64_data{*std::move(one.data)};
    switch (one.kind) {
        case part_kind::image:
            return image_part{.url = text_of(one.url),
                              .media_type = text_of(one.media_type),
                              .data = std::move(data),
                              .detail = text_of(one.detail),
                              .file_id = text_of(one.file_id)};
        case part_kind::audio:
            return audio_part{.media_type = text_of(one.media_type),
                              .data = std::move(data),
                              .url = text_of(one.url),
                              .file_id = text_of(one.file_id)};
        case part_kind::file:
            return file_part{.name = text_of(one.name),
                             .media_type = text_of(one.media_type),
                             .data = std::move(data),
                             .text = text_of(one.text),
                             .url = text_of(one.url),
                             .file_id = text_of(one.file_id)};
        default: return text_part{text_of(one.text)};
    }
}

/// Whether it has what a queue's row has no words for.
bool has_more(message const& one) {
    bool const has_special_file = std::ranges::any_of(one.parts, [](content_part const& part) {
        return part.file() != nullptr && (part.file()->citations || !part.file()->context.empty());
    });
    return has_special_file || !one.name.empty() || !one.refusal.empty() || !one.tool_calls.empty() ||
           !one.tool_call_id.empty() || one.tool_failed || one.cache_breakpoint ||
           one.raw_content.kind() != json_kind::null;
}

}  // namespace
}  // namespace fleet::detail

result<std::string> messages_text(std::vector<message> const& messages) {
    using namespace fleet::detail;
    std::vector<message_members> all;
    for (auto const& one : messages) {
        if (has_more(one))
            return invalid_argument(
                "messages[" + std::to_string(all.size()) + ']',
                "has more than text, images, files and sound, which is all that a queue's rows have");
        message_members members{.role = one.role, .text = one.text};
        for (auto const& part : one.parts) {
            if (!members.parts) members.parts.emplace();
            members.parts->push_back(to_members(part));
        }
        all.push_back(std::move(members));
    }
    return json::write(all);
}

result<std::vector<message>> read_messages(std::string_view text) {
    auto read = json::read<std::vector<fleet::detail::message_members>>(text, {.require_fields = false});
    if (!read) return std::move(read).error();
    std::vector<message> messages;
    for (auto& one : *read) {
        message made{.role = one.role, .text = std::move(one.text)};
        if (one.parts)
            for (auto& part : *one.parts) made.parts.push_back(fleet::detail::to_part(std::move(part)));
        messages.push_back(std::move(made));
    }
    return messages;
}

}  // namespace coax
