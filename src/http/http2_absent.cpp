#include "http/http2_session.hpp"

/// In place of http2_session.cpp where coax is built without nghttp2: `validate` refuses the option then, so none of
/// these is called.
namespace coax::http::detail {

struct http2_session::impl {
    std::optional<http2_breakdown> broken{};
};

std::string_view to_string(http2_code) noexcept { return "unknown"; }

http2_session::http2_session(limits) : impl_{std::make_unique<impl>()} {}
http2_session::~http2_session() = default;
bool http2_session::available() noexcept { return false; }
void http2_session::receive(std::string_view) {}
void http2_session::send(std::string&, std::size_t) {}
std::int32_t http2_session::submit(http_request const&, http2_receiver&) { return 0; }
void http2_session::abandon(std::int32_t) {}
void http2_session::consumed(std::int32_t, std::size_t) {}
void http2_session::ping() {}
void http2_session::go_away() {}
void http2_session::end_all() {}
bool http2_session::takes_requests() const noexcept { return false; }
std::size_t http2_session::stream_count() const noexcept { return 0; }
std::size_t http2_session::max_streams() const noexcept { return 0; }
bool http2_session::is_agreed() const noexcept { return false; }
std::optional<http2_code> http2_session::told_to_go() const noexcept { return std::nullopt; }
std::optional<http2_breakdown> const& http2_session::breakdown() const noexcept { return impl_->broken; }

}  // namespace coax::http::detail
