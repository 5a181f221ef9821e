#include "table/internal/csv_scanner.hpp"

#include "json/internal/text.hpp"

#include <algorithm>
#include <utility>

namespace coax::table::detail {

namespace {

constexpr std::size_t most_fields = 65'536;

bool ends_line(char byte) { return byte == '\n' || byte == '\r'; }

}  // namespace

csv_scanner::csv_scanner(csv_dialect dialect) : dialect_{dialect}, plain_stops_{dialect.separator, '\r', '\n'} {}

bool csv_scanner::feed(std::string_view& bytes) {
    while (!bytes.empty()) {
        take_run(bytes);
        if (bytes.empty()) break;
        auto const byte = bytes.front();
        bytes.remove_prefix(1);
        if (step(byte)) return true;
    }
    return false;
}

bool csv_scanner::finish() {
    if (state_ == state::record_start) return false;
    if (state_ == state::quoted) set_fault(csv_fault::open_quote, record_.fields.back().place);
    if (state_ == state::field_start) begin_field(false);
    end_field();
    state_ = state::record_start;
    return true;
}

/// Takes the bytes of a field that mean nothing but themselves.
void csv_scanner::take_run(std::string_view& bytes) {
    if (state_ != state::plain && state_ != state::quoted) return;
    std::string_view const stops = state_ == state::quoted ? std::string_view{"\"\r\n"} : plain_stops_;
    auto const run = bytes.substr(0, std::min(bytes.find_first_of(stops), bytes.size()));
    if (run.empty()) return;
    after_return_ = false;
    add(run);
    auto const continued = std::ranges::count_if(run, json::detail::is_continuation);
    place_.column += run.size() - static_cast<std::size_t>(continued);
    bytes.remove_prefix(run.size());
}

/// True: the record is whole.
bool csv_scanner::step(char byte) {
    bool const after_return = std::exchange(after_return_, byte == '\r');
    if (after_return && byte == '\n' && state_ != state::quoted) return false;  // the rest of a CRLF
    if (state_ == state::record_start) {
        record_ = csv_record{.place = place_};
        state_ = state::field_start;
    }
    bool whole = false;
    if (state_ == state::field_start) {
        begin_field(byte == '"');
        if (byte != '"') whole = step_plain(byte);
    } else if (state_ == state::plain) {
        whole = step_plain(byte);
    } else if (state_ == state::quoted) {
        if (byte == '"')
            state_ = state::quote_seen;
        else
            add({&byte, 1});
    } else if (byte == dialect_.separator || ends_line(byte)) {
        whole = step_plain(byte);
    } else {
        step_quote_seen(byte);
    }
    pass(byte, after_return);
    return whole;
}

bool csv_scanner::step_plain(char byte) {
    if (byte != dialect_.separator && !ends_line(byte)) {
        add({&byte, 1});
        return false;
    }
    end_field();
    state_ = ends_line(byte) ? state::record_start : state::field_start;
    return ends_line(byte);
}

void csv_scanner::step_quote_seen(char byte) {
    state_ = byte == '"' ? state::quoted : state::plain;
    if (byte == '"')
        add({&byte, 1});
    else
        set_fault(csv_fault::text_after_quote, place_);
}

void csv_scanner::begin_field(bool quoted) {
    auto const at = record_.text.size();
    if (record_.fields.size() == most_fields) set_fault(csv_fault::record_too_large, place_);
    if (record_.fault == csv_fault::none)
        record_.fields.push_back({.begin = at, .end = at, .place = place_, .quoted = quoted});
    state_ = quoted ? state::quoted : state::plain;
}

void csv_scanner::end_field() {
    if (record_.fault == csv_fault::none) record_.fields.back().end = record_.text.size();
}

void csv_scanner::add(std::string_view piece) {
    if (record_.fault != csv_fault::none) return;
    auto const& field = record_.fields.back();
    auto const field_end = field.begin + dialect_.max_field_bytes;
    if (record_.text.size() + piece.size() <= std::min(field_end, dialect_.max_record_bytes))
        record_.text += piece;
    else  // what is met first, however the text comes in pieces
        set_fault(field_end <= dialect_.max_record_bytes ? csv_fault::field_too_large : csv_fault::record_too_large,
                  field.place);
}

/// Keeps the first fault; what is wrong is not kept.
void csv_scanner::set_fault(csv_fault what, text_place where) {
    if (record_.fault != csv_fault::none) return;
    record_.fault = what;
    record_.fault_place = where;
    record_.text = std::string{};
}

void csv_scanner::pass(char byte, bool after_return) noexcept {
    if (after_return && byte == '\n') return;  // it ended its line with the CR
    if (ends_line(byte))
        place_ = {place_.line + 1, 1};
    else if (!json::detail::is_continuation(byte))
        ++place_.column;
}

}  // namespace coax::table::detail
