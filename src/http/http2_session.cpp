#include "http/http2_session.hpp"

#include "http/content_decoder.hpp"
#include "http/http2_request.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <nghttp2/nghttp2.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coax::http::detail {
namespace {

// The functions of before 1.60 are deprecated from then on; the newer ones differ in a type alone.
#if NGHTTP2_VERSION_NUM >= 0x013c00
using io_size = nghttp2_ssize;
using body_source = nghttp2_data_provider2;
constexpr auto take_bytes = nghttp2_session_mem_recv2;
constexpr auto give_bytes = nghttp2_session_mem_send2;
constexpr auto submit_request = nghttp2_submit_request2;
#else
using io_size = ssize_t;
using body_source = nghttp2_data_provider;
constexpr auto take_bytes = nghttp2_session_mem_recv;
constexpr auto give_bytes = nghttp2_session_mem_send;
constexpr auto submit_request = nghttp2_submit_request;
#endif

constexpr int most_interim_responses_of_stream = 16;  // as over HTTP/1.1
constexpr std::size_t field_overhead = 32;            // RFC 9113, section 6.5.2
constexpr std::int32_t connection_window = 0x7fff'ffff;
constexpr int most_frames_of_no_use = 10'000;  // one after the other: settings, pings, empty data
constexpr std::uint32_t assumed_streams = 100;

template <auto Free>
struct nghttp2_deleter {
    template <class T>
    void operator()(T* it) const noexcept {
        Free(it);
    }
};

struct session_stream {
    http2_receiver* to;  // null: it ended, or was abandoned
    std::string_view body_left;
    header_list headers{};
    std::size_t header_bytes{0};
    int status{0};
    int interim_responses{0};
    bool has_head{false};  // of the final response
    bool sent{false};
    bool reset_by_peer{false};
    std::optional<http2_failure::reason> refused_for{};  // what we do not take of it
};

}  // namespace

struct http2_session::impl {
    using callbacks = std::unique_ptr<nghttp2_session_callbacks, nghttp2_deleter<nghttp2_session_callbacks_del>>;
    using options = std::unique_ptr<nghttp2_option, nghttp2_deleter<nghttp2_option_del>>;

    explicit impl(limits with) : bounds{with} {
        nghttp2_session_callbacks* handlers = nullptr;
        nghttp2_option* how = nullptr;
        nghttp2_session* made = nullptr;
        if (nghttp2_session_callbacks_new(&handlers) != 0) throw std::bad_alloc{};
        callbacks const owned_handlers{handlers};
        if (nghttp2_option_new(&how) != 0) throw std::bad_alloc{};
        options const owned_options{how};
        set_callbacks(handlers);
        nghttp2_option_set_no_auto_window_update(how, 1);
        nghttp2_option_set_peer_max_concurrent_streams(how, assumed_streams);
        nghttp2_option_set_no_closed_streams(how, 1);
        if (nghttp2_session_client_new2(&made, handlers, this, how) != 0) throw std::bad_alloc{};
        session.reset(made);
        begin();
    }

    void begin() {
        nghttp2_settings_entry const wanted[] = {
            {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
            {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(bounds.stream_window)},
            {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(bounds.header_bytes)}};
        check(nghttp2_submit_settings(session.get(), NGHTTP2_FLAG_NONE, wanted, std::size(wanted)));
        check(nghttp2_session_set_local_window_size(session.get(), NGHTTP2_FLAG_NONE, 0, connection_window));
    }

    /// These fail for want of memory alone.
    static void check(int returned) {
        if (returned != 0) throw std::bad_alloc{};
    }

    static impl& self(void* user) noexcept { return *static_cast<impl*>(user); }

    [[nodiscard]] session_stream* find(std::int32_t id) noexcept {
        auto const found = streams.find(id);
        return found == streams.end() ? nullptr : &found->second;
    }

    void break_down(http2_code code, std::string reason) {
        if (!broken) broken = http2_breakdown{code, std::move(reason)};
    }

    /// Runs what a callback does; no exception may pass through the C library.
    template <class F>
    int guarded(F const& work) noexcept {
        try {
            return work();
        } catch (...) {
            out_of_memory = true;
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }

    /// Ends streams that nghttp2 has nothing against.
    void reset_refused() {
        if (!std::exchange(refuses, false)) return;
        using reason = http2_failure::reason;
        for (auto const& [id, of] : streams) {
            if (of.refused_for != reason::no_final_response && of.refused_for != reason::violation) continue;
            auto const code = of.refused_for == reason::violation ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_CANCEL;
            check(nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, code));
        }
    }

    static void set_callbacks(nghttp2_session_callbacks* on);

    int begin_frame(nghttp2_frame_hd const& frame);
    int take_field(std::int32_t id, std::string_view name, std::string_view value);
    int take_frame(nghttp2_frame const& frame);
    void take_header_block(session_stream& of);
    void end_response(session_stream& of, std::int32_t id);
    int take_data(std::int32_t id, std::string_view bytes);
    void frame_sent(nghttp2_frame const& frame);
    void frame_not_sent(nghttp2_frame const& frame);
    int closed(std::int32_t id, std::uint32_t code);

    static io_size read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
                             nghttp2_data_source* source, void*) noexcept;

