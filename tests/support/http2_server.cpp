#include "support/http2_server.hpp"

#include "support/certificates.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <map>
#include <nghttp2/nghttp2.h>
#include <thread>

namespace coax::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

#if NGHTTP2_VERSION_NUM >= 0x013c00
using io_size = nghttp2_ssize;
using body_source = nghttp2_data_provider2;
constexpr auto take_bytes = nghttp2_session_mem_recv2;
constexpr auto give_bytes = nghttp2_session_mem_send2;
constexpr auto submit_response = nghttp2_submit_response2;
#else
using io_size = ssize_t;
using body_source = nghttp2_data_provider;
constexpr auto take_bytes = nghttp2_session_mem_recv;
constexpr auto give_bytes = nghttp2_session_mem_send;
constexpr auto submit_response = nghttp2_submit_response;
#endif

struct counters {
    std::atomic<std::size_t> connections{0}, http2{0}, open{0}, requests{0}, resets{0}, pings{0}, goodbyes{0}, most{0};
};

class served_connection;

class served_call final : public http2_call {
public:
    served_call(std::shared_ptr<served_connection> on, std::int32_t id) : on_{std::move(on)}, id_{id} {}

    void respond(int status, std::string text, fields more) override;
    void head(int status, fields more) override;
    void interim(int status) override;
    void data(std::string bytes, bool last) override;
    void reset(std::uint32_t code) override;
    void go_away(bool with_this, std::uint32_t code) override;
    void settings(std::uint32_t max_streams) override;
    void raw(std::string bytes) override;
    std::uint32_t stream() const override { return static_cast<std::uint32_t>(id_); }
    void close() override;
    void cut() override;
    void reset_connection() override;
    void go_deaf() override;
    void after(std::chrono::milliseconds time, std::function<void()> what) override;

    std::string out{};
    bool out_ends{false};
    bool waits{false};  // the library asked for more than there was
    bool gone{false};

private:
    void submit(int status, fields const& more, bool with_body);

    std::shared_ptr<served_connection> on_;
    std::int32_t id_;
};

class served_connection final : public std::enable_shared_from_this<served_connection> {
public:
    using stream_type = asio::ssl::stream<tcp::socket>;

    served_connection(tcp::socket socket, asio::ssl::context& tls, http2_server_options const& options,
                      http2_server::handler const& on_request, counters& counted)
        : link{std::move(socket), tls}, options_{options}, on_request_{on_request}, counted_{counted} {
        number = counted_.connections++;
        ++counted_.open;
    }
    ~served_connection() {
        --counted_.open;
        nghttp2_session_del(session);
    }

    void start() {
        link.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code ec) {
            if (ec) return;
            unsigned char const* chosen = nullptr;
            unsigned size = 0;
            SSL_get0_alpn_selected(self->link.native_handle(), &chosen, &size);
            self->speaks_http2_ = size == 2;
            if (self->speaks_http2_) self->begin();
            self->read();
            self->flush();
        });
    }

    void flush() {
        if (session != nullptr && options_.greeting.empty()) {
            std::uint8_t const* bytes = nullptr;
            while (pending_.size() < (1U << 20U)) {
                auto const size = give_bytes(session, &bytes);
                if (size <= 0) break;
                pending_.append(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size));
            }
        }
        if (writing_ || pending_.empty()) return;
        writing_ = true;
        sending_ = std::exchange(pending_, {});
        asio::async_write(link, asio::buffer(sending_), [self = shared_from_this()](error_code ec, std::size_t) {
            self->writing_ = false;
            if (ec) return self->drop();
            self->flush();
            if (self->pending_.empty() && !self->writing_ && self->then_) std::exchange(self->then_, {})();
        });
    }

    void raw(std::string const& bytes) {
        flush();
        pending_ += bytes;
        flush();
    }

    /// After all that is to be written was written.
    void finally(std::function<void()> what) {
        flush();
        if (writing_ || !pending_.empty())
            then_ = std::move(what);
        else
            what();
    }

    void drop() {
        error_code ignored;
        link.next_layer().close(ignored);
        for (auto& [id, call] : calls) call->gone = true;
        calls.clear();
        timers_.clear();
        then_ = {};
    }

    void after(std::chrono::milliseconds time, std::function<void()> what) {
        auto const timer = std::make_shared<asio::steady_timer>(link.get_executor(), time);
        timers_.push_back(timer);
        timer->async_wait([self = shared_from_this(), timer, what](error_code ec) {
            if (!ec && self->link.next_layer().is_open()) what();
        });
    }

    stream_type link;
    nghttp2_session* session{nullptr};
    std::map<std::int32_t, std::shared_ptr<served_call>> calls{};
    std::size_t number{0};
    bool deaf{false};

