#pragma once

#include "check.hpp"
#include "find_member.hpp"
#include "memory.hpp"
#include "place.hpp"
#include "scanner.hpp"
#include "words.hpp"

#include <coax/json/read.hpp>
#include <coax/json/value.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace coax::json::detail {
namespace {  // each of the two files that read keeps its own copy: calls within are inlined, which is worth a quarter

constexpr leniency strict{};
constexpr std::size_t no_field = static_cast<std::size_t>(-1);

/// The integers that fit a type, as sizes: -`below` to `above`.
struct integer_range {
    std::uint64_t below;
    std::uint64_t above;
};

inline integer_range range_of(plan const& type) {
    auto const bits = type.bytes * 8U;
    auto const all = std::numeric_limits<std::uint64_t>::max() >> (64U - bits);
    if (type.what == kind::unsigned_integer) return {0, all};
    return {(all >> 1U) + 1, all >> 1U};
}

/// Whether a value whose text starts with `c` may be of this type.
inline bool may_start(plan const& type, char c) {
    switch (type.what) {
        case kind::boolean: return c == 't' || c == 'f';
        case kind::signed_integer:
        case kind::unsigned_integer:
        case kind::real: return c == '-' || (c >= '0' && c <= '9');
        case kind::string:
        case kind::enumeration:
        case kind::formatted: return c == '"';
        case kind::null: return c == 'n';
        case kind::nullable: return c == 'n' || may_start(*type.inner, c);
        case kind::converted: return may_start(*type.inner, c);
        case kind::sequence:
        case kind::fixed_array:
        case kind::collection:
        case kind::tuple:
        case kind::flags: return c == '[';
        case kind::map:
        case kind::object: return c == '{';
        case kind::variant:
        case kind::any: return true;
    }
    return true;
}

inline std::string name_of(plan const& type) {
    switch (type.what) {
        case kind::boolean: return "true or false";
        case kind::signed_integer:
        case kind::unsigned_integer: return "an integer";
        case kind::real: return "a number";
        case kind::string: return "a string";
        case kind::enumeration:
            return one_of(type.enumeration->count, [&](std::size_t i) { return quoted(type.enumeration->names[i]); });
        case kind::formatted: return std::string{type.formatted->name};
        case kind::null: return "null";
        case kind::converted: return name_of(*type.inner);
        case kind::nullable: return name_of(*type.inner) + " or null";
        case kind::sequence:
        case kind::fixed_array:
        case kind::collection:
        case kind::flags:
        case kind::tuple: return "an array";
        case kind::map:
        case kind::object: return "an object";
        case kind::variant: {
            std::string names;
            for (std::size_t i = 0; i < type.variant->count; ++i)
                add_choice(names, name_of(*type.variant->alternatives[i].type));
            return names;
        }
        case kind::any: return "a value";
    }
    return "a value";
}

/// Reads one text into one value, field by field as the text has them.
class reader : protected scanner {
public:
    reader(std::string_view text, read_options const& options)
        : scanner{text, options.max_depth, options.check_utf8},
          options_{options},
          is_lenient_{std::memcmp(&options.lenient, &strict, sizeof strict) != 0},
          refuse_unknown_{options.refuse_unknown_keys},
          retry_budget_{text.size() * 16 + 4096} {
        violation_limit_ = options.max_violations;
        if (is_lenient_) forgive(options.lenient);
    }

    /// Reads the whole text. What is wrong is in `violations()`.
    void read_document(plan const& type, void* into) {
        if (options_.max_bytes != 0 && text().size() > options_.max_bytes) {
            fail("at most " + std::to_string(options_.max_bytes) + " bytes");
            violations_.back().message = "expected at most " + std::to_string(options_.max_bytes) + " bytes, found " +
                                         std::to_string(text().size());
            return;
        }
        if (is_lenient_) skip_wrapping(type);
        if (read(type, into)) static_cast<void>(take_end());
    }

    using scanner::text;
    using scanner::violations;

protected:
    // --- around the value ---

