#include "bind/partial_parser.hpp"

#include "bind/roots.hpp"
#include "bind/type_names.hpp"

#include <algorithm>
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
    return state_ == state::complete && !stopped_ && !start_is_guess_ && violations().empty() && expect_document_end();
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
    if (input_options.leniency.prose && !find_root_start()) return false;
    return peek() != '`' || !input_options.leniency.code_fences || skip_partial_fence();
}

/// Goes to what begins like the value, behind thoughts and other words. An object or array of another kind holds none:
/// what it means is known at the end.
bool partial_parser::find_root_start() {
    bool const is_in_brackets = has_bracket(type_, '{') || has_bracket(type_, '[');
    while (true) {
        if (!skip_partial_thought()) return false;
        skip_space();
        if (at_ == end_ || is_mark_cut()) return false;
        if (find_thought_mark(text().substr(offset())).opens) {
            thought_.emplace(offset());
        } else if (!is_in_brackets) {
            return true;
        } else if (peek() == '{' || peek() == '[') {
            if (!is_token_behind_bracket()) return false;
            if (looks_like_json(text().substr(offset()))) return has_bracket(type_, peek());
            start_is_guess_ = true;
            ++at_;
        } else {
            start_is_guess_ = true;
            at_ = text().data() + std::min(text().find_first_of("<[{\xE2", offset() + 1), text().size());
        }
    }
}

/// False: the thought has not ended.
bool partial_parser::skip_partial_thought() {
    if (!thought_) return true;
    start_is_guess_ = true;
    auto const end = thought_->find_end(text());
    if (end == std::string_view::npos) return false;
    at_ = text().data() + end;
    thought_.reset();
    return true;
}

/// Whether more text may make the mark of a thought of what is here.
bool partial_parser::is_mark_cut() const {
    constexpr std::size_t longest = 16;
    auto const rest = text().substr(offset());
    return (rest.front() == '<' || rest.front() == '[') && rest.size() < longest && !progress_.is_at_end &&
           std::ranges::all_of(
               rest.substr(1), [](char c) { return json::detail::is_letter(c) || c == '|' || c == '_'; });
}

/// Whether enough has arrived behind a bracket to see what it begins: a bare key or a word is all there.
bool partial_parser::is_token_behind_bracket() const {
    auto const rest = text().substr(offset());
    auto const token = rest.find_first_not_of(" \t\r\n", 1);
    if (progress_.is_at_end) return true;
    if (token == std::string_view::npos) return false;
    return !json::detail::is_letter(rest[token]) || rest.find_first_of(":,]}\n", token) != std::string_view::npos;
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