private:
    static served_connection& self(void* user) { return *static_cast<served_connection*>(user); }

    void begin() {
        ++counted_.http2;
        if (!options_.greeting.empty()) return raw(options_.greeting);
        nghttp2_session_callbacks* on = nullptr;
        nghttp2_session_callbacks_new(&on);
        nghttp2_session_callbacks_set_on_begin_headers_callback(
            on, [](nghttp2_session*, nghttp2_frame const* frame, void* user) {
                if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
                auto& me = self(user);
                auto const id = frame->hd.stream_id;
                me.calls[id] = std::make_shared<served_call>(me.shared_from_this(), id);
                me.calls[id]->connection = me.number;
                me.counted_.most = std::max(me.counted_.most.load(), me.calls.size());
                return 0;
            });
        nghttp2_session_callbacks_set_on_header_callback(
            on, [](nghttp2_session*, nghttp2_frame const* frame, std::uint8_t const* name, std::size_t name_size,
                   std::uint8_t const* value, std::size_t value_size, std::uint8_t, void* user) {
                auto const found = self(user).calls.find(frame->hd.stream_id);
                if (found == self(user).calls.end()) return 0;
                std::string const key{reinterpret_cast<char const*>(name), name_size};
                std::string const text{reinterpret_cast<char const*>(value), value_size};
                if (key == ":method") found->second->method = text;
                if (key == ":path") found->second->path = text;
                found->second->headers.emplace_back(key, text);
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            on, [](nghttp2_session*, std::uint8_t, std::int32_t id, std::uint8_t const* bytes, std::size_t size,
                   void* user) {
                auto const found = self(user).calls.find(id);
                if (found != self(user).calls.end())
                    found->second->body.append(reinterpret_cast<char const*>(bytes), size);
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            on,
            [](nghttp2_session*, nghttp2_frame const* frame, void* user) { return self(user).received(*frame), 0; });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            on, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
                auto const found = self(user).calls.find(id);
                if (found == self(user).calls.end()) return 0;
                found->second->gone = true;
                self(user).calls.erase(found);
                return 0;
            });
        nghttp2_option* how = nullptr;
        nghttp2_option_new(&how);
        nghttp2_option_set_no_http_messaging(how, 1);  // it also sends what is wrong
        nghttp2_session_server_new2(&session, on, this, how);
        nghttp2_option_del(how);
        nghttp2_session_callbacks_del(on);
        std::array<nghttp2_settings_entry, 2> const wanted{
            {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.max_streams},
             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.window}}};
        nghttp2_submit_settings(session, 0, wanted.data(), wanted.size());
    }

    void received(nghttp2_frame const& frame) {
        if (frame.hd.type == NGHTTP2_RST_STREAM) ++counted_.resets;
        if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) ++counted_.pings;
        if (frame.hd.type == NGHTTP2_GOAWAY) ++counted_.goodbyes;
        bool const ends = (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) &&
                          (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        auto const found = calls.find(frame.hd.stream_id);
        if (!ends || found == calls.end()) return;
        found->second->number = counted_.requests++;
        asio::post(link.get_executor(), [self = shared_from_this(), call = found->second] {
            if (!call->gone) self->on_request_(call);
            self->flush();
        });
    }

    void read() {
        link.async_read_some(asio::buffer(bytes_), [self = shared_from_this()](error_code ec, std::size_t size) {
            if (ec) return self->drop();
            self->take({self->bytes_.data(), size});
            if (!self->deaf) self->read();
        });
    }

    void take(std::string_view bytes) {
        if (!options_.greeting.empty() && speaks_http2_) return;
        if (!speaks_http2_) {
            unread_ += bytes;
            auto const end = unread_.find("\r\n\r\n");
            if (end == std::string::npos || unread_.size() < end + 4 + 2) return;  // its body is "{}"
            unread_.erase(0, end + 6);
            ++counted_.requests;
            return raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhttp/1.1");
        }
        auto const taken = take_bytes(session, reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
        flush();
        if (taken < 0 || (nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0))
            finally([this] { drop(); });
    }

    http2_server_options const& options_;
    http2_server::handler const& on_request_;
    counters& counted_;
    std::array<char, 16'384> bytes_{};
    std::string unread_{};
    std::string pending_{};
    std::string sending_{};
    std::function<void()> then_{};
    std::vector<std::shared_ptr<asio::steady_timer>> timers_{};
    bool writing_{false};
    bool speaks_http2_{false};
};

