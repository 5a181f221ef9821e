// A byte stream into an HTTP response, as a connection feeds it: whatever the bytes are and however they are cut,
// status, fields and body are the same and fit their bounds. The first byte of the input says how to cut.
#include "http/response_parser.hpp"

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t most_header_bytes = 512;
constexpr std::size_t most_body_bytes = 256;

/// What was read, as one comparable text; a failure is told without where it was noticed.
std::string parse(std::string_view text, std::size_t piece_bytes) {
    coax::http::detail::response_parser parser{{.header_bytes = most_header_bytes, .body_bytes = most_body_bytes}};
    std::string body;
    std::string input;
    parser.body_to(body);
    while (!text.empty() && !parser.is_done()) {
        input += text.substr(0, piece_bytes);
        text.remove_prefix(std::min(piece_bytes, text.size()));
        while (input.size() >= parser.least_input() && !parser.is_done()) {
            boost::system::error_code ec;
            input.erase(0, parser.put(boost::asio::buffer(input), ec));
            if (ec == beast_http::error::need_more) break;
            if (ec) return "failed";
        }
        if (body.size() > most_body_bytes) std::abort();
    }
    if (!parser.is_done()) return "unfinished";
    std::string told = std::to_string(parser.status_code()) + body;
    for (auto const& [name, value] : parser.headers()) told.append(name).append(1, '\0').append(value).append(1, '\0');
    return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const text{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    auto const whole = parse(text, size);
    auto const cut = parse(text, std::size_t{bytes[0]} + 1);
    // A limit may be noticed earlier or later; what is read to its end is the same.
    if (whole != cut && whole != "failed" && cut != "failed" && whole != "unfinished" && cut != "unfinished")
        std::abort();
    return 0;
}