    /// What comes before the value: a fence, or words.
    void skip_wrapping(plan const& type) {
        skip_space();
        auto const bracket = bracket_of(type);
        if (bracket != '\0' && peek() == bracket) return;
        if (options_.lenient.prose && bracket != '\0') {
            skip_prose(bracket);
            if (peek() == bracket) return;
        }
        if (options_.lenient.code_fences) fenced_ = skip_fence();
    }

    /// The bracket that every value of a type begins with; 0: there is none.
    static char bracket_of(plan const& type) {
        switch (type.what) {
            case kind::object:
            case kind::map: return '{';
            case kind::sequence:
            case kind::fixed_array:
            case kind::collection:
            case kind::tuple:
            case kind::flags: return '[';
            case kind::converted: return bracket_of(*type.inner);
            case kind::variant: return common_bracket(*type.variant);
            default: return '\0';
        }
    }
    static char common_bracket(variant_plan const& variant) {
        char const first = bracket_of(*variant.alternatives[0].type);
        for (std::size_t i = 1; i < variant.count; ++i)
            if (bracket_of(*variant.alternatives[i].type) != first) return '\0';
        return first;
    }

    /// To the first bracket behind which a whole value stands, else to the first bracket, else nowhere.
    void skip_prose(char bracket) {
        constexpr int most_tries = 16;
        char const* const begin = at_;
        char const* first = nullptr;
        char const* found = begin;
        for (int tries = 0; tries < most_tries; ++tries) {
            found = static_cast<char const*>(std::memchr(found, bracket, static_cast<std::size_t>(end_ - found)));
            if (found == nullptr) break;
            if (first == nullptr) first = found;
            at_ = found;
            bool const whole = skip_value();
            forget_trouble();
            if (whole) {
                at_ = found;
                return;
            }
            ++found;
        }
        at_ = first != nullptr ? first : begin;
    }

    void forget_trouble() {
        violations_.clear();
        broken_ = false;
        restore_depth(0);
    }

    bool skip_fence() {
        if (!take_word("```")) return false;
        while (at_ != end_ && *at_ != '\n' && *at_ != '{' && *at_ != '[' && *at_ != '"') ++at_;
        return true;
    }

    bool take_end() {
        if (options_.lenient.prose) return true;
        skip_space();
        if (options_.lenient.code_fences && (fenced_ || peek() == '`')) static_cast<void>(take_word("```"));
        return expect_end();
    }

    /// Reads a value. False ends the walk; a value that does not fit is noted, skipped, and the walk goes on.
    bool read(plan const& type, void* into) {
        skip_space();
        if (is_lenient_) [[unlikely]] {
            auto const outcome = read_leniently(type, into);
            if (outcome != forgiven::nothing) return outcome == forgiven::value;
        }
        switch (type.what) {
            case kind::boolean: return read_boolean(type, into);
            case kind::signed_integer:
            case kind::unsigned_integer: return read_integer(type, into);
            case kind::real: return read_real(type, into);
            case kind::string: return read_string(type, *static_cast<std::string*>(into));
            case kind::enumeration: return read_enum(type, into);
            case kind::flags: return read_flags(type, into);
            case kind::formatted: return read_formatted(type, into);
            case kind::null: return take_word("null") || refuse(type);
            case kind::converted: return read_converted(type, into);
            case kind::nullable: return read_nullable(type, into);
            case kind::sequence: return read_sequence(type, into);
            case kind::fixed_array: return read_fixed_array(type, into);
            case kind::collection: return read_collection(type, into);
            case kind::tuple: return read_tuple(type, into);
            case kind::map: return read_map(type, into);
            case kind::variant: return read_variant(type, into);
            case kind::object: return read_object(type, into);
            case kind::any: return read_any(into);
        }
        return false;
    }

    // --- values that only leniency knows ---

    enum class forgiven { nothing, value, end };