io_size read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
                  nghttp2_data_source* source, void*) {
    auto& call = *static_cast<served_call*>(source->ptr);
    auto const size = std::min(room, call.out.size());
    std::copy_n(call.out.data(), size, into);
    call.out.erase(0, size);
    if (call.out.empty() && call.out_ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    call.waits = size == 0 && !call.out_ends;
    return call.waits ? io_size{NGHTTP2_ERR_DEFERRED} : static_cast<io_size>(size);
}

struct field_list {
    explicit field_list(int status, http2_call::fields const& more) : texts{{":status", std::to_string(status)}} {
        texts.insert(texts.end(), more.begin(), more.end());
        for (auto& [name, value] : texts)
            list.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
                            name.size(), value.size(), 0});
    }
    http2_call::fields texts;
    std::vector<nghttp2_nv> list{};
};

void served_call::submit(int status, fields const& more, bool with_body) {
    if (gone) return;
    field_list const all{status, more};
    body_source source{};
    source.source.ptr = this;
    source.read_callback = read_body;
    submit_response(on_->session, id_, all.list.data(), all.list.size(), with_body ? &source : nullptr);
    on_->flush();
}

void served_call::respond(int status, std::string text, fields more) {
    more.emplace_back("content-length", std::to_string(text.size()));
    out = std::move(text);
    out_ends = true;
    submit(status, more, !out.empty());
}

void served_call::head(int status, fields more) { submit(status, more, true); }

void served_call::interim(int status) {
    if (gone) return;
    field_list const all{status, {}};
    nghttp2_submit_headers(on_->session, 0, id_, nullptr, all.list.data(), all.list.size(), nullptr);
    on_->flush();
}

void served_call::data(std::string bytes, bool last) {
    if (gone) return;
    out += bytes;
    out_ends = last;
    if (waits) nghttp2_session_resume_data(on_->session, id_);
    on_->flush();
}

void served_call::reset(std::uint32_t code) {
    if (gone) return;
    nghttp2_submit_rst_stream(on_->session, 0, id_, code);
    on_->flush();
}

void served_call::go_away(bool with_this, std::uint32_t code) {
    if (gone) return;
    nghttp2_submit_goaway(on_->session, 0, with_this ? id_ : std::max(id_ - 2, 0), code, nullptr, 0);
    on_->flush();
}

void served_call::settings(std::uint32_t max_streams) {
    if (gone) return;
    nghttp2_settings_entry const one{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams};
    nghttp2_submit_settings(on_->session, 0, &one, 1);
    on_->flush();
}

void served_call::raw(std::string bytes) {
    if (!gone) on_->raw(bytes);
}

