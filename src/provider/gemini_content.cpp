#include "provider/gemini_wire.hpp"
#include "provider/json_text.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace coax::detail {
namespace {

using json::writer;

/// Takes the place of the signature that a call from elsewhere lacks: without one newer models refuse the call.
constexpr std::string_view no_signature = "skip_thought_signature_validator";

bool gives_instructions(message const& msg) { return msg.role == role::system || msg.role == role::developer; }

bool has_text(message const& msg) {
    return !msg.text.empty() || std::ranges::any_of(msg.parts, [](content_part const& part) {
        return part.text() == nullptr || !part.text()->text.empty();
    });
}

std::vector<json_value> elements_of(json_value const& array) {
    if (!array.is_array()) return {};
    auto elements = json::read<std::vector<json_value>>(array.text(), json::wire_options);
    return elements ? *std::move(elements) : std::vector<json_value>{};
}

/// The parts as this service sent them. Those of others have a type.
std::vector<json_value> own_parts(json_value const& raw_content) {
    auto parts = elements_of(raw_content);
    if (std::ranges::any_of(parts, [](auto const& part) { return read_members(part).contains("type"); })) return {};
    if (!parts.empty() && !continuation_of(raw_content).empty()) parts.pop_back();
    return parts;
}

json_value text_element(std::string_view text) {
    std::string object;
    writer{object}.begin_object().member("text", text).end_object();
    auto parsed = json_value::parse(object);
    return parsed ? *std::move(parsed) : json_value{};
}

/// Whether texts are all there is.
bool all_plain(std::vector<json_value> const& parts) {
    return std::ranges::all_of(parts, [](json_value const& part) {
        auto const members = read_members(part);
        return members.size() == 1 && members.contains("text");
    });
}

json_value array_of(std::vector<json_value> const& parts, std::string_view continuation) {
    std::string array;
    writer out{array};
    out.begin_array();
    for (auto const& part : parts) out.raw(part.text());
    if (!continuation.empty()) out.begin_object().member(continuation_key, continuation).end_object();
    out.end_array();
    auto parsed = json_value::parse(array);
    return parsed ? *std::move(parsed) : json_value{};
}

// --- parts ---

void write_text_data(writer& out, std::string_view text) {
    if (!text.empty()) out.begin_object().member("text", text).end_object();
}

void write_inline_data(writer& out, std::string_view media_type, std::string_view data) {
    out.begin_object().key("inlineData").begin_object().member("mimeType", media_type);
    out.member("data", data).end_object().end_object();
}

/// By the ending of its address; empty: it tells nothing.
std::string_view media_type_of(std::string_view url) {
    struct ending {
        std::string_view text;
        std::string_view media_type;
    };
    constexpr std::array endings{ending{".png", "image/png"},   ending{".jpg", "image/jpeg"},
                                 ending{".jpeg", "image/jpeg"}, ending{".webp", "image/webp"},
                                 ending{".heic", "image/heic"}, ending{".heif", "image/heif"},
                                 ending{".gif", "image/gif"}};
    url = url.substr(0, url.find_first_of("?#"));
    auto const known = std::ranges::find_if(endings, [url](ending const& one) { return url.ends_with(one.text); });
    return known == endings.end() ? std::string_view{} : known->media_type;
}

/// A file that the service has or fetches.
void write_file_data(writer& out, std::string_view media_type, std::string_view uri) {
    if (media_type.empty()) media_type = media_type_of(uri);
    out.begin_object().key("fileData").begin_object();
    if (!media_type.empty()) out.member("mimeType", media_type);
    out.member("fileUri", uri).end_object().end_object();
}

void write_image_data(writer& out, image_part const& image) {
    constexpr std::string_view scheme = "data:";
    constexpr std::string_view coding = ";base64,";
    std::string_view const url{image.url};
    auto const comma = url.find(coding);
    if (!image.data.empty())
        write_inline_data(out, image.media_type, image.data.text());
    else if (url.starts_with(scheme) && comma != std::string_view::npos)
        write_inline_data(out, url.substr(scheme.size(), comma - scheme.size()), url.substr(comma + coding.size()));
    else
        write_file_data(out, image.media_type, url.empty() ? std::string_view{image.file_id} : url);
}

/// A document or sound.
void write_media_file(writer& out, std::string_view media_type, base64_data const& data, std::string_view uri) {
    if (data.empty())
        write_file_data(out, media_type, uri);
    else
        write_inline_data(out, media_type, data.text());
}

void write_any_part(writer& out, content_part const& part) {
    if (auto const* text = part.text()) return write_text_data(out, text->text);
    if (auto const* image = part.image()) return write_image_data(out, *image);
    if (auto const* audio = part.audio())
        return write_media_file(out, audio->media_type, audio->data, audio->url.empty() ? audio->file_id : audio->url);
    auto const& file = *part.file();
    if (!file.text.empty()) return write_inline_data(out, "text/plain", base64_data::encode(file.text).text());
    write_media_file(out, file.media_type, file.data, file.url.empty() ? file.file_id : file.url);
}

/// The text and the parts of a message, as elements of an array already begun.
void write_all_parts(writer& out, message const& msg) {
    write_text_data(out, msg.text);
    for (auto const& part : msg.parts) write_any_part(out, part);
}

// --- tools ---

/// The arguments as the object that the wire wants, also where the model wrote none.
void write_arguments(writer& out, std::string const& arguments) {
    auto const parsed = json_value::parse(arguments);
    if (parsed && parsed->is_object())
        out.raw(parsed->text());
    else if (arguments.empty())
        out.begin_object().end_object();
    else
        out.begin_object().member("invalid_json", arguments).end_object();
}

void write_id(writer& out, std::string_view id) {
    if (!id.empty() && !id.starts_with(made_up_call_id)) out.member("id", id);
}

void write_call(writer& out, tool_call const& call, bool is_first) {
    out.begin_object().key("functionCall").begin_object();
    write_id(out, call.id);
    write_arguments(out.member("name", call.name).key("args"), call.arguments);
    out.end_object();
    if (is_first) out.member("thoughtSignature", no_signature);
    out.end_object();
}

/// A text that is JSON is passed on as JSON: the service wants an object and knows the keys "output" and "error".
void write_output(writer& out, message const& msg) {
    std::string text = msg.text;
    for (auto const& part : msg.parts)
        if (part.text() != nullptr) text += part.text()->text;
    out.begin_object().key(msg.tool_failed ? "error" : "output");
    auto const parsed = json_value::parse(text);
    if (parsed && (parsed->is_object() || parsed->is_array()))
        out.raw(parsed->text());
    else
        out.value(text);
    out.end_object();
}

void write_result(writer& out, message const& msg, std::string_view name) {
    out.begin_object().key("functionResponse").begin_object();
    write_id(out, msg.tool_call_id);
    write_output(out.member("name", name).key("response"), msg);
    auto const is_media = [](content_part const& part) { return part.text() == nullptr; };
    if (std::ranges::any_of(msg.parts, is_media)) {
        out.key("parts").begin_array();
        for (auto const& part : msg.parts)
            if (is_media(part)) write_any_part(out, part);
        out.end_array();
    }
    out.end_object().end_object();
}

/// The name of the tool whose result a message holds: the service wants it beside the id. Empty: no such call.
std::string_view tool_of(message const& msg, std::span<message const> before) {
    if (!msg.name.empty()) return msg.name;
    for (auto at = before.rbegin(); at != before.rend(); ++at)
        for (auto const& call : at->tool_calls)
            if (call.id == msg.tool_call_id) return call.name;
    return {};
}

// --- turns ---

void write_model_turn(writer& out, message const& msg) {
    auto const own = own_parts(msg.raw_content);
    auto const& text = msg.text.empty() && msg.parts.empty() ? msg.refusal : msg.text;
    if (own.empty() && !has_text(msg) && text.empty() && msg.tool_calls.empty()) return;  // it says nothing
    out.begin_object().member("role", "model").key("parts").begin_array();
    for (auto const& part : own) out.raw(part.text());
    if (own.empty()) {
        if (has_text(msg))
            write_all_parts(out, msg);
        else
            write_text_data(out, text);
        for (auto const& call : msg.tool_calls) write_call(out, call, &call == &msg.tool_calls.front());
    }
    out.end_array().end_object();
}

void write_user_turn(writer& out, message const& msg) {
    out.begin_object().member("role", "user").key("parts").begin_array();
    if (has_text(msg))
        write_all_parts(out, msg);
    else
        out.begin_object().member("text", "").end_object();
    out.end_array().end_object();
}

/// The results of one turn are one content; what the user says besides follows.
result<void> write_results(writer& out, std::span<message const> messages, std::size_t begin, std::size_t end) {
    bool any = false;
    for (auto i = begin; i < end; ++i) {
        auto const& msg = messages[i];
        if (msg.role != role::tool) continue;
        auto const name = tool_of(msg, messages.first(i));
        if (name.empty())
            return invalid_argument("messages[" + std::to_string(i) + "].tool_call_id",
                                    "no call before it has this id");
        if (!any) out.begin_object().member("role", "user").key("parts").begin_array();
        any = true;
        write_result(out, msg, name);
    }
    if (any) out.end_array().end_object();
    return {};
}

}  // namespace

