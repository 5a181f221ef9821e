#include "bind/reader.hpp"

#include "bind/type_names.hpp"
#include "json/internal/pointer.hpp"

namespace coax::bind::detail {

reader::reader(std::string_view text, json::read_options const& options)
    : scanner{text, options.max_depth, options.check_utf8},
      options_{options},
      is_lenient_{options.leniency != json::leniency{}},
      is_careful_{is_lenient_},
      refuse_unknown_{options.refuse_unknown_keys},
      retry_budget_{text.size() * 16 + 4096} {
    violation_limit_ = options.max_violations;
    if (is_lenient_) forgive(options.leniency);
}

void reader::read_document(type_descriptor const& type, void* into) {
    if (options_.max_bytes != 0 && text().size() > options_.max_bytes) {
        fail("at most " + std::to_string(options_.max_bytes) + " bytes");
        violations_.back().message =
            "expected at most " + std::to_string(options_.max_bytes) + " bytes, found " + std::to_string(text().size());
        return;
    }
    if (is_lenient_) skip_markdown(type);
    if (read(type, into)) static_cast<void>(take_end());
}

bool reader::read_kind(type_descriptor const& type, void* into) {
    switch (type.what) {
        case kind::boolean: return refuse(type);
        case kind::signed_integer:
        case kind::unsigned_integer: return read_integer(type, into);
        case kind::real: return read_real(type, into);
        case kind::string: return read_string(type, *static_cast<std::string*>(into));
        case kind::enumeration: return read_enum(type, into);
        case kind::flags: return read_flags(type, into);
        case kind::formatted: return read_formatted(type, into);
        case kind::null: return read_null(type);
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

bool reader::read_carefully(type_descriptor const& type, void* into) {
    if (cut_ != nullptr) {
        if (at_ == end_ && !cut_->ends) return need_more();
        if (!grows(type, peek())) return token_is_whole() ? read_whole(type, into) : need_more();
        if (type.what == kind::string) return begin_string(*static_cast<std::string*>(into));
        return read_kind(type, into);
    }
    switch (read_leniently(type, into)) {
        case forgiven::nothing: break;
        case forgiven::value: return true;
        case forgiven::end: return false;
    }
    return read_kind(type, into);
}

bool reader::refuse(type_descriptor const& type) { return refuse(name_of(type)); }

bool reader::refuse(std::string const& expected) {
    char const* const where = at_;
    if (peek() == 'n' && options_.null_is_absent) return take_word("null") || fail("a value");
    auto const found = describe_next();
    if (!skip_value()) return false;  // not JSON: that is told instead
    return note("expected " + expected + ", found " + found, where);
}

bool reader::note_below(std::string_view below, std::string message, char const* value) {
    auto const start = static_cast<std::size_t>(value - text().data());
    std::string const place = "/" + std::string{below};
    violations_.push_back(
        {pointer() + place, std::move(message), start + json::detail::locate_pointer(text().substr(start), place)});
    return violations_.size() < violation_limit_;
}

}  // namespace coax::bind::detail
