#include "bind/partial_parser.hpp"

#include <cstring>

namespace coax::bind::detail {

partial_parser::partial_parser(type_descriptor const& type, void* into, json::read_options const& options)
    : parser_input{options}, reader{{}, input_options}, type_{type}, into_{into} {
    if (allows_surrounding_text() || options.leniency.bad_utf8) state_ = state::before;
    begin_partial(progress_);
}

void partial_parser::feed(std::string_view bytes) {
    auto const at = offset();
    input_text += bytes;
    rebase_text(input_text, at);
    progress_.tokens.extend(input_text, bytes.size());
    add_retry_budget(bytes.size());
    if (input_options.max_bytes != 0 && input_text.size() > input_options.max_bytes && !stopped_) {
        stopped_ = true;
        fail("at most " + std::to_string(input_options.max_bytes) + " bytes");
    }
    run();
}

bool partial_parser::finish() {
    progress_.is_at_end = true;
    run();
    return state_ == state::complete && !stopped_ && violations().empty() && expect_document_end();
}

std::optional<error> partial_parser::problem() const {
    if (violations().empty()) return std::nullopt;
    if (is_malformed_ && has_leniency()) return std::nullopt;               // leniency may accept the whole text
    if (start_is_guess_ && state_ != state::complete) return std::nullopt;  // it may be prose with a bracket
    return json::detail::to_error(violations(), input_text, input_options.max_violations);
}

void partial_parser::run() {
    if (stopped_) return;
    if (state_ == state::before && find_start()) state_ = state::inside;
    if (state_ == state::inside) {
        if (resume(type_, into_))
            state_ = state::complete;
        else
            stopped_ = !progress_.needs_more;
    }
    // Where text may follow the value, it is checked when all has arrived.
    if (state_ == state::complete && !allows_surrounding_text() && !expect_end()) stopped_ = true;
}

// --- before the value ---

/// Goes to the beginning of the value. False: it has not arrived.
bool partial_parser::find_start() {
    auto const mark = json::detail::byte_order_mark.substr(0, input_text.size());
    if (offset() == 0 && input_text == mark && mark.size() < json::detail::byte_order_mark.size()) return false;
    if (offset() == 0) skip_byte_order_mark();
    skip_space();
    if (at_ == end_) return false;
    auto const bracket = bracket_of(type_);
    if (bracket != '\0' && peek() == bracket) return true;
    if (input_options.leniency.prose && bracket != '\0') return skip_to_bracket(bracket);
    return peek() != '`' || !input_options.leniency.code_fences || skip_partial_fence();
}

bool partial_parser::skip_to_bracket(char bracket) {
    auto const* const found = static_cast<char const*>(std::memchr(at_, bracket, static_cast<std::size_t>(end_ - at_)));
    start_is_guess_ = true;
    at_ = found != nullptr ? found : end_;
    return found != nullptr;
}

bool partial_parser::skip_partial_fence() {
    if (std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)) == nullptr) return false;
    in_code_fence_ = skip_code_fence();
    return true;
}

coax::core::detail::opaque<partial_core> make_partial_core(type_descriptor const& type, void* into,
                                                           json::read_options const& options) {
    return std::unique_ptr<partial_core>{std::make_unique<partial_parser>(type, into, options)};
}

}  // namespace coax::bind::detail
