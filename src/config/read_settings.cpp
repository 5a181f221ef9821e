#include "config/read_settings.hpp"

#include "bind/internal/messages.hpp"
#include "config/nearest_name.hpp"
#include "json/internal/number.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <utility>

namespace coax::config::detail {
namespace {

using bind::detail::kind;
using bind::detail::type_descriptor;

bool is_number(std::string_view text) {
    return !text.empty() &&
           json::detail::find_number_end(text.data(), text.data() + text.size()) == text.data() + text.size();
}

bool is_numeric(type_descriptor const& type) {
    return type.what == kind::signed_integer || type.what == kind::unsigned_integer || type.what == kind::real;
}

/// Whether a text without quotes stands for itself as JSON, where that type is wanted. Where any is (null), it is what
/// YAML 1.2 takes it for.
bool is_literal(std::string_view text, type_descriptor const* type) {
    bool const any = type == nullptr || type->what == kind::any;
    bool const is_word = text == "true" || text == "false";
    return ((any || type->what == kind::boolean) && is_word) || ((any || is_numeric(*type)) && is_number(text));
}

/// The JSON of a value, and of which part of it each byte comes.
class json_maker {
public:
    explicit json_maker(places& stated_at) : stated_at_{stated_at} {}

    void make(node const& value, type_descriptor const* type, std::string const& path) {
        if (type != nullptr) type = &shown_type(*type);
        mark(value.at, value.expanded, value.text);
        note(value, type, path);
        switch (value.kind) {
            case node_kind::null: text_ += "null"; break;
            case node_kind::literal: text_ += value.text; break;
            case node_kind::plain:
            case node_kind::quoted: make_scalar(value, type); break;
            case node_kind::list: make_list(value, type); break;
            case node_kind::map: make_map(value, type, path); break;
        }
    }

    [[nodiscard]] std::string const& text() const { return text_; }

    struct spot {
        std::size_t offset;
        place at;
        bool expanded;
        std::string_view text;  ///< Of a short scalar, which a message may show.
    };
    /// Where the byte at `offset` comes from.
    [[nodiscard]] spot const& find(std::size_t offset) const {
        auto const next = std::ranges::upper_bound(spots_, offset, {}, &spot::offset);
        return next == spots_.begin() ? spots_.front() : *(next - 1);
    }

private:
    /// A longer text may be a key in the wrong place.
    void mark(place const& at, bool expanded, std::string_view text) {
        constexpr std::size_t longest = 20;
        spots_.push_back({text_.size(), at, expanded, text.size() > longest ? std::string_view{} : text});
    }

    /// Remembers where a setting is stated. The parts of lists and maps have no paths.
    void note(node const& value, type_descriptor const* type, std::string const& path) {
        if (type == nullptr || open_lists_ != 0 || value.kind == node_kind::null) return;
        if (type->structure == nullptr || value.kind != node_kind::map) stated_at_.insert_or_assign(path, value.at);
    }
    /// What a variable gives is taken as if it stood there without quotes, where a number or boolean is wanted.
    void make_scalar(node const& value, type_descriptor const* type) {
        bool const is_open = value.kind == node_kind::plain || (value.expanded && type != nullptr);
        if (is_open && is_literal(value.text, type))
            text_ += value.text;
        else
            json::append_string(text_, value.text);
    }
    void make_list(node const& list, type_descriptor const* type) {
        auto const* const item_type = type != nullptr && type->what == kind::sequence ? type->inner : nullptr;
        char before = '[';
        ++open_lists_;
        for (auto const& item : list.items) {
            text_ += std::exchange(before, ',');
            make(item, item_type, {});
        }
        --open_lists_;
        text_ += list.items.empty() ? "[]" : "]";
    }
    void make_map(node const& map, type_descriptor const* type, std::string const& path) {
        char before = '{';
        for (auto const& item : map.items) {
            text_ += std::exchange(before, ',');
            mark(item.key_at, false, {});
            json::append_string(text_, item.key);
            text_ += ':';
            auto const* const below = type != nullptr ? setting_below(*type, item.key) : nullptr;
            make(item, below, path + (path.empty() ? "" : ".") + item.key);
        }
        text_ += map.items.empty() ? "{}" : "}";
    }

    places& stated_at_;
    std::string text_{};
    std::vector<spot> spots_{};
    std::size_t open_lists_{0};
};

/// "a.b" of the JSON pointer "/a/b". @param last  Gets the last name.
std::string path_of(std::string_view pointer, std::string& last) {
    std::string path;
    last.clear();
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        auto const end = std::min(pointer.find('/'), pointer.size());
        if (!last.empty()) path.append(path.empty() ? "" : ".").append(last);
        last.clear();
        for (auto part = pointer.substr(0, end); !part.empty(); part.remove_prefix(1)) {
            bool const is_escape = part.size() > 1 && part[0] == '~';
            last += is_escape ? (part[1] == '0' ? '~' : '/') : part[0];
            if (is_escape) part.remove_prefix(1);
        }
        pointer.remove_prefix(end);
    }
    return path;
}

std::string message_of(json::violation const& found, type_descriptor const& root, json_maker::spot const& spot) {
    std::string name;
    auto const group = path_of(found.pointer, name);
    auto const path = group + (group.empty() ? "" : ".") + name;
    if (found.expected.empty() && found.found == bind::detail::unknown_key) {
        auto const near = nearest_name(root, group, name);
        return path + ": there is no such setting" + (near.empty() ? "" : "; did you mean " + near + '?');
    }
    bool const has_text = !spot.text.empty() && found.found == "a string";
    auto const shown = spot.expanded ? std::string{"the value of its variable"}
                       : has_text    ? bind::detail::quoted(spot.text)
                                     : found.found;
    if (found.expected.empty()) return path + ": " + shown;
    return path + ": expected " + found.expected + (shown.empty() ? "" : ", found " + shown);
}

}  // namespace

type_descriptor const& shown_type(type_descriptor const& type) {
    auto const* shown = &type;
    while (shown->what == kind::nullable || shown->what == kind::converted) shown = shown->inner;
    return *shown;
}

bool is_group(type_descriptor const& type) {
    auto const* inner = &type;
    while (inner->what == kind::nullable) inner = inner->inner;
    return inner->structure != nullptr;
}

type_descriptor const* setting_below(type_descriptor const& type, std::string_view name) {
    auto const& group = shown_type(type);
    if (group.what == kind::map) return group.inner;
    for (std::size_t i = 0; group.structure != nullptr && i < group.structure->field_count; ++i)
        if (auto const& field = group.structure->fields[i]; field.type != nullptr && field.name == name)
            return field.type;
    return nullptr;
}

void read_settings(node const& stated, type_descriptor const& type, void* into, places& stated_at,
                   std::vector<problem>& problems) {
    json_maker made{stated_at};
    made.make(stated, &type, {});
    auto const violations = bind::detail::examine_text(made.text(), type, into,
                                                       {.refuse_unknown_keys = true,
                                                        .require_fields = false,
                                                        .null_is_absent = true,
                                                        .max_bytes = 0,
                                                        .max_violations = 100});
    for (auto const& found : violations) {
        auto const& spot = made.find(found.offset);
        problems.push_back({spot.at, message_of(found, type, spot)});
    }
}

}  // namespace coax::config::detail
