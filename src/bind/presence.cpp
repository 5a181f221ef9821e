#include "bind/partial_machine.hpp"

#include <algorithm>

namespace coax::bind::detail {
namespace {

/// One key or index of a JSON pointer, told apart without making its text.
class pointer_step {
public:
    /// Takes the first step off a pointer that begins with '/'.
    explicit pointer_step(std::string_view& pointer) {
        pointer.remove_prefix(1);
        text_ = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(text_.size());
    }

    /// Source: RFC 6901, section 4.
    [[nodiscard]] bool names(std::string_view key) const {
        if (text_.find('~') == std::string_view::npos) return text_ == key;
        std::size_t matched = 0;
        for (std::size_t i = 0; i < text_.size(); ++i, ++matched) {
            char c = text_[i];
            if (c == '~' && i + 1 < text_.size()) c = text_[++i] == '0' ? '~' : '/';
            if (matched == key.size() || key[matched] != c) return false;
        }
        return matched == key.size();
    }

    /// As an index; `most` + 1 if it is none, or larger.
    [[nodiscard]] std::size_t index(std::size_t most) const {
        std::size_t value = 0;
        for (char const c : text_) {
            if (c < '0' || c > '9' || value > most) return most + 1;
            value = value * 10 + static_cast<std::size_t>(c - '0');
        }
        return text_.empty() || value > most ? most + 1 : value;
    }

private:
    std::string_view text_;
};

bool has_entry(parse_frame const& map, pointer_step const& step) {
    struct search {
        pointer_step const& step;
        bool found;
    } wanted{step, false};
    map.type->map->visit(map.into, &wanted, [](void* opaque, std::string_view name, void const*) {
        auto& [looked_for, found] = *static_cast<search*>(opaque);
        found = found || looked_for.names(name);
    });
    return wanted.found;
}

}  // namespace

json::presence partial_machine::at(std::string_view pointer) const {
    if (is_complete()) return json::presence::complete;
    if (!reading_.places.empty()) return at_level(0, pointer);
    return reading_.growing != nullptr && pointer.empty() ? json::presence::growing : json::presence::absent;
}

/// Of what `rest` names below the open place `level`.
json::presence partial_machine::at_level(std::size_t level, std::string_view rest) const {
    if (rest.empty()) return json::presence::growing;
    if (rest.front() != '/') return json::presence::absent;
    auto const& here = reading_.places[level];
    pointer_step const step{rest};
    if (here.type->what == kind::sequence) {
        auto const index = step.index(here.link.index);
        if (index < here.link.index) return json::presence::complete;
        return index == here.link.index ? at_child(level, rest) : json::presence::absent;
    }
    if (here.type->what == kind::map) {
        if (here.child_is_open() && step.names(here.key)) return at_child(level, rest);
        return has_entry(here, step) ? json::presence::complete : json::presence::absent;
    }
    auto const& structure = *here.type->structure;
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (structure.fields[i].type != nullptr && step.names(structure.fields[i].name))
            return at_field(level, i, rest);
    return json::presence::absent;
}

/// Of what `rest` names in the open child of the place `level`.
json::presence partial_machine::at_child(std::size_t level, std::string_view rest) const {
    if (level + 1 < reading_.places.size()) return at_level(level + 1, rest);
    bool const grows = reading_.places[level].child_is_open() && reading_.growing != nullptr;
    return grows && rest.empty() ? json::presence::growing : json::presence::absent;
}

/// Of what `rest` names in a field of the struct at `level`.
json::presence partial_machine::at_field(std::size_t level, std::size_t index, std::string_view rest) const {
    auto const& here = reading_.places[level];
    if (here.child_is_open() && here.field == index) return at_child(level, rest);
    return here.has(index) ? json::presence::complete : json::presence::absent;
}

json::presence partial_machine::of(void const* member) const {
    if (is_complete()) return json::presence::complete;
    if (reading_.places.empty() || reading_.places[0].type->what != kind::object) return json::presence::absent;
    auto const& structure = *reading_.places[0].type->structure;
    void* members[most_fields];
    structure.locate(reading_.places[0].into, members);
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (members[i] == member && structure.fields[i].type != nullptr) return at_field(0, i, {});
    return json::presence::absent;
}

std::size_t partial_machine::open_items(void const* member) const {
    std::size_t const level = member == nullptr ? 0 : 1;
    if (reading_.places.size() <= level || reading_.places[level].type->what != kind::sequence) return 0;
    if (member != nullptr && reading_.places[level].into != member) return 0;
    return reading_.places[level].link.index;
}

}  // namespace coax::bind::detail
