#include "bind/constraints.hpp"
#include "bind/internal/messages.hpp"
#include "bind/reader.hpp"
#include "bind/type_names.hpp"

#include <bit>
#include <cstring>
#include <vector>

namespace coax::bind::detail {
namespace {

/// Of a map, none of whose keys is a field's.
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

/// Whether an object has keys, but none that the struct has.
bool is_foreign(parse_frame const& frame, struct_descriptor const& structure) {
    return frame.seen[0] == 0 && frame.seen[1] == 0 && frame.key_offset != 0 && structure.field_count != 0;
}

std::string key_choice(struct_descriptor const& structure) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (structure.fields[i].type != nullptr) names.push_back(structure.fields[i].name);
    return one_of(names.size(), [&](std::size_t i) { return quoted(names[i]); }) + " as a key";
}

[[gnu::noinline]] void set_defaults(parse_frame const& frame, struct_descriptor const& structure,
                                    void* const* members) {
    for (std::size_t word = 0; word < 2; ++word)
        for (auto missing = structure.defaulted[word] & ~frame.seen[word]; missing != 0; missing &= missing - 1) {
            auto const index = word * 64 + static_cast<std::size_t>(std::countr_zero(missing));
            auto const& field = structure.fields[index];
            static_cast<void>(read_text(field.documentation->default_value.view(), *field.type, members[index], {}));
        }
}

}  // namespace

/// Takes `before`, the expected key and its colon. Most texts have the keys in the order of the fields, without space
/// between.
inline bool reader::take_expected_key(struct_descriptor const& structure, parse_frame& frame, char before,
                                      char const*& at) {
    if (frame.expected_field >= structure.field_count) return false;
    auto const& field = structure.fields[frame.expected_field];
    auto const size = field.name.size();
    auto const left = static_cast<std::size_t>(end_ - at);
    if (left <= size + 10 || at[0] != before || at[1] != '"') return false;
    char const* const name = at + 2;
    if ((json::detail::load_word(name) & field.head_mask) != field.head || name[size] != '"' || name[size + 1] != ':' ||
        (size > 8 && !is_same_tail(name + 8, field.name.data() + 8, size - 8)) || field.type == nullptr ||
        frame.has(frame.expected_field))
        return false;
    frame.field = frame.expected_field;
    frame.link.key = field.name;
    at = name + size + 2;
    return true;
}

/// Skips a member that the struct does not have, with the comma before it. False: it is no plain one, or must not be
/// skipped.
inline bool reader::skip_foreign_member(struct_descriptor const& structure, parse_frame& frame, char const*& at) {
    if (partial_ != nullptr || refuse_unknown_ || frame.type->what == kind::map) return false;
    if (end_ - at < 2 || at[0] != ',' || at[1] != '"') return false;
    char const* const key = at + 2;
    char const* const key_end = json::detail::find_simple_string_end(key, end_, options_.check_utf8);
    if (key_end == nullptr || end_ - key_end < 3 || key_end[1] != ':') return false;
    if (find_field(structure, {key, static_cast<std::size_t>(key_end - key)}) != no_field) return false;
    char const* const stop = skip_plain_value(key_end + 2, end_, options_.check_utf8);
    if (stop == nullptr) return false;
    frame.key_offset = static_cast<std::size_t>(key - text().data());
    at = stop;
    return true;
}

/// The expected key, behind members that the struct does not have.
inline bool reader::take_next_key(struct_descriptor const& structure, parse_frame& frame, char const*& at) {
    while (!take_expected_key(structure, frame, ',', at))
        if (!skip_foreign_member(structure, frame, at)) return false;
    return true;
}

bool reader::read_object(type_descriptor const& type, void* into) {
    auto frame = open_frame(type, into);
    void* members[most_fields];
    type.structure->locate(into, members);
    if (!enter()) return false;
    if (char const* at = at_ - 1; take_expected_key(*type.structure, frame, '{', at)) {
        at_ = at;
        frame.next = frame_state::value;
    }
    return read_members(frame, *type.structure, members);
}

