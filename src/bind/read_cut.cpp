#include "bind/reader.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace coax::bind::detail {

void reader::expect_cuts(partial_state& state) {
    cut_ = &state;
    is_careful_ = true;
}

bool reader::need_more() {
    cut_->starved = true;
    return false;
}

bool reader::lack(std::string_view expected) {
    return cut_ != nullptr && at_ == end_ && !cut_->ends ? need_more() : fail(expected);
}

// --- before a value ---

bool reader::is_there(type_descriptor const& type) {
    skip_space();
    if (cut_ == nullptr || cut_->ends) return true;
    return (at_ != end_ && grows(type, *at_)) || token_is_whole();
}

/// Whether a value that begins with `first` can be read as far as it is there.
bool reader::grows(type_descriptor const& type, char first) const {
    switch (type.what) {
        case kind::object:
        case kind::map: return first == '{';
        case kind::sequence: return first == '[';
        case kind::string: return first == '"' && !forgives_text();
        case kind::nullable: return first != 'n' && first != 'N' && grows(*type.inner, first);
        default: return false;
    }
}

bool reader::token_is_whole() {
    return cut_ == nullptr || cut_->ends || (at_ != end_ && cut_->tokens.is_whole(text(), offset()));
}

/// Reads a value that is there to its end, as in a text that is not cut.
bool reader::read_whole(type_descriptor const& type, void* into) {
    auto* const state = std::exchange(cut_, nullptr);
    is_careful_ = is_lenient_;
    bool const goes_on = read(type, into);
    cut_ = state;
    is_careful_ = true;
    return goes_on;
}

// --- strings ---

bool reader::begin_string(std::string& into) {
    ++at_;
    auto const run = json::detail::find_plain_end(at_, end_);
    if (run.end != end_ && *run.end == '"' && run.wide == 0) {
        into.assign(at_, run.end);
        at_ = run.end + 1;
        return true;
    }
    into.clear();
    cut_->growing = &into;
    return grow_string();
}

bool reader::grow_string() {
    switch (append_inside(*cut_->growing, !cut_->ends)) {
        case inside_end::quote: cut_->growing = nullptr; return true;
        case inside_end::text: cut_->child_is_kept = true; return need_more();
        case inside_end::block:
        case inside_end::trouble: break;
    }
    return false;
}

// --- what is left open ---

bool reader::leave_open(parse_frame& here, frame_state next) {
    path_ = here.link.parent;
    if (cut_ == nullptr) return false;
    here.next = next == frame_state::value && cut_->child_is_kept ? frame_state::rest : next;
    here.own_name();
    cut_->places.push_back(std::move(here));
    cut_->child_is_kept = true;
    return false;
}

/// The way to the places left open, for messages: they have moved since.
void reader::link_places() {
    path_ = nullptr;
    for (auto& place : cut_->places) {
        place.link.parent = path_;
        place.name_child();
        path_ = &place.link;
    }
}

bool reader::read_on(type_descriptor const& type, void* into) {
    auto& places = cut_->places;
    cut_->starved = cut_->child_is_kept = false;
    if (places.empty() && cut_->growing == nullptr) {
        bool const whole = read(type, into);
        std::reverse(places.begin(), places.end());  // the innermost was left first
        return whole;
    }
    link_places();
    bool whole = cut_->growing == nullptr || grow_string();
    while (whole && !places.empty()) {
        auto here = std::move(places.back());
        places.pop_back();
        here.name_child();
        auto const outer = static_cast<std::ptrdiff_t>(places.size());
        whole = here.type->what == kind::sequence ? read_items_of(here) : read_members_of(here);
        if (!whole) std::reverse(places.begin() + outer, places.end());
    }
    return whole;
}

}  // namespace coax::bind::detail
