#include "sim/base64.hpp"
#include "sim/openai_reader.hpp"
#include "sim/text.hpp"

/// The content parts of a message. Source: reference openai.md, section 2.2; openai-since-08.md, A3 and B.
namespace coax::sim::detail {
namespace {

/// "data:image/png;base64,…" with good base64.
bool is_data_url(std::string_view url, std::string_view type_prefix) {
    constexpr std::string_view scheme = "data:";
    constexpr std::string_view coding = ";base64,";
    auto const comma = url.find(coding);
    if (!url.starts_with(scheme) || comma == std::string_view::npos) return false;
    return url.substr(scheme.size(), comma).starts_with(type_prefix) && is_base64(url.substr(comma + coding.size()));
}

rejection check_image(json::value const& image, std::string const& where) {
    if (auto wrong = check_members(image, {"url", "detail"}, where)) return wrong;
    auto const url = text_member(image, "url");
    if (url.empty()) return missing_parameter(where + ".url");
    if (!url.starts_with("https://") && !url.starts_with("http://") && !is_data_url(url, "image/"))
        return bad_request("Invalid " + quoted(where + ".url") +
                               ". Expected a valid URL, or base64-encoded data with an image MIME type.",
                           where + ".url", "invalid_value");
    auto const* detail = member(image, "detail");
    auto const word = text_member(image, "detail");
    bool const known = word == "auto" || word == "low" || word == "high" || word == "original";
    if (detail != nullptr && !known)
        return unsupported_value(word, "'low', 'high', 'auto', and 'original'", where + ".detail");
    return std::nullopt;
}

rejection check_audio(json::value const& audio, std::string const& where) {
    if (auto wrong = check_members(audio, {"data", "format"}, where)) return wrong;
    auto const format = text_member(audio, "format");
    if (format != "wav" && format != "mp3") return unsupported_value(format, "'wav' and 'mp3'", where + ".format");
    auto const data = text_member(audio, "data");
    if (data.empty() || !is_base64(data))
        return bad_request("Invalid base64 in " + quoted(where + ".data") + ".", where + ".data", "invalid_value");
    return std::nullopt;
}

rejection check_file(json::value const& file, std::string const& where) {
    if (auto wrong = check_members(file, {"file_id", "filename", "file_data"}, where)) return wrong;
    auto const data = text_member(file, "file_data");
    bool const has_id = !text_member(file, "file_id").empty();
    if (has_id == !data.empty())
        return bad_request("Invalid " + quoted(where) + ": expected either 'file_id' or 'file_data'.", where,
                           "invalid_value");
    if (has_id) return std::nullopt;
    if (text_member(file, "filename").empty()) return missing_parameter(where + ".filename");
    if (!is_base64(data) && !is_data_url(data, ""))
        return bad_request("Invalid " + quoted(where + ".file_data") + ": expected base64-encoded data.",
                           where + ".file_data", "invalid_value");
    return std::nullopt;
}

rejection check_breakpoint(json::value const& mark, std::string const& where) {
    if (auto wrong = check_members(mark, {"mode", "ttl"}, where)) return wrong;
    if (text_member(mark, "mode") != "explicit")
        return unsupported_value(text_member(mark, "mode"), "'explicit'", where + ".mode");
    auto const ttl = text_member(mark, "ttl");
    if (member(mark, "ttl") != nullptr && ttl != "30m" && ttl != "12h")
        return unsupported_value(ttl, "'30m' and '12h'", where + ".ttl");
    return std::nullopt;
}

}  // namespace

rejection check_openai_part(json::value const& part, std::string const& where) {
    auto const type = std::string{text_member(part, "type")};
    auto const* content = member(part, type);
    if (content == nullptr) return missing_parameter(where + "." + type, where);
    if (auto wrong = type == "refusal" ? check_members(part, {"type", "refusal"}, where)
                                       : check_members(part, {"type", type, "prompt_cache_breakpoint"}, where))
        return wrong;
    if (auto const* mark = member(part, "prompt_cache_breakpoint"))
        if (auto wrong = check_breakpoint(*mark, where + ".prompt_cache_breakpoint")) return wrong;
    auto const inner = where + '.' + type;
    if (type == "image_url") return check_image(*content, inner);
    if (type == "input_audio") return check_audio(*content, inner);
    if (type == "file") return check_file(*content, inner);
    if (type == "audio_url") return check_members(*content, {"url"}, inner);
    return content->is_string() ? std::nullopt : rejection{invalid_type(inner, "a string")};
}

}  // namespace coax::sim::detail
