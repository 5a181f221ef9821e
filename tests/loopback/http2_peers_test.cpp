// HTTP/2 against servers of others, each where it is installed: nghttpd, Node, nginx.
#include "loopback/http2_support.hpp"
#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "unit/batch/temp_file.hpp"

#include <coax/tasks/when_all.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace coax::test {
namespace {

/// A server that answers every POST with its body, or a GET of /file with "abc".
struct peer {
    char const* name;
    char const* program;
    std::string target;  ///< What it serves to a POST or GET.
    std::string method;
    std::string answer;
    std::vector<std::string> (*command)(std::string const& folder, std::string const& port);
};
void PrintTo(peer const& row, std::ostream* out) { *out << row.name; }

void write(std::string const& path, std::string const& text) { std::ofstream{path, std::ios::binary} << text; }

std::vector<std::string> nghttpd(std::string const& folder, std::string const& port) {
    return {"nghttpd", "--address=127.0.0.1", "--htdocs=" + folder, "--echo-upload",
            port,      folder + "/key.pem",   folder + "/cert.pem"};
}

std::vector<std::string> node(std::string const& folder, std::string const& port) {
    write(folder + "/server.js",
          "const fs = require('fs'), http2 = require('http2');\n"
          "http2.createSecureServer({key: fs.readFileSync('" +
              folder + "/key.pem'), cert: fs.readFileSync('" + folder +
              "/cert.pem')}, (request, response) => request.pipe(response)).listen(" + port + ", '127.0.0.1');\n");
    return {"node", folder + "/server.js"};
}

std::vector<std::string> nginx(std::string const& folder, std::string const& port) {
    write(folder + "/nginx.conf", "daemon off; master_process off; pid " + folder + "/pid; error_log " + folder +
                                      "/log;\n"
                                      "events {}\nhttp { access_log off; client_body_temp_path " +
                                      folder + "/b; proxy_temp_path " + folder + "/p; fastcgi_temp_path " + folder +
                                      "/f; uwsgi_temp_path " + folder + "/u; scgi_temp_path " + folder +
                                      "/s;\nserver { listen 127.0.0.1:" + port + " ssl http2; ssl_certificate " +
                                      folder + "/cert.pem; ssl_certificate_key " + folder + "/key.pem; root " + folder +
                                      "; } }\n");
    return {"nginx", "-c", folder + "/nginx.conf"};
}

bool is_installed(std::string const& program) {
    for (char const* folder : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"})
        if (std::filesystem::exists(folder + program)) return true;
    return false;
}

std::uint16_t port_nobody_has() {
    asio::io_context context;
    asio::ip::tcp::acceptor const taken{context, {asio::ip::address_v4::loopback(), 0}};
    return taken.local_endpoint().port();
}

bool listens(std::uint16_t port) {
    asio::io_context context;
    for (int i = 0; i < 4'000; ++i) {
        boost::system::error_code ec;
        asio::ip::tcp::socket socket{context};
        socket.connect({asio::ip::address_v4::loopback(), port}, ec);
        if (!ec) return true;
        std::this_thread::sleep_for(milliseconds{5});
    }
    return false;
}

class Http2Peer : public testing::TestWithParam<peer> {};

TEST_P(Http2Peer, ServesManyRequestsAndAStream) {
    auto const& row = GetParam();
    if (!is_installed(row.program)) GTEST_SKIP() << row.program << " is not installed";
    temp_folder const folder;
    auto const place = folder.path("");
    certificate_authority const authority;
    auto const leaf = authority.issue("127.0.0.1");
    write(place + "/key.pem", leaf.key);
    write(place + "/cert.pem", leaf.chain);
    write(place + "/file", "abc");
    auto const port = port_nobody_has();
    child_process const server{row.command(place, std::to_string(port))};
    ASSERT_TRUE(listens(port));
    run_coro([](peer const& at, std::string ca, std::uint16_t where) -> asio::awaitable<void> {
        http_transport transport{co_await asio::this_coro::executor,
                                 http_options{.http2 = http2_mode::on, .ca_pem = std::move(ca)}};
        exchange_limits const patient{.connect = milliseconds{30'000}};
        auto const request = [&] {
            return http_request{.to = {.host = "127.0.0.1", .port = where},
                                .method = at.method,
                                .target = at.target,
                                .body = at.method == "GET" ? "" : at.answer};
        };
        std::vector<asio::awaitable<void>> all;
        for (int i = 0; i < 200; ++i)
            all.push_back([](http_transport& over, http_request what, exchange_limits limits,
                             std::string expected) -> asio::awaitable<void> {
                EXPECT_EQ(outcome(co_await over.send(std::move(what), limits)), expected);
            }(transport, request(), patient, at.answer));
        co_await when_all(std::move(all));
        EXPECT_LE(transport.statistics().opened, 3U);
        auto stream = co_await transport.open(request(), patient);
        if (!stream) co_return void(ADD_FAILURE() << stream.error());
        EXPECT_EQ((co_await read_all(**stream)).value(), at.answer);
    }(row, authority.pem(), port));
}

INSTANTIATE_TEST_SUITE_P(Rows, Http2Peer,
                         testing::Values(peer{"nghttpd", "nghttpd", "/", "POST", "abc", nghttpd},
                                         peer{"node", "node", "/", "POST", std::string(100'000, 'x'), node},
                                         peer{"nginx", "nginx", "/file", "GET", "abc", nginx}),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::test
