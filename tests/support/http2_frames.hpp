#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Frames of HTTP/2 byte by byte, right or wrong, without the library that is tested. Source: RFC 9113, sections 4 and
/// 6; RFC 7541, section 6.2.2.
namespace coax::test::h2 {

enum class type : std::uint8_t {
    data,
    headers,
    priority,
    rst_stream,
    settings,
    push_promise,
    ping,
    goaway,
    window,
    continuation
};

inline constexpr std::uint8_t no_flags = 0;
inline constexpr std::uint8_t end_stream = 1;  // of PING and SETTINGS: an acknowledgement
inline constexpr std::uint8_t end_headers = 4;
inline constexpr std::string_view preface{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};

/// The last `bytes` bytes of a number, the highest first.
inline std::string number(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    return out;
}

inline std::string frame_head(std::size_t size, std::uint8_t kind, std::uint8_t flags, std::uint32_t stream) {
    return number(size, 3) + number(kind, 1) + number(flags, 1) + number(stream, 4);
}

inline std::string frame(type kind, std::uint8_t flags, std::uint32_t stream, std::string const& payload) {
    return frame_head(payload.size(), static_cast<std::uint8_t>(kind), flags, stream) + payload;
}

using field_pairs = std::vector<std::pair<std::string, std::string>>;

/// A text as HPACK has it, uncompressed.
inline std::string packed_text(std::string const& text) {
    std::string out;
    auto left = text.size();
    if (left < 127) return number(left, 1) + text;
    out += '\x7f';
    for (left -= 127; left >= 128; left /= 128) out += static_cast<char>(0x80U | (left % 128));
    return out + number(left, 1) + text;
}

inline std::string packed(field_pairs const& fields) {
    std::string out;
    for (auto const& [name, value] : fields) out += '\0' + packed_text(name) + packed_text(value);
    return out;
}

inline std::string settings(std::initializer_list<std::pair<int, std::uint32_t>> values = {}) {
    std::string payload;
    for (auto const& [id, value] : values) payload += number(static_cast<std::uint64_t>(id), 2) + number(value, 4);
    return frame(type::settings, no_flags, 0, payload);
}

inline std::string headers(std::uint32_t stream, field_pairs const& fields, bool last = false) {
    return frame(type::headers, last ? end_headers | end_stream : end_headers, stream, packed(fields));
}

inline std::string data(std::uint32_t stream, std::string const& text, bool last = false) {
    return frame(type::data, last ? end_stream : no_flags, stream, text);
}

inline std::string rst_stream(std::uint32_t stream, std::uint32_t code) {
    return frame(type::rst_stream, no_flags, stream, number(code, 4));
}

inline std::string goaway(std::uint32_t last_stream, std::uint32_t code) {
    return frame(type::goaway, no_flags, 0, number(last_stream, 4) + number(code, 4));
}

inline std::string window_update(std::uint32_t stream, std::uint32_t more) {
    return frame(type::window, no_flags, stream, number(more, 4));
}

inline std::string ping(bool answer = false) {
    return frame(type::ping, answer ? end_stream : no_flags, 0, "12345678");
}

/// A whole response with a Content-Length.
inline std::string response(std::uint32_t stream, std::string const& body) {
    return headers(stream, {{":status", "200"}, {"content-length", std::to_string(body.size())}}) +
           data(stream, body, true);
}

struct seen_frame {
    type kind;
    std::uint8_t flags;
    std::uint32_t stream;
    std::string payload;
};

inline std::uint32_t number_in(std::string_view bytes) {
    std::uint32_t out = 0;
    for (char const c : bytes) out = out << 8U | static_cast<unsigned char>(c);
    return out;
}

/// The frames of what a client sent, its preface left out.
inline std::vector<seen_frame> frames_in(std::string_view sent) {
    std::vector<seen_frame> all;
    if (sent.starts_with(preface)) sent.remove_prefix(preface.size());
    while (sent.size() >= 9) {
        auto const size = number_in(sent.substr(0, 3));
        if (sent.size() < 9 + size) break;
        all.push_back({static_cast<type>(sent[3]), static_cast<std::uint8_t>(sent[4]), number_in(sent.substr(5, 4)),
                       std::string{sent.substr(9, size)}});
        sent.remove_prefix(9 + size);
    }
    return all;
}

}  // namespace coax::test::h2