    [[gnu::noinline]] forgiven read_leniently(plan const& type, void* into) {
        switch (type.what) {
            case kind::nullable: return take_none(type, into);
            case kind::variant:
            case kind::any:
            case kind::sequence:
            case kind::fixed_array:
            case kind::map:
            case kind::object: return forgiven::nothing;
            default: break;
        }
        char const first = peek();
        if (first == '\'' && options_.lenient.single_quotes) return read_single_quoted(type, into);
        bool const is_text = type.what == kind::string;
        bool const is_scalar = is_number(type) || type.what == kind::boolean;
        if (first == '"') return is_scalar && options_.lenient.scalars_in_strings ? read_inside(type, into) : forgiven::nothing;
        if (is_text && options_.lenient.scalars_as_strings) return read_as_text(into);
        if (type.what == kind::real) return read_special(type, into);
        if (type.what != kind::boolean) return forgiven::nothing;
        bool const yes = take_python_word("True");
        if (!yes && !take_python_word("False")) return forgiven::nothing;
        *static_cast<bool*>(into) = yes;
        return forgiven::value;
    }

    static bool is_number(plan const& type) {
        return type.what == kind::signed_integer || type.what == kind::unsigned_integer || type.what == kind::real;
    }

    forgiven take_none(plan const& type, void* into) {
        if (peek() != 'N' || !take_python_word("None")) return forgiven::nothing;
        type.nullable->reset(into);
        return forgiven::value;
    }

    forgiven read_special(plan const& type, void* into) {
        double value = 0;
        if (!take_special_number(value)) return forgiven::nothing;
        if (type.bytes == sizeof(float))
            store(into, static_cast<float>(value));
        else
            store(into, value);
        return forgiven::value;
    }

    /// A string in single quotes, read as the same string in double quotes.
    forgiven read_single_quoted(plan const& type, void* into) {
        char const* const where = at_++;
        std::string content;
        if (!take_forgiven_string(content, '\'')) return forgiven::end;
        std::string quoted;
        append_string(quoted, content);
        reader inner{quoted, options_};
        inner.read_document(type, into);
        for (auto const& each : inner.violations_)
            if (!note(each.message, where)) return forgiven::end;
        return forgiven::value;
    }

    /// The number or boolean that a string holds.
    forgiven read_inside(plan const& type, void* into) {
        char const* const begin = at_++;
        std::string spare;
        std::string_view content;
        if (!take_string(content, spare)) return forgiven::end;
        reader inner{content, options_};
        inner.skip_space();
        if (inner.peek() != '"' && inner.peek() != '\'') {
            inner.read_document(type, into);
            if (inner.violations_.empty()) return forgiven::value;
        }
        at_ = begin;
        return forgiven::nothing;
    }

    /// A number or boolean as the string that it is written as.
    forgiven read_as_text(void* into) {
        char const* const begin = at_;
        char const* stop = find_number_end(at_, end_);
        if (stop == nullptr && (take_word("true") || take_word("false"))) stop = at_;
        if (stop == nullptr) return forgiven::nothing;
        static_cast<std::string*>(into)->assign(begin, stop);
        at_ = stop;
        return forgiven::value;
    }

    /// The next value is not what the type wants.
    bool refuse(plan const& type) { return refuse(name_of(type)); }
    bool refuse(std::string const& expected) {
        char const* const where = at_;
        if (peek() == 'n' && options_.null_is_absent) return take_word("null") || fail("a value");
        auto const found = describe_next();
        if (!skip_value()) return false;  // not JSON: that is told instead
        return note("expected " + expected + ", found " + found, where);
    }

    bool read_boolean(plan const& type, void* into) {
        bool const value = peek() == 't';
        if (!take_word("true") && !take_word("false")) return refuse(type);
        *static_cast<bool*>(into) = value;
        return true;
    }

    // --- numbers ---

    bool read_integer(plan const& type, void* into) {
        char const* at = at_;
        bool const negative = at != end_ && *at == '-';
        if (negative) ++at;
        char const* const first = at;
        std::uint64_t size = 0;
        while (at != end_ && *at >= '0' && *at <= '9' && at - first < 19)
            size = size * 10 + static_cast<std::uint64_t>(*at++ - '0');
        bool const ends_here = at != end_ && (*at < '0' || *at > '9') && *at != '.' && *at != 'e' && *at != 'E';
        bool const plain = at != first && (*first != '0' || at - first == 1);
        if (!ends_here || !plain) return read_integer_slowly(type, into);
        return store_if_it_fits(type, into, negative, size, at);
    }