    limits bounds;
    std::unique_ptr<nghttp2_session, nghttp2_deleter<nghttp2_session_del>> session{};
    std::unordered_map<std::int32_t, session_stream> streams{};
    std::optional<http2_breakdown> broken{};
    std::optional<http2_code> gone_away{};
    std::string last_complaint{};
    int frames_of_no_use{0};
    bool agreed{false};
    bool leaving{false};
    bool refuses{false};  // a stream that is to be reset
    bool out_of_memory{false};
};

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

io_size http2_session::impl::read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room,
                                       std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    auto& of = *static_cast<session_stream*>(source->ptr);
    if (of.to == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    auto const size = std::min(room, of.body_left.size());
    std::memcpy(into, of.body_left.data(), size);
    of.body_left.remove_prefix(size);
    if (of.body_left.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<io_size>(size);
}

std::string_view to_string(http2_code code) noexcept {
    return nghttp2_http2_strerror(static_cast<std::uint32_t>(code));
}

http2_session::http2_session(limits bounds) : impl_{std::make_unique<impl>(bounds)} {}
http2_session::~http2_session() = default;

bool http2_session::available() noexcept { return true; }

void http2_session::receive(std::string_view bytes) {
    if (impl_->broken) return;
    auto const taken =
        take_bytes(impl_->session.get(), reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
    if (impl_->out_of_memory || taken == NGHTTP2_ERR_NOMEM) throw std::bad_alloc{};
    if (taken < 0 && !impl_->broken)
        impl_->break_down(http2_code::enhance_your_calm, nghttp2_strerror(static_cast<int>(taken)));
    if (impl_->broken)
        impl::check(
            nghttp2_session_terminate_session(impl_->session.get(), static_cast<std::uint32_t>(impl_->broken->code)));
    impl_->reset_refused();
}

void http2_session::send(std::string& out, std::size_t most) {
    while (out.size() < most) {
        std::uint8_t const* bytes = nullptr;
        auto const size = give_bytes(impl_->session.get(), &bytes);
        if (impl_->out_of_memory || size == NGHTTP2_ERR_NOMEM) throw std::bad_alloc{};
        if (size < 0) impl_->break_down(http2_code::internal_error, nghttp2_strerror(static_cast<int>(size)));
        if (size <= 0) return;
        out.append(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size));
    }
}

std::int32_t http2_session::submit(http_request const& request, http2_receiver& to) {
    if (!takes_requests()) return 0;
    auto const fields = http2_fields(request);
    std::vector<nghttp2_nv> list;
    list.reserve(fields.size());
    for (auto const& each : fields) {
        auto const bytes = [](std::string_view text) {
            return const_cast<std::uint8_t*>(reinterpret_cast<std::uint8_t const*>(text.data()));  // it only reads them
        };
        list.push_back(
            {bytes(each.name), bytes(each.value), each.name.size(), each.value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    auto const id = nghttp2_session_get_next_stream_id(impl_->session.get());
    if (id > 0x7fff'ffffU) return 0;
    auto const at =
        impl_->streams.emplace(static_cast<std::int32_t>(id), session_stream{.to = &to, .body_left = request.body})
            .first;
    body_source body{.source = {.ptr = &at->second}, .read_callback = impl::read_body};
    auto const given = submit_request(impl_->session.get(), nullptr, list.data(), list.size(),
                                      request.body.empty() ? nullptr : &body, nullptr);
    if (given == NGHTTP2_ERR_NOMEM) throw std::bad_alloc{};
    if (given == at->first) return given;
    impl_->streams.erase(at);
    return 0;
}

void http2_session::abandon(std::int32_t stream) {
    auto* const of = impl_->find(stream);
    if (of == nullptr || of->to == nullptr) return;
    of->to = nullptr;
    of->body_left = {};
    impl::check(nghttp2_submit_rst_stream(impl_->session.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL));
}

void http2_session::consumed(std::int32_t stream, std::size_t bytes) {
    (void)nghttp2_session_consume_stream(impl_->session.get(), stream, bytes);  // fails where the stream has ended
}

void http2_session::ping() { impl::check(nghttp2_submit_ping(impl_->session.get(), NGHTTP2_FLAG_NONE, nullptr)); }

void http2_session::go_away() {
    if (std::exchange(impl_->leaving, true)) return;
    impl::check(nghttp2_submit_goaway(impl_->session.get(), NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0));
}

void http2_session::end_all() {
    impl_->leaving = true;
    for (auto& [id, of] : std::exchange(impl_->streams, {}))
        if (of.to != nullptr)
            of.to->failed({of.sent ? http2_failure::reason::lost : http2_failure::reason::unprocessed, {}});
}

bool http2_session::takes_requests() const noexcept {
    return !impl_->leaving && !impl_->gone_away && !impl_->broken &&
           nghttp2_session_check_request_allowed(impl_->session.get()) != 0;
}

std::size_t http2_session::stream_count() const noexcept { return impl_->streams.size(); }

std::size_t http2_session::max_streams() const noexcept {
    return nghttp2_session_get_remote_settings(impl_->session.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool http2_session::is_agreed() const noexcept { return impl_->agreed; }
std::optional<http2_code> http2_session::told_to_go() const noexcept { return impl_->gone_away; }
std::optional<http2_breakdown> const& http2_session::breakdown() const noexcept { return impl_->broken; }

}  // namespace coax::http::detail
