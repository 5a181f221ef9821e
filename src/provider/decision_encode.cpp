#include "provider/decision_wire.hpp"
#include "provider/encode.hpp"

#include <coax/json/writer.hpp>

namespace coax::detail {
namespace {

using json::writer;

std::string_view speaker_word(role speaker) noexcept {
    switch (speaker) {
        case role::system: return "system";
        case role::developer: return "developer";
        case role::assistant: return "assistant";
        case role::user:
        case role::tool: break;
    }
    return "user";
}

/// The texts of a message as one.
std::string texts_of(message const& one) {
    if (one.parts.empty()) return one.text.empty() ? one.refusal : one.text;
    std::string text;
    for (auto const& part : one.parts)
        if (auto const* words = part.text()) text.append(text.empty() ? "" : "\n").append(words->text);
    return text;
}

bool is_user_text(message const& one) { return one.role == role::user && one.parts.empty(); }

bool has_media(message const& one) {
    for (auto const& part : one.parts)
        if (part.text() == nullptr) return true;
    return false;
}

// ---- what is asked about -------------------------------------------------------------------------------------------

void write_openai_part(writer& out, content_part const& part) {
    out.begin_object();
    if (auto const* text = part.text()) {
        out.member("type", "input_text").member("text", text->text).end_object();
        return;
    }
    auto const& image = *part.image();
    out.member("type", "input_image");
    if (image.data.empty())
        out.member("image_url", image.url);
    else
        write_data_url(out, "image_url", image.media_type, image.data);
    if (!image.detail.empty()) out.member("detail", image.detail);
    out.end_object();
}

/// A message as System One's state and OpenAI's input have it.
void write_decision_message(writer& out, message const& one) {
    out.begin_object().member("role", speaker_word(one.role));
    if (has_media(one)) {
        out.key("content").begin_array();
        for (auto const& part : one.parts) write_openai_part(out, part);
        out.end_array();
    } else {
        out.member("content", texts_of(one));
    }
    out.end_object();
}

void write_gemini_text(writer& out, std::string_view text) {
    out.begin_object().member("type", "text").member("text", text).end_object();
}

void write_gemini_media(writer& out, std::string_view type, std::string_view media_type, base64_data const& data,
                        std::string const& url) {
    out.begin_object().member("type", type);
    if (data.empty())
        out.member("uri", url);
    else
        out.member("data", data.text());
    if (!media_type.empty()) out.member("mime_type", media_type);
    out.end_object();
}

void write_gemini_part(writer& out, content_part const& part) {
    auto const address = [](auto const& media) { return media.url.empty() ? media.file_id : media.url; };
    if (auto const* text = part.text()) return write_gemini_text(out, text->text);
    if (auto const* image = part.image())
        return write_gemini_media(out, "image", image->media_type, image->data, address(*image));
    if (auto const* audio = part.audio())
        return write_gemini_media(out, "audio", audio->media_type, audio->data, address(*audio));
    auto const& file = *part.file();
    if (!file.text.empty()) return write_gemini_text(out, file.text);
    write_gemini_media(out, "document", file.media_type, file.data, address(file));
}

/// This input knows no roles: who speaks stands before the text, but for the user.
void write_gemini_message(writer& out, message const& one) {
    if (one.role != role::user)
        return write_gemini_text(out, std::string{speaker_word(one.role)} + ": " + texts_of(one));
    if (one.parts.empty()) return write_gemini_text(out, one.text);
    for (auto const& part : one.parts) write_gemini_part(out, part);
}

// ---- the questions -------------------------------------------------------------------------------------------------

std::string_view instructions_of(decision_question const& question) {
    return question.instructions.empty() ? question.name : question.instructions;
}

/// A level in words.
std::string level_text(decision_option const& level) {
    return level.description.empty() ? level.label : level.label + ": " + level.description;
}

/// System One and Gemini, where a label without a description is described by itself.
void write_criteria(writer& out, decision_wire wire, decision_question const& question) {
    if (question.kind == decision_kind::predicate) return;
    out.key("criteria");
    if (question.kind == decision_kind::score) {
        out.begin_array();
        for (auto const& level : question.options) out.value(level_text(level));
        out.end_array();
        return;
    }
    out.begin_object();
    for (auto const& option : question.options) {
        out.key(option.label);
        if (!option.description.empty() || wire == decision_wire::gemini)
            out.value(option.description.empty() ? option.label : option.description);
        else
            out.null();
    }
    out.end_object();
}

void write_question(writer& out, decision_wire wire, decision_question const& question) {
    constexpr std::string_view types[]{"noul", "choice", "score"};
    out.key(question.name).begin_object().member("type", types[static_cast<std::size_t>(question.kind)]);
    out.member("instructions", instructions_of(question));
    write_criteria(out, wire, question);
    out.end_object();
}

void write_openai_question(writer& out, decision_question const& question) {
    constexpr std::string_view types[]{"predicate", "choice", "score"};
    out.begin_object().member("type", types[static_cast<std::size_t>(question.kind)]);
    out.member("instructions", instructions_of(question)).member("name", question.name);
    if (question.kind != decision_kind::predicate) {
        bool const is_choice = question.kind == decision_kind::choice;
        out.key(is_choice ? "choices" : "levels").begin_array();
        for (auto const& option : question.options) {
            out.begin_object().member(is_choice ? "value" : "label", option.label);
            if (!option.description.empty()) out.member("description", option.description);
            out.end_object();
        }
        out.end_array();
    }
    out.end_object();
}

void write_questions(writer& out, decision_wire wire, std::vector<decision_question> const& questions) {
    out.key("questions");
    if (wire == decision_wire::openai) {
        out.begin_array();
        for (auto const& question : questions) write_openai_question(out, question);
        out.end_array();
        return;
    }
    out.begin_object();
    for (auto const& question : questions) write_question(out, wire, question);
    out.end_object();
}

void write_input(writer& out, decision_wire wire, std::vector<message> const& messages) {
    out.key(wire == decision_wire::system_one ? "state" : "input");
    if (messages.size() == 1 && is_user_text(messages.front())) {
        out.value(messages.front().text);
        return;
    }
    out.begin_array();
    for (auto const& one : messages)
        wire == decision_wire::gemini ? write_gemini_message(out, one) : write_decision_message(out, one);
    out.end_array();
}

}  // namespace

result<std::string> encode_decision_body(decision_endpoint const& at, std::string_view model,
                                         decision_request const& request) {
    if (auto checked = check_decision(at, request); !checked) return std::move(checked).error();
    std::string text;
    writer out{text};
    out.begin_object();
    if (!model.empty()) out.member("model", model);
    write_input(out, at.wire, request.input.messages);
    write_questions(out, at.wire, request.questions);
    out.end_object();
    auto body = with_extra(std::move(text), request.input.extra);
    if (body && at.limits.body_bytes != 0 && body->size() > at.limits.body_bytes)
        return invalid_argument("input", std::string{at.service} + " takes " + std::to_string(at.limits.body_bytes) +
                                             " bytes in a request at most, not " + std::to_string(body->size()));
    return body;
}

}  // namespace coax::detail
