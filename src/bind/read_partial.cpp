#include "bind/reader.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace coax::bind::detail {

void reader::begin_partial(partial_state& state) { partial_ = &state; }

bool reader::need_more() {
    partial_->needs_more = true;
    return false;
}

bool reader::fail_or_need_more(std::string_view expected) {
    return partial_ != nullptr && at_ == end_ && !partial_->is_at_end ? need_more() : fail(expected);
}

// --- before a value ---

bool reader::can_read_now(type_descriptor const& type) {
    skip_space();
    if (partial_ == nullptr || partial_->is_at_end) return true;
    return (at_ != end_ && can_grow(type, *at_)) || is_token_complete();
}

/// Whether a value that begins with `first` can be read in pieces.
bool reader::can_grow(type_descriptor const& type, char first) const {
    switch (type.what) {
        case kind::object:
        case kind::map: return first == '{';
        case kind::sequence: return first == '[';
        case kind::string: return first == '"' && !has_loose_strings();
        case kind::nullable: return first != 'n' && first != 'N' && can_grow(*type.inner, first);
        default: return false;
    }
}

bool reader::is_token_complete() {
    return partial_ == nullptr || partial_->is_at_end ||
           (at_ != end_ && partial_->tokens.is_complete(text(), offset()));
}

bool reader::read_partial(type_descriptor const& type, void* into) {
    if (at_ == end_ && !partial_->is_at_end) return need_more();
    if (!can_grow(type, peek())) return is_token_complete() ? read_complete(type, into) : need_more();
    if (type.what == kind::string) return start_string(*static_cast<std::string*>(into));
    return read_kind(type, into);
}

/// Reads a value that has arrived completely.
bool reader::read_complete(type_descriptor const& type, void* into) {
    auto* const state = std::exchange(partial_, nullptr);
    bool const goes_on = read(type, into);
    partial_ = state;
    return goes_on;
}

// --- strings ---

bool reader::start_string(std::string& into) {
    ++at_;
    if (auto const* const stop = json::detail::find_simple_string_end(at_, end_, options_.check_utf8)) {
        into.assign(at_, stop);
        at_ = stop + 1;
        return true;
    }
    into.clear();
    partial_->open_string = &into;
    return continue_string();
}

bool reader::continue_string() {
    switch (append_string_content(*partial_->open_string, !partial_->is_at_end)) {
        case string_end::quote: partial_->open_string = nullptr; return true;
        case string_end::end_of_text: partial_->child_is_saved = true; return need_more();
        case string_end::full_block:
        case string_end::error: break;
    }
    return false;
}

// --- open objects and lists ---

bool reader::save_frame(parse_frame& frame, frame_state next) {
    path_ = frame.link.parent;
    if (partial_ == nullptr) return false;
    frame.next = next == frame_state::value && partial_->child_is_saved ? frame_state::open_value : next;
    frame.save_key();
    partial_->frames.push_back(std::move(frame));
    partial_->child_is_saved = true;
    return false;
}

/// Restores the path to the current value: the frames have moved.
void reader::relink_frames() {
    path_ = nullptr;
    for (auto& frame : partial_->frames) {
        frame.link.parent = path_;
        frame.restore_key();
        path_ = &frame.link;
    }
}

bool reader::resume(type_descriptor const& type, void* into) {
    auto& frames = partial_->frames;
    partial_->needs_more = partial_->child_is_saved = false;
    if (frames.empty() && partial_->open_string == nullptr) {
        bool const whole = read(type, into);
        std::reverse(frames.begin(), frames.end());  // the innermost was saved first
        return whole;
    }
    relink_frames();
    bool whole = partial_->open_string == nullptr || continue_string();
    while (whole && !frames.empty()) {
        auto frame = std::move(frames.back());
        frames.pop_back();
        frame.restore_key();
        auto const outer = static_cast<std::ptrdiff_t>(frames.size());
        whole = frame.type->what == kind::sequence ? read_items_of(frame) : read_members_of(frame);
        if (!whole) std::reverse(frames.begin() + outer, frames.end());
    }
    return whole;
}

}  // namespace coax::bind::detail