    bool store_if_it_fits(plan const& type, void* into, bool negative, std::uint64_t size, char const* stop) {
        auto const range = range_of(type);
        if (size > (negative ? range.below : range.above)) {
            if (!options_.lenient.clamp_numbers) return refuse_integer(type);
            size = negative ? range.below : range.above;
        }
        store_integer(into, type.bytes, negative ? 0 - size : size);
        at_ = stop;
        return true;
    }

    /// For 20 digits, exponents, fractions that are zero, and what is no integer.
    bool read_integer_slowly(plan const& type, void* into) {
        char const* const stop = find_number_end(at_, end_);
        if (stop == nullptr) return refuse(type);
        bool const negative = *at_ == '-';
        char const* at = negative ? at_ + 1 : at_;
        std::uint64_t size = 0;
        bool overflows = false;
        for (; at != stop && *at >= '0' && *at <= '9'; ++at) {
            auto const digit = static_cast<std::uint64_t>(*at - '0');
            overflows = overflows || size > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
            size = size * 10 + digit;
        }
        if (overflows && options_.lenient.clamp_numbers) size = std::numeric_limits<std::uint64_t>::max();
        if (at == stop && overflows && !options_.lenient.clamp_numbers) return refuse_integer(type);
        if (at == stop) return store_if_it_fits(type, into, negative, size, stop);
        auto const real = to_real(at_, stop);
        // Above 2^53 a fraction or exponent may hide digits that a double does not hold.
        if (std::trunc(real) != real || std::fabs(real) > 9007199254740992.0) return refuse(type);
        return store_if_it_fits(type, into, real < 0, static_cast<std::uint64_t>(std::fabs(real)), stop);
    }

    bool refuse_integer(plan const& type) {
        auto const range = range_of(type);
        auto const lowest = (range.below == 0 ? "" : "-") + std::to_string(range.below);
        return refuse("an integer from " + lowest + " to " + std::to_string(range.above));
    }

    bool read_real(plan const& type, void* into) {
        char const* const stop = find_number_end(at_, end_);
        if (stop == nullptr) return refuse(type);
        auto value = to_real(at_, stop);
        bool const narrow = type.bytes == sizeof(float);
        auto const most = narrow ? double{std::numeric_limits<float>::max()} : std::numeric_limits<double>::max();
        if (std::fabs(value) > most) {
            if (!options_.lenient.clamp_numbers)
                return refuse(narrow ? "a number that fits a float" : "a number that fits a double");
            value = std::copysign(most, value);
        }
        at_ = stop;
        if (narrow)
            store(into, static_cast<float>(value));
        else
            store(into, value);
        return true;
    }

    // --- text ---

    bool read_string(plan const& type, std::string& into) {
        if (!take('"')) return refuse(type);
        auto const run = find_plain_end(at_, end_);
        if (run.end == end_ || *run.end != '"') return take_escaped_string(into);
        if (run.wide && options_.check_utf8 && find_invalid_utf8(at_, run.end) != run.end)
            return take_escaped_string(into);
        into.assign(at_, run.end);
        at_ = run.end + 1;
        return true;
    }

    bool read_enum(plan const& type, void* into) {
        auto const& names = *type.enumeration;
        char const* const where = at_;
        std::string spare;
        std::string_view name;
        if (!take('"')) return refuse(type);
        if (!take_string(name, spare)) return false;
        for (std::size_t i = 0; i < names.count; ++i) {
            if (names.names[i] != name) continue;
            store_integer(into, type.bytes, static_cast<std::uint64_t>(names.values[i]));
            return true;
        }
        if (auto const index = options_.lenient.enum_case ? find_similar(names, name) : no_field; index != no_field) {
            store_integer(into, type.bytes, static_cast<std::uint64_t>(names.values[index]));
            return true;
        }
        return note("expected " + name_of(type) + ", found \"" + shorten(name) + "\"", where);
    }

    /// The only name that differs from `name` in case and separators alone.
    static std::size_t find_similar(enum_plan const& names, std::string_view name) {
        std::size_t found = no_field;
        for (std::size_t i = 0; i < names.count; ++i) {
            if (!are_similar(names.names[i], name)) continue;
            if (found != no_field && names.values[i] != names.values[found]) return no_field;
            found = i;
        }
        return found;
    }