bool reader::read_map(type_descriptor const& type, void* into) {
    auto frame = open_frame(type, into);
    type.map->clear(into);
    return enter() && read_members(frame, no_fields, nullptr);
}

/// Continues with a struct or map that was saved.
bool reader::read_members_of(parse_frame& frame) {
    if (frame.type->what == kind::map) return read_members(frame, no_fields, nullptr);
    void* members[most_fields];
    frame.type->structure->locate(frame.into, members);
    return read_members(frame, *frame.type->structure, members);
}

inline bool reader::read_field(parse_frame& frame, field_descriptor const& field, void* member, char const*& at) {
    if (at != end_ && static_cast<unsigned char>(*at) <= ' ') {
        at_ = at;
        skip_space();
        at = at_;
    }
    if (field.checked) {
        frame.value_offset = static_cast<std::size_t>(at - text().data());
        frame.violations_before_value = violations_.size();
    }
    if (char const* const stop = try_fast_path(*field.type, member, at, end_, options_.check_utf8); stop != nullptr) {
        at = stop;
        return true;
    }
    at_ = at;
    bool const goes_on = read_slow_path(*field.type, member);
    at = at_;
    return goes_on;
}

/// Reads from `frame.next` to behind the closing bracket.
bool reader::read_members(parse_frame& frame, struct_descriptor const& structure, void* const* members) {
    auto next = frame.next;
    while (true) {
        if (next <= frame_state::colon) {
            switch (take_key_or_end(frame, structure, next)) {
                case key_found::key: break;
                case key_found::end: return end_object(frame, structure, members);
                case key_found::stop: return save_frame(frame, next);
            }
        }
        char const* at = at_;
        do {
            path_ = &frame.link;
            auto const index = frame.field;
            if (next <= frame_state::value &&
                !(index != no_field ? read_field(frame, structure.fields[index], members[index], at)
                                    : read_other_member(frame, at)))
                return save_frame(frame, frame_state::value);
            if (next <= frame_state::open_value && index != no_field) {
                frame.complete(index);
                frame.expected_field = index + 1;
                if (structure.fields[index].checked && !check_field(frame, structure.fields[index], members[index]))
                    return save_frame(frame, frame_state::separator);
            }
            next = frame_state::value;
        } while (take_next_key(structure, frame, at));
        at_ = at;
        skip_space();
        if (!take(',')) break;
        next = frame_state::key;
    }
    path_ = frame.link.parent;
    if (take('}')) return end_object(frame, structure, members);
    return fail_or_need_more("',' or '}' in an object") || save_frame(frame, frame_state::separator);
}

// --- keys ---

/// Takes any key with its colon, or the closing bracket. `next` says what comes if it stops before.
[[gnu::noinline]] reader::key_found reader::take_key_or_end(parse_frame& frame, struct_descriptor const& structure,
                                                            frame_state& next) {
    if (next != frame_state::colon) {
        path_ = frame.link.parent;  // until the key is known
        skip_space();
        if ((next == frame_state::first || leniency_.trailing_commas) && take('}')) return key_found::end;
        if (!take_key(frame)) return key_found::stop;
        frame.field = find_field(structure, frame.link.key);
        if (frame.field != no_field) frame.link.key = structure.fields[frame.field].name;
        next = frame_state::colon;
    }
    path_ = &frame.link;
    skip_space();
    if (!take(':')) return static_cast<void>(fail_or_need_more("':' after the key")), key_found::stop;
    next = frame_state::value;
    return check_key(frame) ? key_found::key : key_found::stop;
}

bool reader::take_key(parse_frame& frame) {
    frame.link.key = {};  // the one before may be in `here.key`, which is written to
    bool const quoted = peek() == '"';
    if (quoted && !is_token_complete()) return need_more();
    if (quoted) ++at_;
    frame.key_offset = offset();
    if (quoted) return take_string(frame.link.key, frame.key);
    if (!take_nonstandard_key(frame.key)) return !is_malformed_ && fail_or_need_more("a key in quotes");
    frame.link.key = frame.key;
    return true;
}

