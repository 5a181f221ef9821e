#include "http/response_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace {

using coax::http::detail::parse_plain_head;
using coax::http::detail::response_parser;

struct parsed_response {
    int status{0};
    std::string fields{};
    std::string body{};
    bool kept{false};
    bool failed{false};
    bool operator==(parsed_response const&) const = default;
};
void PrintTo(parsed_response const& one, std::ostream* out) {
    *out << one.status << " {" << one.fields << "} " << one.body << (one.kept ? " kept" : "")
         << (one.failed ? " failed" : "");
}

/// Feeds `text` in two pieces, as far as it is one response, then the end of the connection.
parsed_response read_cut(std::string_view text, std::size_t cut) {
    response_parser parser{{.header_bytes = 256, .body_bytes = 64}};
    parsed_response out;
    boost::system::error_code ec;
    parser.body_to(out.body);
    std::string input;
    for (auto const piece : {text.substr(0, cut), text.substr(cut)}) {
        input += piece;
        while (!parser.is_done() && input.size() >= parser.least_input()) {
            input.erase(0, parser.put(boost::asio::buffer(input), ec));
            if (ec == boost::beast::http::error::need_more) break;
            if (ec) return {.failed = true};
        }
    }
    ec = {};
    if (!parser.is_done()) parser.put_eof(ec);
    if (ec) return {.failed = true};
    for (auto const& [name, value] : parser.headers()) out.fields.append(name).append("=").append(value).append(";");
    out.status = parser.status_code();
    out.kept = parser.keep_alive();
    return out;
}

struct response_case {
    char const* name;
    std::string text;
    bool is_plain;
    parsed_response expected;
};
void PrintTo(response_case const& row, std::ostream* out) { *out << row.name; }

class ResponseParser : public testing::TestWithParam<response_case> {};

TEST_P(ResponseParser, ReadsTheSameHoweverItIsCut) {
    auto const& row = GetParam();
    coax::header_list fields;
    EXPECT_EQ(parse_plain_head(row.text, fields).has_value(), row.is_plain);
    EXPECT_EQ(read_cut(row.text, row.text.size()), row.expected);
    for (std::size_t cut = 1; cut < row.text.size(); ++cut) EXPECT_EQ(read_cut(row.text, cut), row.expected) << cut;
}

parsed_response failed() { return {.failed = true}; }

INSTANTIATE_TEST_SUITE_P(
    Rows, ResponseParser,
    testing::Values(
        response_case{"length",
                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Id:  a b \r\n\r\n{}",
                      true,
                      {200, "Content-Length=2;X-Id=a b;", "{}", true}},
        response_case{"no_body",
                      "HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n",
                      true,
                      {404, "content-length=0;", "", true}},
        response_case{"kept_alive",
                      "HTTP/1.1 429 \r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx",
                      true,
                      {429, "Connection=Keep-Alive;Content-Length=1;", "x", true}},
        response_case{"empty_value",
                      "HTTP/1.1 200 OK\r\nX:\r\nContent-Length: 1\r\n\r\nx",
                      true,
                      {200, "X=;Content-Length=1;", "x", true}},
        response_case{"closed",
                      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
                      false,
                      {200, "Connection=close;Content-Length=1;", "x", false}},
        response_case{"old_version",
                      "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
                      false,
                      {200, "Content-Length=1;", "x", false}},
        response_case{"chunked",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                      false,
                      {200, "Transfer-Encoding=chunked;", "x", true}},
        response_case{"no_length", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nxyz", false, {200, "A=b;", "xyz", false}},
        response_case{"no_content", "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n", false, {204, "A=b;", "", true}},
        response_case{"cut_body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxy", true, failed()},
        response_case{"two_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", false,
                      failed()},
        response_case{"length_is_no_number", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\nx", false, failed()},
        response_case{"both_framings",
                      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false,
                      failed()},
        response_case{"body_over_its_bound", "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", true, failed()},
        response_case{"head_over_its_bound",
                      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: " + std::string(256, 'x') + "\r\n\r\nx", true,
                      failed()},
        response_case{"name_with_a_blank", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx", false, failed()},
        response_case{"control_character", "HTTP/1.1 200 OK\r\nX: a\x01\r\nContent-Length: 1\r\n\r\nx", false,
                      failed()}),
    [](auto const& row) { return std::string{row.param.name}; });

}  // namespace
