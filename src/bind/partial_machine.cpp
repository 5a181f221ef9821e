#include "bind/partial_machine.hpp"

#include <cstring>

namespace coax::bind::detail {

partial_machine::partial_machine(type_descriptor const& type, void* into, json::read_options const& options)
    : machine_text{options}, reader{{}, kept_options}, type_{type}, into_{into} {
    if (may_be_more()) state_ = state::before;
    expect_cuts(reading_);
}

void partial_machine::feed(std::string_view bytes) {
    auto const at = offset();
    kept_text += bytes;
    move_to(kept_text, at);
    reading_.tokens.extend(kept_text, bytes.size());
    add_budget(bytes.size());
    if (kept_options.max_bytes != 0 && kept_text.size() > kept_options.max_bytes && !stopped_) {
        stopped_ = true;
        fail("at most " + std::to_string(kept_options.max_bytes) + " bytes");
    }
    run();
}

bool partial_machine::settle() {
    reading_.ends = true;
    run();
    return state_ == state::complete && !stopped_ && violations().empty() && take_end();
}

std::optional<error> partial_machine::problem() const {
    if (violations().empty()) return std::nullopt;
    if (broken_ && is_lenient()) return std::nullopt;                // the whole text may yet be forgiven
    if (guessed_ && state_ != state::complete) return std::nullopt;  // it may turn out to be words around the value
    return to_error(violations(), kept_text, kept_options.max_violations);
}

void partial_machine::run() {
    if (stopped_) return;
    if (state_ == state::before && find_value()) state_ = state::inside;
    if (state_ == state::inside) {
        if (read_on(type_, into_))
            state_ = state::complete;
        else
            stopped_ = !reading_.starved;
    }
    // What may stand behind the value is looked at when the text is at its end.
    if (state_ == state::complete && !may_be_more() && !expect_end()) stopped_ = true;
}

// --- before the value ---

/// False: it has not begun.
bool partial_machine::find_value() {
    skip_space();
    if (at_ == end_) return false;
    auto const bracket = bracket_of(type_);
    if (bracket != '\0' && peek() == bracket) return true;
    if (kept_options.leniency.prose && bracket != '\0') return skip_words(bracket);
    return peek() != '`' || !kept_options.leniency.code_fences || skip_cut_fence();
}

bool partial_machine::skip_words(char bracket) {
    auto const* const found = static_cast<char const*>(std::memchr(at_, bracket, static_cast<std::size_t>(end_ - at_)));
    guessed_ = true;
    at_ = found != nullptr ? found : end_;
    return found != nullptr;
}

bool partial_machine::skip_cut_fence() {
    if (std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)) == nullptr) return false;
    fenced_ = skip_fence();
    return true;
}

// --- the part that users' templates see ---

partial_core::partial_core(type_descriptor const& type, void* into, json::read_options const& options)
    : machine_{std::make_unique<partial_machine>(type, into, options)} {}
partial_core::partial_core(partial_core&&) noexcept = default;
partial_core& partial_core::operator=(partial_core&&) noexcept = default;
partial_core::~partial_core() = default;

void partial_core::feed(std::string_view bytes) { machine_->feed(bytes); }
bool partial_core::is_complete() const noexcept { return machine_->is_complete(); }
std::optional<error> partial_core::problem() const { return machine_->problem(); }
json::presence partial_core::at(std::string_view pointer) const { return machine_->at(pointer); }
json::presence partial_core::of(void const* member) const { return machine_->of(member); }
std::size_t partial_core::open_items(void const* member) const { return machine_->open_items(member); }
bool partial_core::settle() { return machine_->settle(); }
std::string_view partial_core::text() const noexcept { return machine_->text(); }
json::read_options const& partial_core::options() const noexcept { return machine_->options(); }

}  // namespace coax::bind::detail