/// Reports a duplicate or unknown key, where the options refuse them.
bool reader::check_key(parse_frame const& frame) {
    bool const is_known = frame.field != no_field;
    if (is_known ? frame.has(frame.field) && options_.refuse_duplicate_keys
                 : refuse_unknown_ && frame.type->what != kind::map)
        return add_violation({}, std::string{is_known ? duplicate_key : unknown_key}, text().data() + frame.key_offset);
    return true;
}

// --- values ---

/// Reads the value of a map's entry, or skips that of an unknown key.
[[gnu::noinline]] bool reader::read_other_member(parse_frame& frame, char const*& at) {
    at_ = at;
    skip_space();
    bool const goes_on = frame.type->what == kind::map ? read_entry(frame)
                         : is_token_complete()         ? skip_value()
                                                       : need_more();
    at = at_;
    return goes_on;
}

bool reader::read_entry(parse_frame& frame) {
    auto const& map = *frame.type->map;
    if (!can_read_now(*frame.type->inner)) return need_more();
    auto const before = map.size(frame.into);
    void* const slot = map.slot(frame.into, frame.link.key);
    if (map.size(frame.into) == before && options_.refuse_duplicate_keys &&
        !add_violation({}, std::string{duplicate_key}, text().data() + frame.key_offset))
        return false;
    return read(*frame.type->inner, slot);
}

/// A constant in another case becomes the constant.
void reader::mend_constant(field_descriptor const& field, void* value) const {
    auto const constant = field.documentation->constant.view();
    if (!options_.leniency.enum_case || constant.empty() || field.type->what != kind::string) return;
    if (auto& text = *static_cast<std::string*>(value); are_similar(text, constant)) text = constant;
}

[[gnu::noinline]] bool reader::check_field(parse_frame const& frame, field_descriptor const& field, void* value) {
    mend_constant(field, value);
    if (!options_.check_docs || violations_.size() != frame.violations_before_value) return true;
    char const* const where = text().data() + frame.value_offset;
    return check_constraints(*field.documentation, *field.type, value,
                             [&](std::string_view below, std::string expected, std::string found) {
                                 return add_violation_below(below, std::move(expected), std::move(found), where);
                             });
}

bool reader::end_object(parse_frame const& frame, struct_descriptor const& structure, void* const* members) {
    leave();
    path_ = frame.link.parent;
    if (frame.type->what == kind::map) return true;
    if (frame.lacks_any_of(structure.defaulted)) set_defaults(frame, structure, members);
    if (frame.lacks_any_of(structure.required) && options_.require_fields && !report_missing(frame, structure))
        return false;
    bool const fits = violations_.size() == frame.violations_before;
    if (options_.refuse_foreign_objects && fits && is_foreign(frame, structure))
        return add_violation(key_choice(structure), "other keys only", text().data() + frame.begin_offset);
    if (structure.check == nullptr || !options_.check_docs || !fits) return true;
    auto message = structure.check(frame.into);
    return message.empty() || add_violation({}, std::move(message), text().data() + frame.begin_offset);
}

[[gnu::noinline]] bool reader::report_missing(parse_frame const& frame, struct_descriptor const& structure) {
    for (std::size_t word = 0; word < 2; ++word) {
        for (auto missing = structure.required[word] & ~frame.seen[word]; missing != 0; missing &= missing - 1) {
            auto const& field = structure.fields[word * 64 + static_cast<std::size_t>(std::countr_zero(missing))];
            std::string key;
            json::detail::append_pointer(key, field.name);
            if (!add_violation(name_of(*field.type), std::string{missing_key}, at_ - 1, key)) return false;
        }
    }
    return true;
}

}  // namespace coax::bind::detail