    static bool are_similar(std::string_view a, std::string_view b) {
        auto const fold = [](char c) {
            if (c == '-' || c == ' ') return '_';
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return fold(x) == fold(y); });
    }

    bool read_formatted(plan const& type, void* into) {
        auto const& form = *type.formatted;
        char const* const where = at_;
        std::string spare;
        std::string_view text;
        if (!take('"')) return refuse(type);
        if (!take_string(text, spare)) return false;
        if (form.read(text, into)) return true;
        return note(std::string{"expected "}
                        .append(form.name)
                        .append(" such as \"")
                        .append(form.sample)
                        .append("\", found \"")
                        .append(shorten(text) + "\""),
                    where);
    }

    /// A value of another type, of which one of this type is made.
    bool read_converted(plan const& type, void* into) {
        skip_space();
        char const* const where = at_;
        auto const before = violations().size();
        switch (fill_with(*type.inner, [&](void* context, element_filler fill) {
            return type.converted->read(into, context, fill);
        })) {
            case added::ended: return false;
            case added::fresh: return true;
            case added::rejected: break;
        }
        if (violations().size() != before) return true;
        return note("expected a value that a " + std::string{type.name} + " can be made of, found another", where);
    }

    /// Hands out a function that reads one value of a type, for what keeps its values where only it can reach.
    template <class Take>
    added fill_with(plan const& inner, Take take_element) {
        struct filling {
            reader& self;
            plan const& inner;
        } context{*this, inner};
        return take_element(&context, [](void* opaque, void* element) {
            auto& [self, element_type] = *static_cast<filling*>(opaque);
            return self.read(element_type, element);
        });
    }

    // --- holders and lists ---

    bool read_nullable(plan const& type, void* into) {
        if (peek() != 'n') return read(*type.inner, type.nullable->emplace(into));
        type.nullable->reset(into);
        return take_word("null") || fail("a value");
    }

    /// Calls `read_item(index)` for each element, which takes it.
    template <class ReadItem>
    bool read_items(ReadItem read_item) {
        ++at_;
        if (!enter()) return false;
        skip_space();
        path_link here{.parent = path_, .is_index = true};
        if (!take(']')) {
            path_ = &here;
            do {
                if (!read_item(here.index)) return drop_link(here);
                ++here.index;
                skip_space();
            } while (take(',') && !ends_after_comma(']'));
            path_ = here.parent;
            if (!take(']')) return fail("',' or ']' in an array");
        }
        leave();
        return true;
    }

    bool drop_link(path_link const& link) {
        path_ = link.parent;
        return false;
    }

    bool read_sequence(plan const& type, void* into) {
        if (peek() != '[') return refuse(type);
        auto const& list = *type.sequence;
        auto const& item = *type.inner;
        list.clear(into);
        return read_items([&](std::size_t) { return read(item, list.append(into)); });
    }

    bool read_fixed_array(plan const& type, void* into) {
        if (peek() != '[') return refuse(type);
        char const* const where = at_;
        auto const wanted = type.sequence->fixed_size;
        auto* const items = static_cast<std::byte*>(const_cast<void*>(type.sequence->view(into).data));
        std::size_t count = 0;
        bool const whole = read_items([&](std::size_t index) {
            count = index + 1;
            return index < wanted ? read(*type.inner, items + index * type.inner->size) : skip_value();
        });
        if (!whole || count == wanted) return whole;
        return note("expected " + std::to_string(wanted) + " items, found " + std::to_string(count), where);
    }

    bool read_collection(plan const& type, void* into) {
        if (peek() != '[') return refuse(type);
        auto const& list = *type.collection;
        list.clear(into);
        return read_items([&](std::size_t) {
            skip_space();
            char const* const where = at_;
            auto const outcome = fill_with(*type.inner, [&](void* context, element_filler fill) {
                return list.add(into, context, fill);
            });
            if (outcome != added::rejected || !options_.check_docs) return outcome != added::ended;
            return note("expected each item once, found it again", where);
        });
    }

