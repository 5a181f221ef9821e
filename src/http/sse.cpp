#include <coax/http/sse.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace coax {
namespace {

constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};

/// Where `wanted` stands in `text`, or its size. `known`: there is none in the bytes before, so they are not read
/// again.
std::size_t next_of(char wanted, std::string_view text, std::size_t from, std::size_t& known) noexcept {
    known = std::max(known, from);
    if (known >= text.size() || text[known] == wanted) return known;
    auto const* found = static_cast<char const*>(std::memchr(text.data() + known, wanted, text.size() - known));
    known = found != nullptr ? static_cast<std::size_t>(found - text.data()) : text.size();
    return known;
}

error too_large(std::size_t limit) {
    return {.code = errc::too_large,
            .message = "a server-sent event is larger than " + std::to_string(limit) + " bytes"};
}

}  // namespace

sse_decoder::sse_decoder(std::size_t max_event_bytes) : max_event_bytes_{max_event_bytes} {}

void sse_decoder::feed(std::string_view bytes) {
    if (failed_) return;
    if (begin_ != 0) {  // what is done goes; what is left moves to the front, once
        buffer_.erase(0, begin_);
        line_ -= begin_;
        lf_ -= std::min(lf_, begin_);
        cr_ -= std::min(cr_, begin_);
        type_.begin -= std::min(type_.begin, begin_);
        data_.begin -= std::min(data_.begin, begin_);
        if (id_) id_->begin -= std::min(id_->begin, begin_);
        begin_ = 0;
    }
    buffer_.append(bytes);
}

result<std::optional<sse_event>> sse_decoder::next() {
    if (!failed_ && !started_ && !skip_byte_order_mark()) return std::nullopt;

    while (!failed_) {
        if (skip_lf_ && line_ < buffer_.size()) {
            skip_lf_ = false;
            if (buffer_[line_] == '\n') ++line_;
            if (is_between_events()) begin_ = line_;
        }
        auto const end = line_end();
        if (end == buffer_.size() || end - begin_ > max_event_bytes_) {
            failed_ = end - begin_ > max_event_bytes_;
            if (!failed_) return std::nullopt;
            break;
        }
        std::string_view const line{buffer_.data() + line_, end - line_};
        skip_lf_ = buffer_[end] == '\r';
        line_ = end + 1;
        if (!line.empty()) {
            take_line(line);
            continue;
        }
        if (id_) last_id_.assign(view(*id_));
        sse_event const event{.type = view(type_), .data = data_lines_ < 2 ? view(data_) : std::string_view{joined_}};
        start_event();
        if (!event.data.empty()) return event;
    }
    return too_large(max_event_bytes_);
}

/// False while the first bytes may still become the mark.
bool sse_decoder::skip_byte_order_mark() {
    auto const head = std::string_view{buffer_}.substr(0, byte_order_mark.size());
    if (head.size() < byte_order_mark.size() && byte_order_mark.starts_with(head)) return false;
    started_ = true;
    if (head == byte_order_mark) begin_ = line_ = byte_order_mark.size();
    return true;
}

/// The end of the line being read: where LF or CR stands, or the buffer's size.
std::size_t sse_decoder::line_end() {
    auto const lf = next_of('\n', buffer_, line_, lf_);
    auto const cr = next_of('\r', buffer_, line_, cr_);
    return std::min(lf, cr);
}

void sse_decoder::take_line(std::string_view line) {
    auto const colon = line.starts_with("data:") ? 4 : std::min(line.find(':'), line.size());
    auto const name = line.substr(0, colon);
    auto value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);

    if (name == "data")
        take_data(value);
    else if (name == "event")
        type_ = slice_of(value);
    else if (name == "id" && value.find('\0') == std::string_view::npos)
        id_ = slice_of(value);
    else if (name == "retry")
        take_retry(value);
    else if (is_between_events())
        begin_ = line_;  // comments between events, such as keep-alives, are no part of one
}

void sse_decoder::take_retry(std::string_view value) {
    std::int64_t milliseconds = 0;
    auto const* const end = value.data() + value.size();
    auto const read = std::from_chars(value.data(), end, milliseconds);
    bool const is_time = read.ec == std::errc{} && read.ptr == end && milliseconds >= 0;
    if (is_time) retry_ = std::chrono::milliseconds{milliseconds};
    if (is_between_events()) begin_ = line_;
}

void sse_decoder::take_data(std::string_view value) {
    if (data_lines_ == 0) {
        data_ = slice_of(value);
        data_lines_ = 1;
        return;
    }
    if (data_lines_ == 1) joined_.assign(view(data_));
    joined_.append(1, '\n').append(value);
    data_lines_ = 2;
}

void sse_decoder::start_event() noexcept {
    begin_ = line_;
    type_ = data_ = {};
    data_lines_ = 0;
    id_.reset();
}

bool sse_decoder::is_between_events() const noexcept { return data_lines_ == 0 && type_.size == 0 && !id_; }

sse_decoder::slice sse_decoder::slice_of(std::string_view value) const noexcept {
    return {static_cast<std::size_t>(value.data() - buffer_.data()), value.size()};
}

std::string_view sse_decoder::view(slice part) const noexcept { return {buffer_.data() + part.begin, part.size}; }

}  // namespace coax
