#include "bind/check.hpp"
#include "bind/reader.hpp"
#include "bind/type_names.hpp"
#include "json/internal/messages.hpp"

#include <bit>
#include <cstring>

namespace coax::bind::detail {
namespace {

/// A map's keys are no field's.
constexpr struct_descriptor no_fields{};

/// Whether two texts of `size` > 0 bytes, behind which 7 more can be read, are the same.
bool is_same_tail(char const* at, char const* name, std::size_t size) {
    if (size > 8) return std::memcmp(at, name, size) == 0;
    // Names of up to 16 bytes: their last 8, which their first 8 may overlap.
    return json::detail::load_word(at + size - 8) == json::detail::load_word(name + size - 8);
}

[[gnu::noinline]] std::size_t find_field(struct_descriptor const& structure, std::string_view key) {
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (structure.fields[i].type != nullptr && structure.fields[i].name == key) return i;
    return no_field;
}

[[gnu::noinline]] void set_defaults(parse_frame const& here, struct_descriptor const& structure, void* const* members) {
    for (std::size_t word = 0; word < 2; ++word)
        for (auto missing = structure.defaulted[word] & ~here.seen[word]; missing != 0; missing &= missing - 1) {
            auto const index = word * 64 + static_cast<std::size_t>(std::countr_zero(missing));
            auto const& field = structure.fields[index];
            static_cast<void>(read_text(field.documentation->default_value.view(), *field.type, members[index], {}));
        }
}

}  // namespace

/// Takes `before`, the expected key and its colon, as most texts have them: in the order of the fields, no space
/// between.
inline bool reader::take_expected_key(struct_descriptor const& structure, parse_frame& here, char before,
                                      char const*& at) {
    if (here.expected >= structure.field_count) return false;
    auto const& field = structure.fields[here.expected];
    auto const size = field.name.size();
    auto const left = static_cast<std::size_t>(end_ - at);
    if (left <= size + 10 || at[0] != before || at[1] != '"') return false;
    char const* const name = at + 2;
    if ((json::detail::load_word(name) & field.head_mask) != field.head || name[size] != '"' || name[size + 1] != ':' ||
        (size > 8 && !is_same_tail(name + 8, field.name.data() + 8, size - 8)) || field.type == nullptr ||
        here.has(here.expected))
        return false;
    here.field = here.expected;
    here.link.key = field.name;
    at = name + size + 2;
    return true;
}

bool reader::read_object(type_descriptor const& type, void* into) {
    if (peek() != '{') return refuse(type);
    auto here = open_here(type, into);
    void* members[most_fields];
    type.structure->locate(into, members);
    ++at_;
    if (!enter()) return false;
    if (char const* at = at_ - 1; take_expected_key(*type.structure, here, '{', at)) {
        at_ = at;
        here.next = frame_state::value;
    }
    return read_members(here, *type.structure, members);
}

bool reader::read_map(type_descriptor const& type, void* into) {
    if (peek() != '{') return refuse(type);
    auto here = open_here(type, into);
    type.map->clear(into);
    ++at_;
    return enter() && read_members(here, no_fields, nullptr);
}

/// Goes on with a struct or map that was left open.
bool reader::read_members_of(parse_frame& here) {
    if (here.type->what == kind::map) return read_members(here, no_fields, nullptr);
    void* members[most_fields];
    here.type->structure->locate(here.into, members);
    return read_members(here, *here.type->structure, members);
}

inline bool reader::read_field(parse_frame& here, field_descriptor const& field, void* member, char const*& at) {
    if (at != end_ && static_cast<unsigned char>(*at) <= ' ') {
        at_ = at;
        skip_space();
        at = at_;
    }
    if (field.checked) {
        here.value_at = static_cast<std::size_t>(at - text().data());
        here.value_with = violations_.size();
    }
    if (char const* const stop = try_fast_path(*field.type, member, at, end_, options_.check_utf8); stop != nullptr) {
        at = stop;
        return true;
    }
    at_ = at;
    bool const goes_on = read_closely(*field.type, member);
    at = at_;
    return goes_on;
}

/// From `here.next` on to behind the closing bracket.
bool reader::read_members(parse_frame& here, struct_descriptor const& structure, void* const* members) {
    auto next = here.next;
    while (true) {
        if (next <= frame_state::colon) {
            switch (take_key_or_end(here, structure, next)) {
                case key_found::key: break;
                case key_found::end: return end_object(here, structure, members);
                case key_found::nothing: return leave_open(here, next);
            }
        }
        char const* at = at_;
        do {
            path_ = &here.link;
            auto const index = here.field;
            if (next <= frame_state::value &&
                !(index != no_field ? read_field(here, structure.fields[index], members[index], at)
                                    : read_unnamed(here, at)))
                return leave_open(here, frame_state::value);
            if (next <= frame_state::rest && index != no_field) {
                here.complete(index);
                here.expected = index + 1;
                if (structure.fields[index].checked && !check_field(here, structure.fields[index], members[index]))
                    return leave_open(here, frame_state::separator);
            }
            next = frame_state::value;
        } while (take_expected_key(structure, here, ',', at));
        at_ = at;
        skip_space();
        if (!take(',')) break;
        next = frame_state::key;
    }
    path_ = here.link.parent;
    if (take('}')) return end_object(here, structure, members);
    return lack("',' or '}' in an object") || leave_open(here, frame_state::separator);
}

// --- keys ---

/// Takes any key with its colon, or the end. Of a key that is not there to its colon `next` says what comes.
[[gnu::noinline]] reader::key_found reader::take_key_or_end(parse_frame& here, struct_descriptor const& structure,
                                                            frame_state& next) {
    if (next != frame_state::colon) {
        path_ = here.link.parent;  // until the key is known
        skip_space();
        if ((next == frame_state::first || forgiven_.trailing_commas) && take('}')) return key_found::end;
        if (!take_key(here)) return key_found::nothing;
        here.field = find_field(structure, here.link.key);
        if (here.field != no_field) here.link.key = structure.fields[here.field].name;
        next = frame_state::colon;
    }
    path_ = &here.link;
    skip_space();
    if (!take(':')) return static_cast<void>(lack("':' after the key")), key_found::nothing;
    next = frame_state::value;
    return note_key(here) ? key_found::key : key_found::nothing;
}

bool reader::take_key(parse_frame& here) {
    here.link.key = {};  // the one before may be in `here.key`, which is written to
    bool const quoted = peek() == '"';
    if (quoted && !token_is_whole()) return need_more();
    if (quoted) ++at_;
    here.key_at = offset();
    if (quoted) return take_string(here.link.key, here.key);
    if (!take_odd_key(here.key)) return !broken_ && lack("a key in quotes");
    here.link.key = here.key;
    return true;
}

/// What is wrong with a key itself: it was there already, or nobody asked for it.
bool reader::note_key(parse_frame const& here) {
    char const* const where = text().data() + here.key_at;
    if (here.field != no_field)
        return !here.has(here.field) || !options_.refuse_duplicate_keys ||
               note("expected each key once, found it twice", where);
    return here.type->what == kind::map || !refuse_unknown_ || note("expected no such key", where);
}

// --- values ---

/// The value of a map's entry, or of a key that nobody asked for.
[[gnu::noinline]] bool reader::read_unnamed(parse_frame& here, char const*& at) {
    at_ = at;
    skip_space();
    bool const goes_on = here.type->what == kind::map ? read_entry(here)
                         : token_is_whole()           ? skip_value()
                                                      : need_more();
    at = at_;
    return goes_on;
}

bool reader::read_entry(parse_frame& here) {
    auto const& map = *here.type->map;
    if (!is_there(*here.type->inner)) return need_more();
    auto const before = map.size(here.into);
    void* const slot = map.slot(here.into, here.link.key);
    if (map.size(here.into) == before && options_.refuse_duplicate_keys &&
        !note("expected each key once, found it twice", text().data() + here.key_at))
        return false;
    return read(*here.type->inner, slot);
}

[[gnu::noinline]] bool reader::check_field(parse_frame const& here, field_descriptor const& field, void const* value) {
    if (!options_.check_docs || violations_.size() != here.value_with) return true;
    char const* const where = text().data() + here.value_at;
    return check_documentation(
        *field.documentation, *field.type, value, [&](std::string_view below, std::string message) {
            return below.empty() ? note(std::move(message), where) : note_below(below, std::move(message), where);
        });
}

bool reader::end_object(parse_frame const& here, struct_descriptor const& structure, void* const* members) {
    leave();
    path_ = here.link.parent;
    if (here.type->what == kind::map) return true;
    if (here.lacks_any_of(structure.defaulted)) set_defaults(here, structure, members);
    if (here.lacks_any_of(structure.required) && options_.require_fields && !note_missing(here, structure))
        return false;
    if (structure.check == nullptr || !options_.check_docs || violations_.size() != here.opened_with) return true;
    auto message = structure.check(here.into);
    return message.empty() || note(std::move(message), text().data() + here.opened_at);
}

[[gnu::noinline]] bool reader::note_missing(parse_frame const& here, struct_descriptor const& structure) {
    for (std::size_t word = 0; word < 2; ++word) {
        for (auto missing = structure.required[word] & ~here.seen[word]; missing != 0; missing &= missing - 1) {
            auto const& field = structure.fields[word * 64 + static_cast<std::size_t>(std::countr_zero(missing))];
            if (!note_member(field.name,
                             "expected " + name_of(*field.type) + ", found " + std::string{json::detail::missing_key},
                             at_ - 1))
                return false;
        }
    }
    return true;
}

}  // namespace coax::bind::detail
