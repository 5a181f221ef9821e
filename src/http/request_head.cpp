#include "http/request_head.hpp"

#include "http/char_sets.hpp"
#include "http/content_decoder.hpp"

#include <array>
#include <charconv>

namespace coax::http::detail {
namespace {

constexpr auto target_chars = printed_without("#");
constexpr auto host_chars = printed_without("/?#@\\[]");

bool consists_of(std::string_view text, char_set const& allowed) noexcept {
    return count_leading(text, allowed) == text.size();
}

bool is_token(std::string_view text) noexcept { return !text.empty() && count_token(text) == text.size(); }

/// A value cannot end its line (RFC 9110, section 5.5).
bool is_field_value(std::string_view text) noexcept {
    if (count_value(text) == text.size()) return true;
    for (char const bad : {'\r', '\n', '\0'})
        if (text.find(bad) != std::string_view::npos) return false;
    return true;
}

bool is_target(std::string_view text) noexcept { return text.starts_with('/') && consists_of(text, target_chars); }

bool is_host(std::string_view text) noexcept { return !text.empty() && consists_of(text, host_chars); }

/// The fields that the transport writes: they decide where a message ends.
bool is_written_by_transport(std::string_view name) noexcept {
    switch (name.size()) {
        case 4: return equal_ignoring_case(name, "host");
        case 10: return equal_ignoring_case(name, "connection");
        case 14: return equal_ignoring_case(name, "content-length");
        case 17: return equal_ignoring_case(name, "transfer-encoding");
        default: return false;
    }
}

void append_number(std::string& text, std::size_t number) {
    std::array<char, 20> digits;
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(digits.data(), end);
}

void append_host(std::string& text, origin const& to) {
    bool const bracketed = to.host.find(':') != std::string::npos;
    if (bracketed) text += '[';
    text += to.host;
    if (bracketed) text += ']';
    if (to.port == (to.tls ? 443 : 80)) return;
    text += ':';
    append_number(text, to.port);
}

}  // namespace

result<void> check_request(http_request const& request) {
    if (!is_token(request.method)) return invalid_argument("http_request.method", "the method is not a token");
    if (!is_target(request.target)) return invalid_argument("http_request.target", "the target is not a path");
    if (!is_host(request.to.host)) return invalid_argument("http_request.to", "the host is not a name");
    for (auto const& each : request.headers) {
        if (!is_token(each.name)) return invalid_argument("http_request.headers", "a header's name is not a token");
        if (!is_field_value(each.value))
            return invalid_argument(std::string{each.name}, "the header's value holds a line break or NUL");
        if (is_written_by_transport(each.name))
            return invalid_argument(std::string{each.name}, "the transport writes this header itself");
    }
    return {};
}

void write_head(http_request const& request, std::string& head) {
    head.clear();
    head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
    append_host(head, request.to);
    head += "\r\n";
    if (!request.body.empty() || !(request.method == "GET" || request.method == "HEAD")) {
        head += "Content-Length: ";
        append_number(head, request.body.size());
        head += "\r\n";
    }
    if (!request.headers.contains("accept-encoding"))
        head.append("Accept-Encoding: ").append(accepted_codings).append("\r\n");
    for (auto const& each : request.headers) head.append(each.name).append(": ").append(each.value).append("\r\n");
    head += "\r\n";
}

}  // namespace coax::http::detail
