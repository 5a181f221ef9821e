#include "bind/partial_parser.hpp"
#include "bind/visit.hpp"

#include <algorithm>

namespace coax::bind::detail {
namespace {

/// One key or index of a JSON pointer, compared without being decoded.
class reference_token {
public:
    /// Takes the first token off a pointer that begins with '/'.
    explicit reference_token(std::string_view& pointer) {
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

    /// The token as an index; `most` + 1: it is none, or larger.
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

bool has_entry(parse_frame const& map, reference_token const& token) {
    bool found = false;
    for_each_entry(*map.type, map.into, [&](std::string_view key, void const*) { found = found || token.names(key); });
    return found;
}

}  // namespace

json::presence partial_parser::presence_at(std::string_view pointer) const {
    if (is_complete()) return json::presence::complete;
    if (!progress_.frames.empty()) return presence_below(0, pointer);
    return progress_.open_string != nullptr && pointer.empty() ? json::presence::growing : json::presence::absent;
}

/// The presence of what `rest` leads to from the open frame `level`.
json::presence partial_parser::presence_below(std::size_t level, std::string_view rest) const {
    if (rest.empty()) return json::presence::growing;
    if (rest.front() != '/') return json::presence::absent;
    auto const& frame = progress_.frames[level];
    reference_token const step{rest};
    if (frame.type->what == kind::sequence) {
        auto const index = step.index(frame.link.index);
        if (index < frame.link.index) return json::presence::complete;
        return index == frame.link.index ? presence_of_child(level, rest) : json::presence::absent;
    }
    if (frame.type->what == kind::map) {
        if (frame.child_is_open() && step.names(frame.key)) return presence_of_child(level, rest);
        return has_entry(frame, step) ? json::presence::complete : json::presence::absent;
    }
    auto const& structure = *frame.type->structure;
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (structure.fields[i].type != nullptr && step.names(structure.fields[i].name))
            return presence_of_field(level, i, rest);
    return json::presence::absent;
}

/// The presence of what `rest` leads to from the current child of the frame `level`.
json::presence partial_parser::presence_of_child(std::size_t level, std::string_view rest) const {
    if (level + 1 < progress_.frames.size()) return presence_below(level + 1, rest);
    bool const grows = progress_.frames[level].child_is_open() && progress_.open_string != nullptr;
    return grows && rest.empty() ? json::presence::growing : json::presence::absent;
}

/// The presence of what `rest` leads to from a field of the struct in the frame `level`.
json::presence partial_parser::presence_of_field(std::size_t level, std::size_t index, std::string_view rest) const {
    auto const& frame = progress_.frames[level];
    if (frame.child_is_open() && frame.field == index) return presence_of_child(level, rest);
    return frame.has(index) ? json::presence::complete : json::presence::absent;
}

json::presence partial_parser::presence_of(void const* member) const {
    if (is_complete()) return json::presence::complete;
    if (progress_.frames.empty() || progress_.frames[0].type->what != kind::object) return json::presence::absent;
    auto const& structure = *progress_.frames[0].type->structure;
    void* members[most_fields];
    structure.locate(progress_.frames[0].into, members);
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (members[i] == member && structure.fields[i].type != nullptr) return presence_of_field(0, i, {});
    return json::presence::absent;
}

std::size_t partial_parser::open_items(void const* member) const {
    std::size_t const level = member == nullptr ? 0 : 1;
    if (progress_.frames.size() <= level || progress_.frames[level].type->what != kind::sequence) return 0;
    if (member != nullptr && progress_.frames[level].into != member) return 0;
    return progress_.frames[level].link.index;
}

}  // namespace coax::bind::detail
