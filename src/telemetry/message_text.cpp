#include "telemetry/internal/message_text.hpp"

#include <coax/json/value.hpp>
#include <coax/json/writer.hpp>
#include <coax/reflect/enums.hpp>

#include <algorithm>

namespace coax::telemetry::detail {
namespace {

/// What a part without any text counts, so that their number is bounded too.
constexpr std::size_t part_bytes = 32;

/// The beginning of a text, up to a whole character.
std::string_view cut(std::string_view text, std::size_t most_bytes) {
    if (text.size() <= most_bytes) return text;
    while (most_bytes > 0 && (static_cast<unsigned char>(text[most_bytes]) & 0xc0U) == 0x80U) --most_bytes;
    return text.substr(0, most_bytes);
}

/// Writes messages until the bytes are used up.
class message_writer {
public:
    explicit message_writer(std::size_t most_bytes) : left_{most_bytes} { json_.begin_array(); }

    [[nodiscard]] bool full() const noexcept { return left_ == 0; }

    void begin(std::string_view role) {
        spend(part_bytes);
        json_.begin_object().member("role", role).key("parts").begin_array();
    }
    void end_parts() { json_.end_array(); }
    void finish_reason(std::string_view why) { json_.member("finish_reason", why); }
    void end() { json_.end_object(); }

    void text(std::string_view type, std::string_view content) {
        if (content.empty() || full()) return;
        json_.begin_object().member("type", type).member("content", take(content)).end_object();
    }
    void call(tool_call const& asked) {
        if (full()) return;
        json_.begin_object().member("type", "tool_call").member("id", take(asked.id)).member("name", take(asked.name));
        value("arguments", asked.arguments);
        json_.end_object();
    }
    void response(message const& answer) {
        if (full()) return;
        json_.begin_object().member("type", "tool_call_response").member("id", take(answer.tool_call_id));
        value("response", answer.text);
        json_.end_object();
    }
    void part(content_part const& one) {
        if (auto const* const plain = one.text()) text("text", plain->text);
        if (auto const* const image = one.image()) media("image", image->url, image->file_id, image->media_type);
        if (auto const* const file = one.file()) media("document", file->url, file->file_id, file->media_type);
        if (auto const* const audio = one.audio()) media("audio", audio->url, audio->file_id, audio->media_type);
    }

    [[nodiscard]] std::string take_text() {
        json_.end_array();
        return std::move(out_);
    }

private:
    void spend(std::size_t bytes) noexcept { left_ -= std::min(left_, bytes); }
    std::string_view take(std::string_view text) {
        auto const kept = cut(text, left_);
        spend(std::max(kept.size(), std::min(text.size(), part_bytes)));
        return kept;
    }
    /// JSON as such, where all of it fits, otherwise as text.
    void value(std::string_view name, std::string_view text) {
        json_.key(name);
        auto const parsed = text.size() <= left_ ? json_value::parse(text) : result<json_value>{error{}};
        auto const kept = take(text);
        parsed ? json_.raw(parsed->text()) : json_.value(kept);
    }
    void media(std::string_view modality, std::string_view url, std::string_view file_id, std::string_view type) {
        if (full()) return;
        spend(part_bytes);
        auto const kind = !url.empty() ? "uri" : !file_id.empty() ? "file" : "blob";
        json_.begin_object().member("type", kind).member("modality", modality);
        if (!url.empty()) json_.member("uri", take(url));
        if (!file_id.empty()) json_.member("file_id", take(file_id));
        if (!type.empty()) json_.member("mime_type", type);
        json_.end_object();
    }

    std::size_t left_;
    std::string out_{};
    json::writer json_{out_};
};

}  // namespace

std::string input_messages(std::vector<message> const& messages, std::size_t most_bytes) {
    message_writer out{most_bytes};
    for (auto const& each : messages) {
        if (out.full()) break;
        out.begin(reflect::enum_name(each.role));
        if (each.role == role::tool)
            out.response(each);
        else
            out.text("text", each.text.empty() ? each.refusal : each.text);
        for (auto const& one : each.parts) out.part(one);
        for (auto const& asked : each.tool_calls) out.call(asked);
        out.end_parts();
        out.end();
    }
    return out.take_text();
}

std::string output_messages(chat_response const& response, std::size_t most_bytes) {
    message_writer out{most_bytes};
    out.begin("assistant");
    out.text("reasoning", response.reasoning);
    out.text("text", response.text.empty() ? response.refusal : response.text);
    for (auto const& asked : response.tool_calls) out.call(asked);
    out.end_parts();
    bool const calls = response.finish_reason == finish_reason::tool_calls;
    out.finish_reason(calls ? "tool_call" : to_string(response.finish_reason));
    out.end();
    return out.take_text();
}

std::string cut_json(std::string_view json, std::size_t most_bytes) {
    if (json.size() <= most_bytes && json_value::parse(json)) return std::string{json};
    return json_string(json, most_bytes);
}

std::string json_string(std::string_view text, std::size_t most_bytes) {
    std::string out;
    json::append_string(out, cut(text, most_bytes));
    return out;
}

}  // namespace coax::telemetry::detail
