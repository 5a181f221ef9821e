#include "sim/anthropic_wire.hpp"
#include "sim/base64.hpp"

#include <algorithm>

/// Content blocks and their marks for the cache. Source: reference anthropic.md, sections 2.1 and 2.2.
namespace coax::sim::detail {
namespace {

using words = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view word, words known) { return std::ranges::find(known, word) != known.end(); }

rejection refuse_extra_inputs(json::value const& object, words known, std::string const& where) {
    if (!object.is_object()) return bad_request(where + ": Input should be a valid dictionary");
    for (auto const& [name, value] : object.get_object())
        if (!is_one_of(view(name), known))
            return bad_request(where + '.' + std::string{view(name)} + ": Extra inputs are not permitted");
    return std::nullopt;
}

rejection require_text(json::value const& object, std::string_view name, std::string const& where) {
    auto const* value = member(object, name);
    if (value == nullptr) return bad_request(where + '.' + std::string{name} + ": Field required");
    return value->is_string() && !value->get_string().empty()
               ? std::nullopt
               : rejection{bad_request(where + '.' + std::string{name} + ": Input should be a valid string")};
}

rejection check_bytes(json::value const& source, words media_types, std::string const& where) {
    if (auto wrong = refuse_extra_inputs(source, {"type", "media_type", "data"}, where)) return wrong;
    if (!is_one_of(text_member(source, "media_type"), media_types))
        return bad_request(
            where + ".media_type: Input should be " +
            (media_types.size() > 1 ? "'image/jpeg', 'image/png', 'image/gif' or 'image/webp'" : "'application/pdf'"));
    if (!is_base64(text_member(source, "data"))) return bad_request(where + ".data: Invalid base64");
    return std::nullopt;
}

rejection check_source(json::value const& block, bool is_image, std::string const& place) {
    auto const where = place + ".source";
    auto const* source = member(block, "source");
    if (source == nullptr) return bad_request(where + ": Field required");
    auto const type = text_member(*source, "type");
    if (type == "base64")
        return is_image ? check_bytes(*source, {"image/jpeg", "image/png", "image/gif", "image/webp"}, where)
                        : check_bytes(*source, {"application/pdf"}, where);
    if (type == "url" || type == "file") {
        std::string_view const name = type == "url" ? "url" : "file_id";
        if (auto wrong = refuse_extra_inputs(*source, {"type", name}, where)) return wrong;
        return require_text(*source, name, where);
    }
    if (!is_image && type == "text") {
        if (auto wrong = refuse_extra_inputs(*source, {"type", "media_type", "data"}, where)) return wrong;
        if (text_member(*source, "media_type") != "text/plain")
            return bad_request(where + ".media_type: Input should be 'text/plain'");
        return require_text(*source, "data", where);
    }
    if (!is_image && type == "content" && member(*source, "content") != nullptr) return std::nullopt;
    return bad_request(where + ": Input tag '" + std::string{type} +
                       "' found using 'type' does not match any of the expected tags");
}

rejection check_citations(json::value const& block, std::string const& where) {
    auto const* citations = member(block, "citations");
    if (citations == nullptr || citations->is_null()) return std::nullopt;
    if (auto wrong = refuse_extra_inputs(*citations, {"enabled"}, where + ".citations")) return wrong;
    auto const* enabled = member(*citations, "enabled");
    return enabled == nullptr || enabled->is_bool()
               ? std::nullopt
               : rejection{bad_request(where + ".citations.enabled: Input should be a valid boolean")};
}

}  // namespace

rejection check_anthropic_block(json::value const& block, std::string const& where) {
    auto const type = text_member(block, "type");
    auto const place = where + '.' + std::string{type};
    if (type == "text") {
        if (auto wrong = refuse_extra_inputs(block, {"type", "text", "cache_control", "citations"}, place))
            return wrong;
        return text_member(block, "text").empty()
                   ? rejection{bad_request(where + ": text content blocks must be non-empty")}
                   : std::nullopt;
    }
    if (type == "image") {
        if (auto wrong = refuse_extra_inputs(block, {"type", "source", "cache_control", "transformations"}, place))
            return wrong;
        return check_source(block, true, place);
    }
    if (type != "document") return std::nullopt;
    if (auto wrong =
            refuse_extra_inputs(block, {"type", "source", "title", "context", "citations", "cache_control"}, place))
        return wrong;
    if (auto wrong = check_citations(block, place)) return wrong;
    return check_source(block, false, place);
}

rejection read_cache_control(json::value const& of, std::string const& where, parsed_chat& chat) {
    auto const* control = member(of, "cache_control");
    if (control == nullptr || control->is_null()) return std::nullopt;
    auto const place = where + ".cache_control";
    if (auto wrong = refuse_extra_inputs(*control, {"type", "ttl"}, place)) return wrong;
    if (text_member(*control, "type") != "ephemeral") return bad_request(place + ".type: Input should be 'ephemeral'");
    auto const ttl = text_member(*control, "ttl");
    if (member(*control, "ttl") != nullptr && !is_one_of(ttl, {"5m", "1h"}))
        return bad_request(place + ".ttl: Input should be '5m' or '1h'");
    chat.add_cache_point(std::chrono::seconds{ttl == "1h" ? 3'600 : 300});
    constexpr std::size_t most = 4;
    if (chat.cache_points.size() <= most) return std::nullopt;
    return bad_request("A maximum of 4 blocks with cache_control may be provided. Found " +
                       std::to_string(chat.cache_points.size()) + ".");
}

std::string thought_signature(std::string_view thought) { return "Eq" + make_id(hash_bytes(thought, 0x7400), 46); }

}  // namespace coax::sim::detail
