#include "bind/memory.hpp"
#include "bind/reader.hpp"

#include <algorithm>
#include <vector>

namespace coax::bind::detail {
namespace {

/// From so many items the number of all is foreseen.
constexpr std::size_t items_looked_at = 4;

}  // namespace

// --- holders ---

bool reader::read_nullable(type_descriptor const& type, void* into) {
    if (peek() != 'n') return read(*type.inner, type.nullable->emplace(into));
    type.nullable->reset(into);
    return take_word("null") || fail("a value");
}

/// Hands out a function that reads one value of a type, for what keeps its values where only it can reach.
template <class Take>
added reader::fill_with(type_descriptor const& inner, Take take_element) {
    struct filling {
        reader& self;
        type_descriptor const& inner;
    } context{*this, inner};
    return take_element(&context, [](void* opaque, void* element) {
        auto& [self, element_type] = *static_cast<filling*>(opaque);
        return self.read(element_type, element);
    });
}

/// A value of another type, of which one of this type is made.
bool reader::read_converted(type_descriptor const& type, void* into) {
    char const* const where = at_;
    auto const before = violations_.size();
    switch (fill_with(*type.inner,
                      [&](void* context, element_filler fill) { return type.converted->read(into, context, fill); })) {
        case added::ended: return false;
        case added::fresh: return true;
        case added::rejected: break;
    }
    if (violations_.size() != before) return true;
    return note("expected a value that a " + std::string{type.name} + " can be made of, found another", where);
}

// --- lists ---

/// From `here.next` on to behind the closing bracket. Calls `read_item(index)` for each element, which takes it.
template <class ReadItem>
bool reader::read_items(parse_frame& here, ReadItem read_item) {
    path_ = &here.link;
    auto next = here.next;
    while (true) {
        switch (next) {
            case frame_state::first:
                skip_space();
                if (take(']')) break;
                if (cut_ != nullptr && at_ == end_) return lack("a value") || leave_open(here, frame_state::first);
                [[fallthrough]];
            case frame_state::value:
                if (!read_item(here.link.index)) return leave_open(here, frame_state::value);
                [[fallthrough]];
            case frame_state::rest: ++here.link.index; [[fallthrough]];
            default:
                skip_space();
                if (take(',')) {
                    next = forgiven_.trailing_commas ? frame_state::first : frame_state::value;
                    continue;
                }
                path_ = here.link.parent;
                if (!take(']')) return lack("',' or ']' in an array") || leave_open(here, frame_state::separator);
        }
        path_ = here.link.parent;
        leave();
        return true;
    }
}

template <class ReadItem>
bool reader::open_list(type_descriptor const& type, void* into, ReadItem read_item) {
    auto here = open_here(type, into);
    here.link.is_index = true;
    ++at_;
    return enter() && read_items(here, read_item);
}

bool reader::read_sequence(type_descriptor const& type, void* into) {
    if (peek() != '[') return refuse(type);
    type.sequence->clear(into);
    auto here = open_here(type, into);
    here.link.is_index = true;
    ++at_;
    return enter() && read_items_of(here);
}

/// How many items a list at the root will have, if the rest of the text is like its first few. It never asks for more
/// than four times the memory that the text takes.
std::size_t reader::foresee_items(parse_frame const& here, std::size_t item_bytes) const {
    auto const read_bytes = offset() - here.opened_at;
    auto const text_bytes = text().size() - here.opened_at;
    return std::min(text_bytes / read_bytes * items_looked_at + items_looked_at, text_bytes * 4 / item_bytes);
}

/// Items of a list of which nobody sees one before something of it is there.
bool reader::read_items_of(parse_frame& here) {
    auto const& list = *here.type->sequence;
    auto const& item = *here.type->inner;
    void* const into = here.into;
    return read_items(here, [&](std::size_t index) {
        if (index == items_looked_at && here.link.parent == nullptr) list.reserve(into, foresee_items(here, item.size));
        if (cut_ != nullptr && !is_there(item)) return need_more();
        return read(item, list.append(into));
    });
}

bool reader::read_fixed_array(type_descriptor const& type, void* into) {
    if (peek() != '[') return refuse(type);
    char const* const where = at_;
    auto const wanted = type.sequence->fixed_size;
    auto* const items = static_cast<std::byte*>(const_cast<void*>(type.sequence->view(into).data));
    std::size_t count = 0;
    bool const whole = open_list(type, into, [&](std::size_t index) {
        count = index + 1;
        return index < wanted ? read(*type.inner, items + index * type.inner->size) : skip_value();
    });
    if (!whole || count == wanted) return whole;
    return note("expected " + std::to_string(wanted) + " items, found " + std::to_string(count), where);
}

bool reader::read_collection(type_descriptor const& type, void* into) {
    if (peek() != '[') return refuse(type);
    auto const& list = *type.collection;
    list.clear(into);
    return open_list(type, into, [&](std::size_t) {
        skip_space();
        char const* const where = at_;
        auto const outcome =
            fill_with(*type.inner, [&](void* context, element_filler fill) { return list.add(into, context, fill); });
        if (outcome != added::rejected || !options_.check_docs) return outcome != added::ended;
        return note("expected each item once, found it again", where);
    });
}

bool reader::read_tuple(type_descriptor const& type, void* into) {
    if (peek() != '[') return refuse(type);
    auto const& tuple = *type.tuple;
    std::vector<void*> parts(tuple.count + 1);
    tuple.locate(into, parts.data());
    char const* const where = at_;
    std::size_t count = 0;
    bool const whole = open_list(type, into, [&](std::size_t index) {
        count = index + 1;
        return index < tuple.count ? read(*tuple.parts[index], parts[index]) : skip_value();
    });
    if (!whole || count == tuple.count) return whole;
    return note("expected " + std::to_string(tuple.count) + " items, found " + std::to_string(count), where);
}

bool reader::read_flags(type_descriptor const& type, void* into) {
    if (peek() != '[') return refuse(type);
    type_descriptor one = type;
    one.what = kind::enumeration;
    std::uint64_t all = 0;
    bool const whole = open_list(type, into, [&](std::size_t) {
        std::uint64_t bits = 0;
        if (!read(one, &bits)) return false;
        all |= load_unsigned(&bits, type.bytes);
        return true;
    });
    if (whole) store_integer(into, type.bytes, all);
    return whole;
}

}  // namespace coax::bind::detail
