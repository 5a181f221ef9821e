#include "schema/schema_references.hpp"

#include "schema/schema_keywords.hpp"
#include "schema/schema_navigation.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <algorithm>

namespace coax::schema::detail {

namespace bj = boost::json;

namespace {

/// Stands for the address of a file that states none.
constexpr char const* unnamed = "file:///schema";

/// `reference`, which has no fragment, relative to `base`. What is no URI stays as it is.
std::string resolve_uri(std::string const& base, std::string_view reference) {
    if (reference.empty()) return base;
    auto const relative = boost::urls::parse_uri_reference(reference);
    auto const absolute = boost::urls::parse_uri(base);
    boost::urls::url resolved;
    if (!relative || !absolute || !boost::urls::resolve(*absolute, *relative, resolved)) return std::string{reference};
    return std::string{resolved.buffer()};
}

bool is_schema(bj::value const* value) { return value != nullptr && (value->is_object() || value->is_bool()); }

int hex_digit(char c) {
    if (json::detail::is_digit(c)) return c - '0';
    return json::detail::is_hex_digit(c) ? (c | 0x20) - 'a' + 10 : -1;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const is_escape =
            text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
        if (!is_escape) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
        i += 2;
    }
    return decoded;
}

std::string reference_to(std::string_view pointer) {
    constexpr std::string_view plain = "/-._~!$&'()*+,;=:@?";
    std::string reference{"#"};
    for (char const c : pointer) {
        if (json::detail::is_letter(c) || json::detail::is_digit(c) || plain.find(c) != plain.npos) {
            reference += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        reference += '%';
        reference += "0123456789ABCDEF"[byte >> 4U];
        reference += "0123456789ABCDEF"[byte & 15U];
    }
    return reference;
}

namespace {

/// A JSON pointer whose tokens were encoded one by one.
std::string decoded_by_token(std::string_view text) {
    std::string pointer;
    while (!text.empty()) {
        text.remove_prefix(1);
        auto const size = std::min(text.find('/'), text.size());
        pointer += '/';
        for (char const c : percent_decoded(text.substr(0, size))) pointer += c == '/' ? "~1" : std::string(1, c);
        text.remove_prefix(size);
    }
    return pointer;
}

}  // namespace

reference_index::reference_index(bj::value const& root) : root_{root} {
    places_[unnamed] = "";
    collect(root, "", unnamed, 0);
}

void reference_index::collect(bj::value const& schema, std::string const& where, std::string base, std::size_t level) {
    if (!schema.is_object() || level > max_schema_depth) return;
    auto const& object = schema.get_object();
    if (auto const id = text_of(object, "$id"); !id.empty() && !id.starts_with('#')) {
        base = resolve_uri(base, id.substr(0, id.find('#')));
        places_.try_emplace(base, where);
    }
    collect_names(object, where, base);
    for (auto const& [key, value] : object)
        visit_schemas(key, value, below(where, key), [&](std::string const& pointer, bj::value const& each) {
            collect(each, pointer, base, level + 1);
        });
}

void reference_index::collect_names(bj::object const& schema, std::string const& where, std::string const& base) {
    for (std::string_view const key : {"$anchor", "$dynamicAnchor"})
        if (auto const name = text_of(schema, key); !name.empty()) {
            places_.try_emplace(base + "#" + std::string{name}, where);
            if (key == "$dynamicAnchor") ++dynamic_anchors_[std::string{name}];
        }
    // Before 2019-09 an anchor was an $id that is a fragment.
    if (auto const id = text_of(schema, "$id"); id.size() > 1 && id.starts_with('#'))
        places_.try_emplace(base + std::string{id}, where);
    if (auto const* const anchor = member(schema, "$recursiveAnchor"); anchor != nullptr && *anchor == bj::value(true))
        ++recursive_anchors_;
}

std::string reference_index::base_at(std::string const& pointer) const {
    std::string base{unnamed};
    for (std::size_t end = 0;; end = std::min(pointer.find('/', end + 1), pointer.size())) {
        boost::system::error_code failure;
        auto const* const around = root_.find_pointer(pointer.substr(0, end), failure);
        if (around != nullptr && around->is_object())
            if (auto const id = text_of(around->get_object(), "$id"); !id.empty() && !id.starts_with('#'))
                base = resolve_uri(base, id.substr(0, id.find('#')));
        if (end == pointer.size()) break;
    }
    return base;
}

std::optional<std::string> reference_index::find(std::string const& from, std::string_view reference) const {
    auto const hash = std::min(reference.find('#'), reference.size());
    auto const uri = resolve_uri(base_at(from), reference.substr(0, hash));
    auto const fragment = percent_decoded(reference.substr(std::min(hash + 1, reference.size())));
    bool const is_pointer = fragment.empty() || fragment.front() == '/';
    auto const place = places_.find(is_pointer ? uri : uri + "#" + fragment);
    if (place == places_.end()) return std::nullopt;
    if (!is_pointer) return place->second;
    // Some tools encode a slash within a name, too.
    for (auto const& tokens : {fragment, decoded_by_token(reference.substr(std::min(hash + 1, reference.size())))}) {
        boost::system::error_code failure;
        if (is_schema(root_.find_pointer(place->second + tokens, failure))) return place->second + tokens;
    }
    return std::nullopt;
}

std::optional<std::string> reference_index::find_dynamic(std::string const& from, std::string_view reference) const {
    auto const fragment = percent_decoded(reference.substr(std::min(reference.find('#') + 1, reference.size())));
    auto const anchor = dynamic_anchors_.find(fragment);
    if (anchor != dynamic_anchors_.end() ? anchor->second > 1 : recursive_anchors_ > 1) return std::nullopt;
    return find(from, reference);
}

}  // namespace coax::schema::detail