    bool read_tuple(plan const& type, void* into) {
        if (peek() != '[') return refuse(type);
        auto const& tuple = *type.tuple;
        std::vector<void*> parts(tuple.count + 1);
        tuple.locate(into, parts.data());
        char const* const where = at_;
        std::size_t count = 0;
        bool const whole = read_items([&](std::size_t index) {
            count = index + 1;
            return index < tuple.count ? read(*tuple.parts[index], parts[index]) : skip_value();
        });
        if (!whole || count == tuple.count) return whole;
        return note("expected " + std::to_string(tuple.count) + " items, found " + std::to_string(count), where);
    }

    bool read_flags(plan const& type, void* into) {
        if (peek() != '[') return refuse(type);
        plan one = type;
        one.what = kind::enumeration;
        std::uint64_t all = 0;
        bool const whole = read_items([&](std::size_t) {
            std::uint64_t bits = 0;
            if (!read(one, &bits)) return false;
            all |= load_unsigned(&bits, type.bytes);
            return true;
        });
        if (whole) store_integer(into, type.bytes, all);
        return whole;
    }

    /// Calls `read_member(link, spare, key_taken)` behind the opening quote of each key; it takes the rest of the member.
    /// A key that only leniency knows is in `spare` already.
    template <class ReadMember>
    bool read_members(ReadMember read_member) {
        ++at_;
        if (!enter()) return false;
        path_link here{.parent = path_};
        std::string spare;
        skip_space();
        if (!take('}')) {
            do {
                path_ = here.parent;  // until the key is known
                skip_space();
                bool const quoted = take('"');
                if (!quoted && !take_bare_key(here, spare)) return false;
                if (!read_member(here, spare, !quoted)) return drop_link(here);
                skip_space();
            } while (take(',') && !ends_after_comma('}'));
            path_ = here.parent;
            if (!take('}')) return fail("',' or '}' in an object");
        }
        leave();
        return true;
    }

    [[gnu::noinline]] bool take_bare_key(path_link& here, std::string& spare) {
        if (!take_odd_key(spare)) return !broken_ && fail("a key in quotes");
        here.key = spare;
        return true;
    }

    /// What follows is the value of the member that `here` names.
    bool take_colon(path_link const& here) {
        path_ = &here;
        skip_space();
        return take(':') || fail("':' after the key");
    }

    bool read_map(plan const& type, void* into) {
        if (peek() != '{') return refuse(type);
        auto const& map = *type.map;
        map.clear(into);
        return read_members([&](path_link& here, std::string& spare, bool key_taken) {
            char const* const where = at_;
            auto const before = map.size(into);
            if (!key_taken && !take_string(here.key, spare)) return false;
            if (!take_colon(here)) return false;
            void* const slot = map.slot(into, here.key);
            if (map.size(into) == before && options_.refuse_duplicate_keys &&
                !note("expected each key once, found it twice", where))
                return false;
            return read(*type.inner, slot);
        });
    }

    bool read_any(void* into) {
        char const* const begin = at_;
        if (is_lenient_) forgive({});
        bool const whole = skip_value();
        if (is_lenient_) forgive(options_.lenient);
        if (!whole) return false;
        std::string compact;
        append_compact(compact, {begin, static_cast<std::size_t>(at_ - begin)});
        value_access::text(*static_cast<json_value*>(into)) = std::move(compact);
        return true;
    }

    // --- structs ---

    bool read_object(plan const& type, void* into) {
        if (peek() != '{') return refuse(type);
        auto const& structure = *type.structure;
        void* members[most_fields];
        structure.locate(into, members);
        std::uint64_t seen[2] = {0, 0};
        std::size_t next = 0;
        char const* const begin = at_;
        auto const before = violations().size();
        bool const whole = read_members([&](path_link& here, std::string& spare, bool key_taken) {
            char const* const where = at_;
            auto const index =
                key_taken ? find_field(structure, here) : take_key(structure, next, here, spare);
            if (broken_ || !take_colon(here)) return false;
            if (index == no_field) return read_unknown(where);
            auto const& field = structure.fields[index];
            auto const bit = std::uint64_t{1} << (index % 64);
            if ((seen[index / 64] & bit) != 0 && options_.refuse_duplicate_keys &&
                !note("expected each key once, found it twice", where))
                return false;
            seen[index / 64] |= bit;
            next = index + 1;
            return read_field(field, members[index]);
        });
        return whole && end_object(structure, {into, members, begin, before}, seen);
    }

