#include "bind/memory.hpp"
#include "bind/reader.hpp"
#include "json/internal/number.hpp"

#include <coax/json/writer.hpp>

namespace coax::bind::detail {
namespace {

bool is_number(type_descriptor const& type) {
    return type.what == kind::signed_integer || type.what == kind::unsigned_integer || type.what == kind::real;
}

}  // namespace

reader::forgiven reader::read_leniently(type_descriptor const& type, void* into) {
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
    if (first == '\'' && options_.leniency.single_quotes) return read_single_quoted(type, into);
    bool const is_text = type.what == kind::string;
    bool const is_scalar = is_number(type) || type.what == kind::boolean;
    if (first == '"')
        return is_scalar && options_.leniency.scalars_in_strings ? read_inside(type, into) : forgiven::nothing;
    if (is_text && options_.leniency.scalars_as_strings) return read_as_text(into);
    if (type.what == kind::real) return read_special(type, into);
    return type.what == kind::boolean ? read_python_boolean(into) : forgiven::nothing;
}

reader::forgiven reader::take_none(type_descriptor const& type, void* into) {
    if (peek() != 'N' || !take_python_word("None")) return forgiven::nothing;
    type.nullable->reset(into);
    return forgiven::value;
}

reader::forgiven reader::read_special(type_descriptor const& type, void* into) {
    double value = 0;
    if (!take_special_number(value)) return forgiven::nothing;
    if (type.bytes == sizeof(float))
        store(into, static_cast<float>(value));
    else
        store(into, value);
    return forgiven::value;
}

/// A string in single quotes, read as the same string in double quotes.
reader::forgiven reader::read_single_quoted(type_descriptor const& type, void* into) {
    char const* const where = at_++;
    std::string content;
    if (!take_forgiven_string(content, '\'')) return forgiven::end;
    std::string quoted;
    json::append_string(quoted, content);
    reader inner{quoted, options_};
    inner.read_document(type, into);
    for (auto const& each : inner.violations_)
        if (!note(each.message, where)) return forgiven::end;
    return forgiven::value;
}

/// The number or boolean that a string holds.
reader::forgiven reader::read_inside(type_descriptor const& type, void* into) {
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
reader::forgiven reader::read_as_text(void* into) {
    char const* const begin = at_;
    char const* stop = json::detail::find_number_end(at_, end_);
    if (stop == nullptr && (take_word("true") || take_word("false"))) stop = at_;
    if (stop == nullptr) return forgiven::nothing;
    static_cast<std::string*>(into)->assign(begin, stop);
    at_ = stop;
    return forgiven::value;
}

reader::forgiven reader::read_python_boolean(void* into) {
    bool const yes = take_python_word("True");
    if (!yes && !take_python_word("False")) return forgiven::nothing;
    *static_cast<bool*>(into) = yes;
    return forgiven::value;
}

}  // namespace coax::bind::detail
