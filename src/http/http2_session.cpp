#include "http/http2_session.hpp"

#include "http/http2_request.hpp"
#include "http/http2_session_impl.hpp"

#include <vector>

namespace coax::http::detail {
namespace {

// As in http2_session_impl.hpp: the newer functions are there from 1.60 on.
#if NGHTTP2_VERSION_NUM >= 0x013c00
using body_source = nghttp2_data_provider2;
constexpr auto take_bytes = nghttp2_session_mem_recv2;
constexpr auto give_bytes = nghttp2_session_mem_send2;
constexpr auto submit_request = nghttp2_submit_request2;
#else
using body_source = nghttp2_data_provider;
constexpr auto take_bytes = nghttp2_session_mem_recv;
constexpr auto give_bytes = nghttp2_session_mem_send;
constexpr auto submit_request = nghttp2_submit_request;
#endif

constexpr std::int32_t connection_window = 0x7fff'ffff;
constexpr std::uint32_t assumed_streams = 100;

}  // namespace

http2_session::impl::impl(limits with) : bounds{with} {
    nghttp2_session_callbacks* handlers = nullptr;
    nghttp2_option* how = nullptr;
    nghttp2_session* made = nullptr;
    if (nghttp2_session_callbacks_new(&handlers) != 0) throw std::bad_alloc{};
    std::unique_ptr<nghttp2_session_callbacks, core::detail::deleter<nghttp2_session_callbacks_del>> const owned{
        handlers};
    if (nghttp2_option_new(&how) != 0) throw std::bad_alloc{};
    std::unique_ptr<nghttp2_option, core::detail::deleter<nghttp2_option_del>> const owned_options{how};
    set_callbacks(handlers);
    nghttp2_option_set_no_auto_window_update(how, 1);
    nghttp2_option_set_peer_max_concurrent_streams(how, assumed_streams);
    nghttp2_option_set_no_closed_streams(how, 1);
    if (nghttp2_session_client_new2(&made, handlers, this, how) != 0) throw std::bad_alloc{};
    session.reset(made);

    nghttp2_settings_entry const wanted[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(bounds.stream_window)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(bounds.header_bytes)}};
    check(nghttp2_submit_settings(session.get(), NGHTTP2_FLAG_NONE, wanted, std::size(wanted)));
    check(nghttp2_session_set_local_window_size(session.get(), NGHTTP2_FLAG_NONE, 0, connection_window));
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
