#include "bind/reader.hpp"

#include "bind/type_names.hpp"
#include "json/internal/pointer.hpp"

namespace coax::bind::detail {

reader::reader(std::string_view text, json::read_options const& options)
    : scanner{text, options.max_depth, options.check_utf8},
      options_{options},
      has_leniency_{options.leniency != json::leniency{}},
      refuse_unknown_{options.refuse_unknown_keys},
      retry_budget_{text.size() * 16 + 4096} {
    violation_limit_ = options.max_violations;
    if (has_leniency_) set_leniency(options.leniency);
}

void reader::read_document(type_descriptor const& type, void* into) {
    if (options_.max_bytes != 0 && text().size() > options_.max_bytes) {
        fail("at most " + std::to_string(options_.max_bytes) + " bytes", std::to_string(text().size()));
        return;
    }
    skip_byte_order_mark();
    options_.leniency.prose ? read_among_prose(type, into) : read_alone(type, into);
}

bool reader::read_kind(type_descriptor const& type, void* into) {
    if (char const opening = opening_of(type.what); opening != '\0' && peek() != opening)
        return read_mismatch(type, into);
    switch (type.what) {
        case kind::boolean: return read_mismatch(type, into);
        case kind::signed_integer:
        case kind::unsigned_integer: return read_integer(type, into);
        case kind::real: return read_real(type, into);
        case kind::string: ++at_; return decode_string(*static_cast<std::string*>(into));
        case kind::enumeration: return read_enum(type, into);
        case kind::flags: return read_flags(type, into);
        case kind::formatted: return read_formatted(type, into);
        case kind::null: return take_word("null") || read_mismatch(type, into);
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

bool reader::read_mismatch(type_descriptor const& type, void* into) {
    if (has_leniency_) {
        switch (read_with_leniency(type, into)) {
            case leniency_outcome::not_applicable: break;
            case leniency_outcome::read: return true;
            case leniency_outcome::ended: return false;
        }
    }
    return report_mismatch(name_of(type));
}

bool reader::report_mismatch(std::string expected) {
    char const* const where = at_;
    if (peek() == 'n' && options_.null_is_absent) return take_word("null") || fail("a value");
    auto found = describe_next();
    if (!skip_value()) return false;  // not JSON: that is reported instead
    return report_value(std::move(expected), std::move(found), where);
}

bool reader::report_value(std::string expected, std::string found, char const* where) {
    if (!options_.ignore_mismatches) return add_violation(std::move(expected), std::move(found), where);
    ignored_at_ = where;
    return true;
}

bool reader::add_violation_below(std::string_view below, std::string expected, std::string found, char const* value) {
    auto const start = text().substr(static_cast<std::size_t>(value - text().data()));
    auto const* const where = value + json::detail::locate_pointer(start, below);
    return add_violation(std::move(expected), std::move(found), where, below);
}

}  // namespace coax::bind::detail