    /// An object whose members are all read.
    struct read_members_of {
        void* object;
        void* const* members;
        char const* begin;              ///< Of the object in the text.
        std::size_t violations_before;
    };

    /// What is to be done when an object is at its end, also where it came in pieces (partial_machine).
    bool end_object(struct_plan const& structure, read_members_of const& read, std::uint64_t const (&seen)[2]) {
        set_defaults(structure, seen, read.members);
        if (options_.require_fields && !note_missing(structure, seen)) return false;
        return structure.check == nullptr || !options_.check_docs || violations().size() != read.violations_before ||
               check_whole(structure, read.object, read.begin);
    }

    /// What the type's own rule says of a value whose parts are all right.
    bool check_whole(struct_plan const& structure, void const* value, char const* where) {
        auto message = structure.check(value);
        return message.empty() || note(std::move(message), where);
    }

    static void set_defaults(struct_plan const& structure, std::uint64_t const (&seen)[2], void* const* members) {
        for (std::size_t word = 0; word < 2; ++word)
            for (auto missing = structure.defaulted[word] & ~seen[word]; missing != 0; missing &= missing - 1) {
                auto const index = word * 64 + static_cast<std::size_t>(std::countr_zero(missing));
                auto const& field = structure.fields[index];
                static_cast<void>(read_text(field.documentation->default_value.view(), *field.type, members[index], {}));
            }
    }

    /// Takes a key and its closing quote. Most texts have the fields in their order, so the next one is tried first.
    std::size_t take_key(struct_plan const& structure, std::size_t next, path_link& here, std::string& spare) {
        return take_expected_key(structure, next, here) ? next : find_key(structure, here, spare);
    }

    bool take_expected_key(struct_plan const& structure, std::size_t next, path_link& here) {
        if (next >= structure.field_count) return false;
        auto const& field = structure.fields[next];
        auto const length = field.name.size();
        auto const left = static_cast<std::size_t>(end_ - at_);
        if (left <= 8 || left <= length || (load_word(at_) & field.head_mask) != field.head || at_[length] != '"' ||
            (length > 8 && std::memcmp(at_ + 8, field.name.data() + 8, length - 8) != 0) || field.type == nullptr)
            return false;
        here.key = field.name;
        at_ += length + 1;
        return true;
    }

    std::size_t find_key(struct_plan const& structure, path_link& here, std::string& spare) {
        return take_string(here.key, spare) ? find_field(structure, here) : no_field;
    }

