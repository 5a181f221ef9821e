#include "bind/memory.hpp"
#include "bind/reader.hpp"
#include "json/internal/number.hpp"

#include <coax/json/writer.hpp>

namespace coax::bind::detail {
namespace {

/// Inside a string stands the value alone.
json::read_options without_surroundings(json::read_options options) {
    options.leniency.prose = options.leniency.code_fences = false;
    return options;
}

bool is_number(type_descriptor const& type) {
    return type.what == kind::signed_integer || type.what == kind::unsigned_integer || type.what == kind::real;
}

}  // namespace

reader::leniency_outcome reader::read_with_leniency(type_descriptor const& type, void* into) {
    switch (type.what) {
        case kind::variant:
        case kind::any:
        case kind::sequence:
        case kind::fixed_array:
        case kind::map:
        case kind::object: return leniency_outcome::not_applicable;
        default: break;
    }
    char const first = peek();
    if (first == '\'' && options_.leniency.single_quotes) return read_single_quoted(type, into);
    bool const is_text = type.what == kind::string;
    bool const is_scalar = is_number(type) || type.what == kind::boolean;
    if (first == '"')
        return is_scalar && options_.leniency.scalars_in_strings ? read_scalar_in_string(type, into)
                                                                 : leniency_outcome::not_applicable;
    if (is_text && options_.leniency.scalars_as_strings) return read_scalar_as_string(into);
    return type.what == kind::boolean ? read_python_boolean(into) : leniency_outcome::not_applicable;
}

/// Reads a string in single quotes as the same string in double quotes.
reader::leniency_outcome reader::read_single_quoted(type_descriptor const& type, void* into) {
    char const* const where = at_++;
    std::string content;
    if (!take_nonstandard_string(content, '\'')) return leniency_outcome::ended;
    std::string quoted;
    json::append_string(quoted, content);
    auto const options = without_surroundings(options_);
    reader inner{quoted, options};
    inner.read_document(type, into);
    for (auto const& each : inner.violations_)
        if (!add_violation(each.expected, each.found, where)) return leniency_outcome::ended;
    return leniency_outcome::read;
}

/// Reads the number or boolean that a string holds, and nothing else.
reader::leniency_outcome reader::read_scalar_in_string(type_descriptor const& type, void* into) {
    char const* const begin = at_++;
    std::string spare;
    std::string_view content;
    if (!take_string(content, spare)) return leniency_outcome::ended;
    auto const options = without_surroundings(options_);
    reader inner{content, options};
    inner.skip_space();
    if (inner.peek() != '"' && inner.peek() != '\'') {
        inner.read_document(type, into);
        if (inner.violations_.empty()) return leniency_outcome::read;
    }
    at_ = begin;
    return leniency_outcome::not_applicable;
}

/// Reads a number or boolean as the text it is written as.
reader::leniency_outcome reader::read_scalar_as_string(void* into) {
    char const* const begin = at_;
    char const* stop = json::detail::find_number_end(at_, end_);
    if (stop == nullptr && (take_word("true") || take_word("false"))) stop = at_;
    if (stop == nullptr) return leniency_outcome::not_applicable;
    static_cast<std::string*>(into)->assign(begin, stop);
    at_ = stop;
    return leniency_outcome::read;
}

reader::leniency_outcome reader::read_python_boolean(void* into) {
    bool const yes = take_python_word("True");
    if (!yes && !take_python_word("False")) return leniency_outcome::not_applicable;
    *static_cast<bool*>(into) = yes;
    return leniency_outcome::read;
}

}  // namespace coax::bind::detail
