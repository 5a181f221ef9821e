#include "http/http2_session_impl.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace coax::http::detail {
namespace {

constexpr int most_interim_responses_of_stream = 16;  // as over HTTP/1.1
constexpr std::size_t field_overhead = 32;            // RFC 9113, section 6.5.2
constexpr int most_frames_of_no_use = 10'000;         // one after the other: settings, pings, empty data

}  // namespace

void http2_session::impl::set_callbacks(nghttp2_session_callbacks* on) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(
        on, [](nghttp2_session*, nghttp2_frame_hd const* frame, void* user) {
            return self(user).guarded([&] { return self(user).begin_frame(*frame); });
        });
    nghttp2_session_callbacks_set_on_header_callback(
        on, [](nghttp2_session*, nghttp2_frame const* frame, std::uint8_t const* name, std::size_t name_size,
               std::uint8_t const* value, std::size_t value_size, std::uint8_t, void* user) {
            return self(user).guarded([&] {
                return self(user).take_field(frame->hd.stream_id, {reinterpret_cast<char const*>(name), name_size},
                                             {reinterpret_cast<char const*>(value), value_size});
            });
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        on, [](nghttp2_session*, nghttp2_frame const* frame, void* user) {
            return self(user).guarded([&] { return self(user).take_frame(*frame); });
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        on,
        [](nghttp2_session*, std::uint8_t, std::int32_t id, std::uint8_t const* bytes, std::size_t size, void* user) {
            return self(user).guarded(
                [&] { return self(user).take_data(id, {reinterpret_cast<char const*>(bytes), size}); });
        });
    nghttp2_session_callbacks_set_on_frame_send_callback(
        on, [](nghttp2_session*, nghttp2_frame const* frame, void* user) {
            return self(user).guarded([&] { return self(user).frame_sent(*frame), 0; });
        });
    nghttp2_session_callbacks_set_on_frame_not_send_callback(
        on, [](nghttp2_session*, nghttp2_frame const* frame, int, void* user) {
            return self(user).guarded([&] { return self(user).frame_not_sent(*frame), 0; });
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        on, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
            return self(user).guarded([&] { return self(user).closed(id, code); });
        });
    nghttp2_session_callbacks_set_error_callback2(
        on, [](nghttp2_session*, int, char const* text, std::size_t size, void* user) {
            return self(user).guarded([&] { return self(user).last_complaint.assign(text, size), 0; });
        });
}

/// A peer that sends nothing of use is not listened to for ever; and it was told not to push.
int http2_session::impl::begin_frame(nghttp2_frame_hd const& frame) {
    if (frame.type == NGHTTP2_PUSH_PROMISE) {
        break_down(http2_code::protocol_error, "the server pushes what nobody asked for");
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    bool const is_of_use = frame.type == NGHTTP2_HEADERS || (frame.type == NGHTTP2_DATA && frame.length > 0);
    frames_of_no_use = is_of_use ? 0 : frames_of_no_use + 1;
    if (frames_of_no_use <= most_frames_of_no_use) return 0;
    break_down(http2_code::enhance_your_calm, "the server sends nothing but control frames");
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int http2_session::impl::take_field(std::int32_t id, std::string_view name, std::string_view value) {
    auto* const of = find(id);
    if (of == nullptr || of->to == nullptr) return 0;
    of->header_bytes += name.size() + value.size() + field_overhead;
    if (of->header_bytes > bounds.header_bytes) {
        of->refused_for = http2_failure::reason::head_too_large;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
    }
    if (of->has_head) return 0;  // a trailer
    if (name == ":status")
        std::from_chars(value.data(), value.data() + value.size(), of->status);
    else
        of->headers.add(name, value);
    return 0;
}

int http2_session::impl::take_frame(nghttp2_frame const& frame) {
    if (frame.hd.type == NGHTTP2_SETTINGS && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) agreed = true;
    if (frame.hd.type == NGHTTP2_GOAWAY) gone_away = http2_code{frame.goaway.error_code};
    auto* const of = find(frame.hd.stream_id);
    if (of == nullptr || of->to == nullptr) return 0;
    if (frame.hd.type == NGHTTP2_RST_STREAM) of->reset_by_peer = true;
    if (frame.hd.type == NGHTTP2_HEADERS && !of->has_head) take_header_block(*of);
    bool const may_end = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
    if (may_end && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) end_response(*of, frame.hd.stream_id);
    return 0;
}

/// One of an interim response or of the final one.
void http2_session::impl::take_header_block(session_stream& of) {
    if (of.status < 100) {  // three digits they are
        of.refused_for = http2_failure::reason::violation;
        refuses = true;
        return;
    }
    if (of.status / 100 != 1) {
        of.has_head = true;
        return of.to->took_head(of.status, std::move(of.headers));
    }
    of.headers.clear();
    of.header_bytes = 0;
    if (++of.interim_responses <= most_interim_responses_of_stream) return of.to->took_interim();
    of.refused_for = http2_failure::reason::no_final_response;
    refuses = true;
}

void http2_session::impl::end_response(session_stream& of, std::int32_t id) {
    if (!of.has_head || of.refused_for) return;
    std::exchange(of.to, nullptr)->complete();
    of.body_left = {};
    // What is left of the request is wanted no more (RFC 9113, section 8.1).
    if (nghttp2_session_get_stream_local_close(session.get(), id) == 0)
        check(nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL));
}

int http2_session::impl::take_data(std::int32_t id, std::string_view bytes) {
    if (nghttp2_session_consume_connection(session.get(), bytes.size()) != 0) throw std::bad_alloc{};
    auto* const of = find(id);
    if (of == nullptr || of->to == nullptr || of->refused_for) return 0;
    if (auto const taken = of->to->took_body(bytes); taken > 0)
        (void)nghttp2_session_consume_stream(session.get(), id, taken);
    return 0;
}

void http2_session::impl::frame_sent(nghttp2_frame const& frame) {
    if (frame.hd.type == NGHTTP2_GOAWAY && frame.goaway.error_code != NGHTTP2_NO_ERROR)
        return break_down(http2_code{frame.goaway.error_code},
                          last_complaint.empty() ? "what the server sends is not HTTP/2" : last_complaint);
    if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
    auto* const of = find(frame.hd.stream_id);
    if (of == nullptr) return;
    of->sent = true;
    if (of->to != nullptr) of->to->request_moved((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
}

void http2_session::impl::frame_not_sent(nghttp2_frame const& frame) {
    if (frame.hd.type == NGHTTP2_HEADERS) (void)closed(frame.hd.stream_id, NGHTTP2_REFUSED_STREAM);
}

int http2_session::impl::closed(std::int32_t id, std::uint32_t code) {
    auto const found = streams.find(id);
    if (found == streams.end()) return 0;
    auto const of = std::move(found->second);
    streams.erase(found);
    if (of.to == nullptr) return 0;
    using reason = http2_failure::reason;
    http2_code const told{code};
    if (of.refused_for)
        of.to->failed({*of.refused_for, told});
    else if (told == http2_code::refused_stream || !of.sent)
        of.to->failed({reason::unprocessed, told});
    else
        of.to->failed({of.reset_by_peer ? reason::reset : reason::violation, told});
    return 0;
}

nghttp2_io_size http2_session::impl::read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room,
                                               std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    auto& of = *static_cast<session_stream*>(source->ptr);
    if (of.to == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    auto const size = std::min(room, of.body_left.size());
    std::memcpy(into, of.body_left.data(), size);
    of.body_left.remove_prefix(size);
    if (of.body_left.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<nghttp2_io_size>(size);
}

}  // namespace coax::http::detail
