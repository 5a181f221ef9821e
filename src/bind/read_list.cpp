#include "bind/constraints.hpp"
#include "bind/internal/messages.hpp"
#include "bind/memory.hpp"
#include "bind/reader.hpp"

#include <algorithm>
#include <vector>

namespace coax::bind::detail {
namespace {

/// The number of items from which the number of all is estimated.
constexpr std::size_t items_sampled = 4;

}  // namespace

// --- optionals, pointers and conversions ---

bool reader::read_nullable(type_descriptor const& type, void* into) {
    char const* const where = at_;
    if (peek() == 'n' || (peek() == 'N' && take_python_word("None"))) {
        type.nullable->reset(into);
        return at_ != where || take_word("null") || fail("a value");
    }
    bool const goes_on = read(*type.inner, type.nullable->emplace(into));
    if (ignored_at_ == where) type.nullable->reset(into);
    return goes_on;
}

bool reader::read_element(void* context, void* element) {
    auto const& [self, type] = *static_cast<element_context*>(context);
    return self.read(type, element);
}

/// Reads what a value is shown as, and checks the documentation of the form.
bool reader::read_shown(void* context, void* shown) {
    auto const& [self, type] = *static_cast<element_context*>(context);
    self.skip_space();
    char const* const where = self.at_;
    auto const before = self.violations_.size();
    if (!self.read(*type.inner, shown)) return false;
    doc const* const rules = type.converted->documentation;
    if (rules == nullptr || !self.options_.check_docs || self.violations_.size() != before) return true;
    return check_constraints(*rules, *type.inner, shown,
                             [&](std::string_view below, std::string expected, std::string found) {
                                 return self.add_violation_below(below, std::move(expected), std::move(found), where);
                             });
}

/// Reads a value of another type and converts it.
bool reader::read_converted(type_descriptor const& type, void* into) {
    char const* const where = at_;
    auto const before = violations_.size();
    element_context context{*this, type};
    auto const outcome = type.converted->read(into, &context, &read_shown);
    if (outcome != insert_outcome::rejected) return outcome == insert_outcome::inserted;
    if (violations_.size() != before) return true;
    return add_violation("a value that a " + std::string{type.name} + " can be made of", "another", where);
}

// --- lists ---

/// Reads from `frame.next` to behind the closing bracket. Calls `read_item(index)` for each item.
template <class ReadItem>
bool reader::read_items(parse_frame& frame, ReadItem read_item) {
    path_ = &frame.link;
    auto next = frame.next;
    while (true) {
        switch (next) {
            case frame_state::first:
                skip_space();
                if (take(']')) break;
                if (partial_ != nullptr && at_ == end_)
                    return fail_or_need_more("a value") || save_frame(frame, frame_state::first);
                [[fallthrough]];
            case frame_state::value:
                if (!read_item(frame.link.index)) return save_frame(frame, frame_state::value);
                [[fallthrough]];
            case frame_state::open_value: ++frame.link.index; [[fallthrough]];
            default:
                skip_space();
                if (take(',')) {
                    next = leniency_.trailing_commas ? frame_state::first : frame_state::value;
                    continue;
                }
                path_ = frame.link.parent;
                if (!take(']'))
                    return fail_or_need_more("',' or ']' in an array") || save_frame(frame, frame_state::separator);
        }
        path_ = frame.link.parent;
        leave();
        return true;
    }
}

template <class ReadItem>
bool reader::open_list(type_descriptor const& type, void* into, ReadItem read_item) {
    auto frame = open_frame(type, into);
    frame.link.is_index = true;
    return enter() && read_items(frame, read_item);
}

bool reader::read_sequence(type_descriptor const& type, void* into) {
    type.sequence->clear(into);
    auto frame = open_frame(type, into);
    frame.link.is_index = true;
    return enter() && read_items_of(frame);
}

/// Estimates how many items a list at the root will have, from the size of its first few; at most as many as take four
/// times the memory of the text.
std::size_t reader::estimate_item_count(parse_frame const& frame, std::size_t item_bytes) const {
    auto const read_bytes = offset() - frame.begin_offset;
    auto const text_bytes = text().size() - frame.begin_offset;
    return std::min(text_bytes / read_bytes * items_sampled + items_sampled, text_bytes * 4 / item_bytes);
}

/// Reads the items of a vector; one is added when something of it has arrived.
bool reader::read_items_of(parse_frame& frame) {
    auto const& list = *frame.type->sequence;
    auto const& item = *frame.type->inner;
    void* const into = frame.into;
    return read_items(frame, [&](std::size_t index) {
        if (index == items_sampled && frame.link.parent == nullptr)
            list.reserve(into, estimate_item_count(frame, item.size));
        if (partial_ != nullptr && !can_read_now(item)) return need_more();
        return read(item, list.append(into));
    });
}

/// Reads a list that has exactly `wanted` items.
template <class ReadItem>
bool reader::read_exactly(std::size_t wanted, type_descriptor const& type, void* into, ReadItem read_item) {
    char const* const where = at_;
    std::size_t count = 0;
    bool const whole = open_list(type, into, [&](std::size_t index) {
        count = index + 1;
        return index < wanted ? read_item(index) : skip_value();
    });
    if (!whole || count == wanted) return whole;
    return add_violation(std::to_string(wanted) + " items", std::to_string(count), where);
}

bool reader::read_fixed_array(type_descriptor const& type, void* into) {
    auto* const items = static_cast<std::byte*>(const_cast<void*>(type.sequence->view(into).data));
    return read_exactly(type.sequence->fixed_size, type, into,
                        [&](std::size_t index) { return read(*type.inner, items + index * type.inner->size); });
}

bool reader::read_tuple(type_descriptor const& type, void* into) {
    auto const& tuple = *type.tuple;
    std::vector<void*> parts(tuple.count + 1);
    tuple.locate(into, parts.data());
    return read_exactly(tuple.count, type, into,
                        [&](std::size_t index) { return read(*tuple.parts[index], parts[index]); });
}

bool reader::read_collection(type_descriptor const& type, void* into) {
    auto const& list = *type.collection;
    list.clear(into);
    element_context context{*this, *type.inner};
    return open_list(type, into, [&](std::size_t) {
        skip_space();
        char const* const where = at_;
        auto const outcome = list.add(into, &context, &read_element);
        if (outcome != insert_outcome::rejected || !options_.check_docs) return outcome != insert_outcome::ended;
        return add_violation({}, std::string{duplicate_item}, where);
    });
}

bool reader::read_flags(type_descriptor const& type, void* into) {
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