void served_call::close() {
    on_->finally([on = on_] {
        on->link.async_shutdown([on](error_code) {});  // waits for the client's, too
        on->after(std::chrono::milliseconds{5}, [on] { on->drop(); });
    });
}

void served_call::cut() {
    on_->finally([on = on_] { on->drop(); });
}

void served_call::reset_connection() {
    on_->finally([on = on_] {
        error_code ignored;
        on->link.next_layer().set_option(asio::socket_base::linger{true, 0}, ignored);
        on->drop();
    });
}

void served_call::go_deaf() { on_->deaf = true; }

void served_call::after(std::chrono::milliseconds time, std::function<void()> what) {
    on_->after(time, std::move(what));
}

}  // namespace

class http2_server::impl : public std::enable_shared_from_this<impl> {
public:
    impl(handler on_request, http2_server_options options)
        : on_request_{std::move(on_request)},
          options_{std::move(options)},
          acceptor_{context_, {asio::ip::address_v4::loopback(), 0}, true} {
        auto const leaf = authority.issue("127.0.0.1");
        tls_.use_certificate_chain(asio::buffer(leaf.chain));
        tls_.use_private_key(asio::buffer(leaf.key), asio::ssl::context::pem);
        SSL_CTX_set_alpn_select_cb(tls_.native_handle(), choose, this);
        to = {.host = "127.0.0.1", .port = acceptor_.local_endpoint().port()};
        accept();
        thread_ = std::thread{[this] { context_.run(); }};
    }

    ~impl() {
        context_.stop();
        thread_.join();
        for (auto const& each : served_)  // a connection and its calls hold each other
            if (auto const still = each.lock()) still->drop();
    }

    certificate_authority authority{};
    origin to{};
    counters counted{};

private:
    static int choose(SSL*, unsigned char const** out, unsigned char* out_size, unsigned char const* in, unsigned size,
                      void* user) {
        auto const& options = static_cast<impl*>(user)->options_;
        for (std::string_view const each : {"h2", "http/1.1"}) {
            if (each == "h2" ? !options.offers_http2 : !options.offers_http1) continue;
            for (unsigned at = 0; at < size; at += 1U + in[at])
                if (each == std::string_view{reinterpret_cast<char const*>(in) + at + 1, in[at]}) {
                    *out = in + at + 1;
                    *out_size = in[at];
                    return SSL_TLSEXT_ERR_OK;
                }
        }
        return SSL_TLSEXT_ERR_NOACK;
    }

    void accept() {
        acceptor_.async_accept([this](error_code ec, tcp::socket socket) {
            if (ec) return;
            error_code ignored;
            socket.set_option(tcp::no_delay{true}, ignored);
            auto const made =
                std::make_shared<served_connection>(std::move(socket), tls_, options_, on_request_, counted);
            served_.push_back(made);
            made->start();
            accept();
        });
    }

    handler const on_request_;
    http2_server_options const options_;
    asio::ssl::context tls_{asio::ssl::context::tls_server};
    asio::io_context context_{1};
    tcp::acceptor acceptor_;
    std::vector<std::weak_ptr<served_connection>> served_;
    std::thread thread_;
};

http2_server::http2_server(handler on_request, http2_server_options options)
    : impl_{std::make_shared<impl>(std::move(on_request), std::move(options))} {}
http2_server::~http2_server() = default;

origin http2_server::to() const { return impl_->to; }
std::string const& http2_server::ca_pem() const { return impl_->authority.pem(); }
std::size_t http2_server::connections() const { return impl_->counted.connections; }
std::size_t http2_server::http2_connections() const { return impl_->counted.http2; }
std::size_t http2_server::open_connections() const { return impl_->counted.open; }
std::size_t http2_server::requests() const { return impl_->counted.requests; }
std::size_t http2_server::resets() const { return impl_->counted.resets; }
std::size_t http2_server::pings() const { return impl_->counted.pings; }
std::size_t http2_server::goodbyes() const { return impl_->counted.goodbyes; }
std::size_t http2_server::most_streams() const { return impl_->counted.most; }

}  // namespace coax::test