std::string continuation_of(json_value const& raw_content) {
    auto const elements = elements_of(raw_content);
    if (elements.empty()) return {};
    auto last = read_members(elements.back());
    return text_of(last[std::string{continuation_key}]);
}

chat_response join_gemini(chat_response begun, chat_response rest) {
    auto parts = own_parts(begun.raw_content);
    auto more = own_parts(rest.raw_content);
    bool const is_plain = rest.raw_content.is_null() && begun.tool_calls.empty();
    if (more.empty() && !rest.text.empty()) more.push_back(text_element(rest.text));
    parts.insert(parts.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    begun.raw_content =
        is_plain && all_plain(parts) ? json_value{} : array_of(parts, continuation_of(rest.raw_content));
    begun.text += rest.text;
    begun.reasoning += rest.reasoning;
    for (auto& call : rest.tool_calls) {
        if (call.id.starts_with(made_up_call_id))
            call.id = std::string{made_up_call_id}.append(std::to_string(begun.tool_calls.size()));
        begun.tool_calls.push_back(std::move(call));
    }
    begun.finish_reason = rest.finish_reason;
    begun.request_id = std::move(rest.request_id);
    // The prompt is the same one, and paid for once.
    begun.usage.output_tokens += rest.usage.output_tokens;
    begun.usage.reasoning_tokens += rest.usage.reasoning_tokens;
    begun.attempts += rest.attempts;
    begun.latency += rest.latency;
    return begun;
}

result<void> write_gemini_contents(writer& out, std::span<message const> messages) {
    auto const instructs = [](message const& msg) { return gives_instructions(msg) && has_text(msg); };
    if (std::ranges::any_of(messages, instructs)) {
        out.key("systemInstruction").begin_object().key("parts").begin_array();
        for (auto const& msg : messages)
            if (instructs(msg)) write_all_parts(out, msg);
        out.end_array().end_object();
    }
    out.key("contents").begin_array();
    for (std::size_t begin = 0; begin < messages.size();) {
        auto end = begin;
        while (end < messages.size() && messages[end].role != role::assistant) ++end;
        if (auto written = write_results(out, messages, begin, end); !written) return written;
        for (auto i = begin; i < end; ++i)
            if (messages[i].role == role::user) write_user_turn(out, messages[i]);
        if (end < messages.size()) write_model_turn(out, messages[end]);
        begin = end + 1;
    }
    out.end_array();
    return {};
}

}  // namespace coax::detail
