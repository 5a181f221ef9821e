#pragma once

#include <coax/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coax::http::detail {

/// The error codes of HTTP/2 that decide something. Source: RFC 9113, section 7.
enum class http2_code : std::uint32_t {
    no_error = 0,
    protocol_error = 1,
    internal_error = 2,
    refused_stream = 7,
    cancel = 8,
    enhance_your_calm = 11,
    http_1_1_required = 13,
};

/// The name of a code, such as "REFUSED_STREAM".
[[nodiscard]] std::string_view to_string(http2_code code) noexcept;

/// Why a stream ended before its response was whole.
struct http2_failure {
    enum class reason : unsigned char {
        unprocessed,        ///< The peer did not act on the request: it may be sent again.
        reset,              ///< The peer reset the stream, and may have acted.
        violation,          ///< What came on the stream is no response.
        head_too_large,     ///< Of the response, trailers included.
        no_final_response,  ///< Too many interim ones.
        lost,               ///< The connection is gone, and the peer may have acted.
    };
    reason why{};
    http2_code code{};

    [[nodiscard]] bool operator==(http2_failure const&) const = default;
};

/// Why a whole connection is of no use any more.
struct http2_breakdown {
    http2_code code{};     ///< What the peer is told.
    std::string reason{};  ///< For people.
};

/// What a session tells of one request. It must not call the session from here. After `complete` or `failed`, and after
/// `http2_session::abandon`, nothing more is told.
class http2_receiver {
public:
    /// A part of the request is on its way; `whole`: its last byte is.
    virtual void request_moved(bool whole) = 0;
    /// A response that is not the final one, such as 103.
    virtual void took_interim() = 0;
    virtual void took_head(int status, header_list headers) = 0;
    /// @returns How much of it the peer may send again at once; of the rest `http2_session::consumed` is told later.
    virtual std::size_t took_body(std::string_view bytes) = 0;
    virtual void complete() = 0;
    virtual void failed(http2_failure how) = 0;

protected:
    ~http2_receiver() = default;
};

/// A client's side of one HTTP/2 connection, without I/O: bytes in, bytes out. Frames, header compression and what is
/// allowed when are nghttp2's; what is done about it is ours.
///
/// The connection's window is given back at once, so that no reader of one stream holds up another one; each stream's
/// is given back as its reader takes the bytes, which bounds what is kept for it.
/// Thread safety: none. Source: RFC 9113.
class http2_session {
public:
    struct limits {
        std::size_t header_bytes;   ///< Of one response, as RFC 9113, section 6.5.2, counts them.
        std::size_t stream_window;  ///< Bytes of one response that may be under way or not yet taken.
    };

    explicit http2_session(limits bounds);
    http2_session(http2_session const&) = delete;
    http2_session& operator=(http2_session const&) = delete;
    ~http2_session();

    /// Whether coax was built with nghttp2; without it no session works.
    [[nodiscard]] static bool available() noexcept;

    /// Takes what came from the peer. Then send: there may be something to answer.
    void receive(std::string_view bytes);
    /// Appends what is to be sent now, until `out` holds `most` bytes or a little more.
    void send(std::string& out, std::size_t most);

    /// @param request  Must live, unchanged, until the stream has ended or was abandoned.
    /// @returns The stream; 0: no more requests are taken.
    [[nodiscard]] std::int32_t submit(http_request const& request, http2_receiver& to);
    /// The stream is of no use any more: resets it, if it has not ended.
    void abandon(std::int32_t stream);
    /// So much of the stream's body was taken.
    void consumed(std::int32_t stream, std::size_t bytes);
    void ping();
    /// Says that no more streams are wanted; those that are open go on.
    void go_away();
    /// The connection is gone: ends all streams.
    void end_all();

    /// Whether another request may be made, apart from how many are open.
    [[nodiscard]] bool takes_requests() const noexcept;
    /// Streams that are open, those included whose reset is still to be sent.
    [[nodiscard]] std::size_t stream_count() const noexcept;
    /// How many streams the peer allows at once; 100 as long as it has said nothing.
    [[nodiscard]] std::size_t max_streams() const noexcept;
    /// Whether the peer's settings came: then it speaks HTTP/2.
    [[nodiscard]] bool is_agreed() const noexcept;
    /// What the peer said in its GOAWAY, if it did.
    [[nodiscard]] std::optional<http2_code> told_to_go() const noexcept;
    [[nodiscard]] std::optional<http2_breakdown> const& breakdown() const noexcept;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace coax::http::detail