    static std::size_t find_field(struct_plan const& structure, path_link& here) {
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            auto const& field = structure.fields[i];
            if (field.type == nullptr || field.name != here.key) continue;
            here.key = field.name;
            return i;
        }
        return no_field;
    }

    bool read_unknown(char const* where) {
        if (refuse_unknown_ && !note("expected no such key", where)) return false;
        return skip_value();
    }

    bool read_field(field_plan const& field, void* member) {
        if (!field.checked || !options_.check_docs) return read(*field.type, member);
        skip_space();
        char const* const where = at_;
        auto const before = violations().size();
        if (!read(*field.type, member)) return false;
        if (violations().size() != before) return true;
        return check_documentation(
            *field.documentation, *field.type, member, [&](std::string_view below, std::string message) {
                return below.empty() ? note(std::move(message), where) : note_below(below, std::move(message), where);
            });
    }

    /// Keeps a violation of what is below the value that starts at `value`.
    /// @param below  A JSON pointer without its first slash.
    [[nodiscard]] bool note_below(std::string_view below, std::string message, char const* value) {
        auto const start = static_cast<std::size_t>(value - text().data());
        std::string const place = "/" + std::string{below};
        violations_.push_back({pointer() + place, std::move(message), start + find_place(text().substr(start), place)});
        return violations_.size() < violation_limit_;
    }

    bool note_missing(struct_plan const& structure, std::uint64_t const (&seen)[2]) {
        for (std::size_t word = 0; word < 2; ++word) {
            for (auto missing = structure.required[word] & ~seen[word]; missing != 0; missing &= missing - 1) {
                auto const& field = structure.fields[word * 64 + static_cast<std::size_t>(std::countr_zero(missing))];
                if (!note_member(field.name,
                                 "expected " + name_of(*field.type) + ", found " + std::string{missing_key}, at_ - 1))
                    return false;
            }
        }
        return true;
    }

    // --- variants ---

    /// Reads the first alternative that fits: first one that knows every key, then one that skips unknown keys.
    /// If none does, the one that came farthest while every key counted says what is wrong.
    bool read_variant(plan const& type, void* into) {
        auto const& variant = *type.variant;
        char const* const start = at_;
        char const first = peek();
        if (first == '{' && !variant.tag.empty() && !is_lenient_) return read_tagged(variant, into);
        std::size_t candidates = 0;
        for (std::size_t i = 0; i < variant.count; ++i)
            candidates += may_start(*variant.alternatives[i].type, first) ? 1 : 0;
        if (candidates == 0) return refuse(type);
        std::size_t best = no_field;
        char const* farthest = nullptr;
        for (bool const exact : {true, false}) {
            if (!exact && (candidates == 1 || options_.refuse_unknown_keys)) break;
            if (exact && candidates == 1) continue;
            for (std::size_t i = 0; i < variant.count; ++i) {
                auto const& alternative = variant.alternatives[i];
                if (!may_start(*alternative.type, first)) continue;
                auto const outcome = try_alternative(alternative, into, start, exact);
                if (outcome == attempt::fits) return true;
                if (outcome == attempt::ended) return false;
                if (exact && (farthest == nullptr || stopped_at_ > farthest)) {
                    farthest = stopped_at_;
                    best = i;
                }
            }
        }
        for (std::size_t i = 0; best == no_field; ++i)
            if (may_start(*variant.alternatives[i].type, first)) best = i;
        auto const& alternative = variant.alternatives[best];
        return read(*alternative.type, alternative.emplace(into));
    }

    /// The tag says which alternative it is.
    bool read_tagged(variant_plan const& variant, void* into) {
        std::string tag;
        switch (find_member(text(), at_, variant.tag, tag)) {
            case member_found::no: break;
            case member_found::other: tag = "another value"; break;
            case member_found::string:
                for (std::size_t i = 0; i < variant.count; ++i)
                    if (auto const& each = variant.alternatives[i]; each.constant == tag)
                        return read(*each.type, each.emplace(into));
                tag = "\"" + shorten(tag) + "\"";
                break;
        }
        char const* const where = at_;
        if (!skip_value()) return false;
        auto const expected = one_of(variant.count, [&](std::size_t i) { return quoted(variant.alternatives[i].constant); });
        return note_below(variant.tag, "expected " + expected + ", found " + (tag.empty() ? std::string{missing_key} : tag), where);
    }

    enum class attempt { fits, differs, ended };

    attempt try_alternative(alternative_plan const& alternative, void* into, char const* start, bool exact) {
        auto const before = violations_.size();
        auto const limit = std::exchange(violation_limit_, before + 1);
        auto const unknown = std::exchange(refuse_unknown_, exact || refuse_unknown_);
        auto const depth = this->depth();
        auto const* const path = path_;
        bool const whole = read(*alternative.type, alternative.emplace(into));
        violation_limit_ = limit;
        refuse_unknown_ = unknown;
        if (broken_) return attempt::ended;
        if (whole && violations_.size() == before) return attempt::fits;
        stopped_at_ = text().data() + violations_.back().offset;
        violations_.resize(before);
        spend(static_cast<std::size_t>(at_ - start));
        at_ = start;
        path_ = path;
        restore_depth(depth);
        if (retry_budget_ != 0) return attempt::differs;
        fail("a value that fewer alternatives must be tried for");
        return attempt::ended;
    }

    /// Alternatives inside alternatives could take exponential time.
    void spend(std::size_t bytes) { retry_budget_ -= bytes + 1 < retry_budget_ ? bytes + 1 : retry_budget_; }

    read_options const& options_;
    bool const is_lenient_;
    bool fenced_{false};
    bool refuse_unknown_;
    std::size_t retry_budget_;
    char const* stopped_at_{nullptr};
};

}  // namespace
}  // namespace coax::json::detail
