#include <coax/core/error.hpp>
#include <coax/sim/server.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>

namespace coax::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;
using namespace std::chrono_literals;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using testing::HasSubstr;

using response_message = http::response<http::string_body>;

struct outcome {
    error_code failure{};
    response_message message{};

    [[nodiscard]] std::string header(std::string_view name) const {
        auto const value = message[boost::beast::string_view{name.data(), name.size()}];
        return {value.data(), value.size()};
    }
    [[nodiscard]] std::string at(std::string_view pointer) const {
        auto const value = json::parse(message.body());
        error_code missing;
        auto const* found = value.find_pointer(json::string_view{pointer.data(), pointer.size()}, missing);
        if (found == nullptr) return "(none)";
        return found->is_string() ? std::string{found->as_string().c_str()} : json::serialize(*found);
    }
};

using field_list = std::vector<std::pair<std::string, std::string>>;

/// A caller that knows HTTP and nothing of coax. Every wait of it ends after ten seconds.
template <class Stream>
class raw_client {
public:
    template <class... More>
    explicit raw_client(server const& to, More&... more) : stream_{context_, more...} {
        tcp::endpoint const where{asio::ip::address_v4::loopback(), to.port()};
        socket().connect(where);
        ::timeval const limit{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }

    Stream& stream() { return stream_; }

    tcp::socket& socket() {
        if constexpr (std::is_same_v<Stream, tcp::socket>)
            return stream_;
        else
            return stream_.next_layer();
    }

    error_code send(std::string_view bytes) {
        error_code failure;
        asio::write(stream_, asio::buffer(bytes.data(), bytes.size()), failure);
        return failure;
    }

    error_code send(std::string_view method, std::string_view target, std::string_view body,
                    field_list const& fields = {}) {
        std::string text = std::string{method} + " " + std::string{target} +
                           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
        for (auto const& [name, value] : fields) text += name + ": " + value + "\r\n";
        return send(text.append("\r\n").append(body));
    }

    outcome receive() {
        outcome got;
        http::response_parser<http::string_body> parser;
        parser.body_limit(std::uint64_t{64} << 20U);
        http::read(stream_, buffer_, parser, got.failure);
        got.message = parser.release();
        return got;
    }

    outcome call(std::string_view method, std::string_view target, std::string_view body = {},
                 field_list const& fields = {}) {
        if (auto const failure = send(method, target, body, fields)) return {.failure = failure};
        return receive();
    }

    outcome post(std::string_view target, std::string_view body, field_list const& fields = {}) {
        return call("POST", target, body, fields);
    }

private:
    asio::io_context context_;
    Stream stream_;
    boost::beast::flat_buffer buffer_;
};

using plain_client = raw_client<tcp::socket>;
using tls_client = raw_client<asio::ssl::stream<tcp::socket>>;

asio::ssl::context trusting(std::string const& ca) {
    asio::ssl::context made{asio::ssl::context::tls_client};
    made.set_verify_mode(asio::ssl::verify_peer);
    if (!ca.empty()) made.add_certificate_authority(asio::buffer(ca));
    return made;
}

error_code shake_hands(tls_client& client, std::string const& host) {
    error_code failure;
    client.stream().set_verify_callback(asio::ssl::host_name_verification{host});
    client.stream().handshake(asio::ssl::stream_base::client, failure);
    return failure;
}

constexpr std::string_view openai = "/v1/chat/completions";
constexpr std::string_view azure = "/openai/deployments/d/chat/completions?api-version=2024-10-21";
constexpr std::string_view anthropic = "/v1/messages";
constexpr std::string_view hello = R"({"model":"m","messages":[{"role":"user","content":"Hello there"}]})";
constexpr std::string_view streamed =
    R"({"model":"m","messages":[{"role":"user","content":"Hello there"}],"stream":true})";
constexpr std::string_view ask =
    R"({"model":"m","max_tokens":100,"messages":[{"role":"user","content":"Hello there"}]})";
field_list const version{{"anthropic-version", "2023-06-01"}};

TEST(SimServer, AnswersEveryFormOverOneConnection) {
    server sim;
    EXPECT_EQ(sim.url(), "http://127.0.0.1:" + std::to_string(sim.port()));
    EXPECT_EQ(sim.ca_pem(), "");
    plain_client client{sim};
    auto const first = client.post(openai, hello);
    EXPECT_EQ(first.message.result_int(), 200U);
    EXPECT_THAT(first.header("x-request-id"), testing::StartsWith("req_"));
    EXPECT_THAT(first.at("/choices/0/message/content"), HasSubstr("Hello there"));
    EXPECT_EQ(client.post(azure, hello).at("/choices/0/content_filter_results/hate/severity"), "safe");
    EXPECT_EQ(client.post("/openai/v1/chat/completions", hello).at("/object"), "chat.completion");
    EXPECT_EQ(client.post(anthropic, ask, version).at("/stop_reason"), "end_turn");
    EXPECT_EQ(client
                  .post("/v1/messages/count_tokens", R"({"model":"m","messages":[{"role":"user","content":"Hello"}]})",
                        version)
                  .at("/input_tokens"),
              "6");
    EXPECT_EQ(client.post("/v1/embeddings", R"({"model":"e","input":"x","dimensions":3})").at("/data/0/object"),
              "embedding");
    EXPECT_EQ(client.call("GET", "/v1/models").at("/object"), "list");
    EXPECT_EQ(client.call("GET", "/v1/models", {}, version).at("/has_more"), "false");
    auto const stats = sim.stats();
    EXPECT_EQ(stats.connections, 1U);
    EXPECT_EQ(stats.requests, 8U);
    EXPECT_EQ(stats.model_requests, 5U);
    EXPECT_EQ(stats.responses_by_status.at(200), 8U);
    EXPECT_GT(stats.completion_tokens, 0U);
}

TEST(SimServer, StreamsInChunks) {
    server sim;
    plain_client client{sim};
    auto const out = client.post(openai, streamed);
    EXPECT_FALSE(out.failure);
    EXPECT_EQ(out.header("content-type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(out.header("transfer-encoding"), "chunked");
    EXPECT_THAT(out.message.body(), testing::StartsWith("data: {\"id\":\"chatcmpl-"));
    EXPECT_THAT(out.message.body(), testing::EndsWith("data: [DONE]\n\n"));
    EXPECT_EQ(client.post(openai, hello).message.result_int(), 200U) << "the connection goes on";
}

TEST(SimServer, PacesAStreamWithoutChangingIt) {
    server fast;
    server paced{options{.latency = {.first_byte = 5ms, .tokens_per_second = 2000}}};
    auto const without_ids = [](std::string text) {
        for (auto at = text.find("\"created\":"); at != std::string::npos; at = text.find("\"created\":", at + 1))
            text.replace(at + 10, 10, 10, '0');
        return text;
    };
    auto const begun = std::chrono::steady_clock::now();
    auto const slow = plain_client{paced}.post(openai, streamed);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 5ms);
    EXPECT_EQ(without_ids(slow.message.body()), without_ids(plain_client{fast}.post(openai, streamed).message.body()));
}

TEST(SimServer, ServesTlsWithItsOwnCa) {
    server sim{options{.tls = true}};
    EXPECT_EQ(sim.url(), "https://localhost:" + std::to_string(sim.port()));
    for (char const* host : {"localhost", "127.0.0.1"}) {
        auto trust = trusting(sim.ca_pem());
        tls_client client{sim, trust};
        ASSERT_FALSE(shake_hands(client, host)) << host;
        EXPECT_EQ(client.post(openai, hello).message.result_int(), 200U);
        EXPECT_EQ(client.post(anthropic, ask, version).message.result_int(), 200U);
        EXPECT_THAT(client.post(openai, streamed).message.body(), testing::EndsWith("data: [DONE]\n\n"));
    }
}

TEST(SimServer, CertificateCanBeOfAnotherHostOrUnknown) {
    server other{options{.tls = true, .certificate_host = "elsewhere.example"}};
    auto trust = trusting(other.ca_pem());
    tls_client misled{other, trust};
    EXPECT_TRUE(shake_hands(misled, "localhost"));
    tls_client right{other, trust};
    EXPECT_FALSE(shake_hands(right, "elsewhere.example"));
    auto nobody = trusting({});
    tls_client untrusting{other, nobody};
    EXPECT_TRUE(shake_hands(untrusting, "elsewhere.example"));
}

TEST(SimServer, KeepsRateLimits) {
    server sim{options{.requests_per_minute = 1, .limit_window = 60s}};
    plain_client client{sim};
    auto const first = client.post(openai, hello);
    EXPECT_EQ(first.header("x-ratelimit-limit-requests"), "1");
    EXPECT_EQ(first.header("x-ratelimit-remaining-requests"), "0");
    auto const second = client.post(openai, hello);
    EXPECT_EQ(second.message.result_int(), 429U);
    EXPECT_EQ(second.at("/error/code"), "rate_limit_exceeded");
    auto const wait = std::stoi(second.header("retry-after"));
    EXPECT_TRUE(wait >= 50 && wait <= 60) << wait;
    auto const anthropics = client.post(anthropic, ask, version);
    EXPECT_EQ(anthropics.message.result_int(), 429U);
    EXPECT_EQ(anthropics.at("/error/type"), "rate_limit_error");
    EXPECT_THAT(anthropics.header("anthropic-ratelimit-requests-reset"), testing::MatchesRegex("....-..-..T..:..:..Z"));
    EXPECT_EQ(sim.stats().responses_by_status.at(429), 2U);
}

options with_fault(fault what) { return {.faults = {what}, .stall_limit = 100ms}; }

struct fault_case {
    char const* name;
    fault what;
    std::string_view body{hello};
};
void PrintTo(fault_case const& row, std::ostream* out) { *out << row.name; }
class SimFault : public testing::TestWithParam<fault_case> {};

TEST_P(SimFault, EndsTheConnectionBeforeTheWholeResponse) {
    server sim{with_fault(GetParam().what)};
    plain_client client{sim};
    EXPECT_TRUE(client.post(openai, GetParam().body).failure);
    EXPECT_EQ(sim.stats().faults.at(GetParam().what.kind), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SimFault,
    testing::Values(fault_case{"reset_at_once", {.kind = fault_kind::reset}},
                    fault_case{"reset_in_the_head", {.kind = fault_kind::reset, .at_byte = 40}},
                    fault_case{"reset_in_the_body", {.kind = fault_kind::reset, .at_byte = 400}},
                    fault_case{"reset_in_a_stream", {.kind = fault_kind::reset, .at_byte = 900}, streamed},
                    fault_case{"close", {.kind = fault_kind::close_before_response}},
                    fault_case{"stall", {.kind = fault_kind::stall}},
                    fault_case{"truncated", {.kind = fault_kind::truncated_body}},
                    fault_case{"truncated_stream", {.kind = fault_kind::truncated_body}, streamed}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(SimServer, ResetsAreResets) {
    server sim{with_fault({.kind = fault_kind::reset, .at_byte = 40})};
    plain_client client{sim};
    ASSERT_FALSE(client.send("POST", openai, hello));
    std::string got(1000, '\0');
    error_code failure;
    auto const count = asio::read(client.stream(), asio::buffer(got), failure);
    EXPECT_EQ(failure, asio::error::connection_reset);
    EXPECT_LE(count, 40U);
}

TEST(SimServer, ResetsTlsConnectionsToo) {
    server sim{options{.tls = true, .faults = {{.kind = fault_kind::reset, .max_count = 1}}}};
    auto trust = trusting(sim.ca_pem());
    tls_client first{sim, trust};
    ASSERT_FALSE(shake_hands(first, "localhost"));
    EXPECT_EQ(first.post(openai, hello).failure, asio::error::connection_reset);
    tls_client second{sim, trust};
    ASSERT_FALSE(shake_hands(second, "localhost"));
    EXPECT_EQ(second.post(openai, hello).message.result_int(), 200U);
}

TEST(SimServer, SendsWholeResponsesSlowly) {
    server sim{with_fault({.kind = fault_kind::slow, .wait = 1ms})};
    auto const out = plain_client{sim}.post(openai, hello);
    EXPECT_FALSE(out.failure);
    EXPECT_EQ(out.message.result_int(), 200U);
    EXPECT_THAT(out.at("/choices/0/message/content"), HasSubstr("Hello there"));
}

TEST(SimServer, StopsWhileStallingAndWhileWaiting) {
    for (auto const& wanted :
         {options{.faults = {{.kind = fault_kind::stall}}}, options{.latency = {.first_byte = 1h}}}) {
        server sim{wanted};
        plain_client client{sim};
        ASSERT_FALSE(client.send("POST", openai, hello));
        while (sim.stats().model_requests == 0) std::this_thread::yield();
        sim.stop();
        sim.stop();
        EXPECT_TRUE(client.receive().failure);
    }
}

TEST(SimServer, NoticesACallerWhoLeavesAStall) {
    server sim{options{.faults = {{.kind = fault_kind::stall}}, .stall_limit = 1h}};
    {
        plain_client client{sim};
        ASSERT_FALSE(client.send("POST", openai, hello));
        while (sim.stats().model_requests == 0) std::this_thread::yield();
        EXPECT_EQ(sim.stats().open_connections, 1U);
    }
    auto const until = std::chrono::steady_clock::now() + 10s;
    while (sim.stats().open_connections != 0 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(sim.stats().open_connections, 0U);
}

TEST(SimServer, RefusesWhatIsNotARequest) {
    server sim{options{.max_body_bytes = 1000}};
    plain_client large{sim};
    EXPECT_EQ(large.post(openai, std::string(2000, ' ')).message.result_int(), 413U);
    plain_client garbage{sim};
    ASSERT_FALSE(garbage.send("\x16\x03\x01 not HTTP at all\r\n\r\n"));
    EXPECT_EQ(garbage.receive().message.result_int(), 400U);
    plain_client talkative{sim};
    ASSERT_FALSE(talkative.send("GET /v1/models HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"));
    EXPECT_EQ(talkative.receive().message.result_int(), 431U);
    plain_client fine{sim};
    EXPECT_EQ(fine.post(openai, hello).message.result_int(), 200U);
}

TEST(SimServer, TakesPipelinedAndExpectingRequests) {
    server sim;
    plain_client client{sim};
    std::string const one = "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n";
    ASSERT_FALSE(client.send(one + one));
    EXPECT_EQ(client.receive().message.result_int(), 200U);
    EXPECT_EQ(client.receive().message.result_int(), 200U);
    ASSERT_FALSE(
        client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
                    std::to_string(hello.size()) + "\r\n\r\n"));
    std::string go_on(25, '\0');
    asio::read(client.stream(), asio::buffer(go_on));
    EXPECT_EQ(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
    ASSERT_FALSE(client.send(hello));
    EXPECT_EQ(client.receive().message.result_int(), 200U);
}

TEST(SimServer, ClosesWhereTheCallerAsksForIt) {
    server sim;
    plain_client client{sim};
    auto const out = client.post(openai, hello, {{"Connection", "close"}});
    EXPECT_EQ(out.header("connection"), "close");
    EXPECT_EQ(client.receive().failure, http::error::end_of_stream);
}

TEST(SimServer, ServesManyConnectionsAtOnce) {
    server sim{options{.latency = {.first_byte = 20ms}}};
    std::vector<std::unique_ptr<plain_client>> clients;
    for (int i = 0; i < 256; ++i) {
        clients.push_back(std::make_unique<plain_client>(sim));
        ASSERT_FALSE(clients.back()->send("POST", openai, hello));
    }
    for (auto& client : clients) EXPECT_EQ(client->receive().message.result_int(), 200U);
    EXPECT_EQ(sim.stats().peak_connections, 256U);
}

TEST(SimServer, TurnsAwayConnectionsBeyondItsBound) {
    server sim{options{.max_connections = 1}};
    plain_client first{sim};
    EXPECT_EQ(first.post(openai, hello).message.result_int(), 200U);
    plain_client second{sim};
    EXPECT_TRUE(second.post(openai, hello).failure);
}

TEST(SimServer, ClosesIdleConnections) {
    server sim{options{.idle_timeout = 20ms}};
    plain_client client{sim};
    EXPECT_EQ(client.receive().failure, http::error::end_of_stream);
}

TEST(SimServer, SaysWhatItsHandlerSays) {
    std::atomic<int> asked{0};
    server sim{options{.record_requests = 2,
                       .handler = [&](recorded_request const& request) -> std::optional<scripted_response> {
                           ++asked;
                           if (request.target == "/teapot")
                               return scripted_response{.status = 418,
                                                        .headers = {{"x-tea", "green"}, {"Content-Type", "text/plain"}},
                                                        .body = "short and stout"};
                           if (request.target == "/pieces")
                               return scripted_response{.pieces = {"a", "b", "c"}, .piece_delay = 1ms};
                           if (request.target == "/gone")
                               return scripted_response{.fault = fault{.kind = fault_kind::close_before_response}};
                           if (request.target == "/throw") throw std::runtime_error{"oops"};
                           return std::nullopt;
                       }}};
    plain_client client{sim};
    auto const tea = client.post("/teapot", "water", {{"X-Leaf", "yes"}});
    EXPECT_EQ(tea.message.result_int(), 418U);
    EXPECT_EQ(tea.header("x-tea"), "green");
    EXPECT_EQ(tea.header("content-type"), "text/plain");
    EXPECT_EQ(tea.message.body(), "short and stout");
    EXPECT_EQ(sim.requests().back().header("x-leaf"), "yes");
    EXPECT_EQ(sim.requests().back().body, "water");
    EXPECT_EQ(client.post("/pieces", "").message.body(), "abc");
    EXPECT_EQ(client.post("/throw", "").message.result_int(), 500U);
    EXPECT_EQ(client.post(openai, hello).message.result_int(), 200U);
    EXPECT_EQ(sim.requests().size(), 2U);
    EXPECT_EQ(sim.requests().front().target, "/throw");
    EXPECT_TRUE(client.post("/gone", "").failure);
    EXPECT_EQ(asked, 5);
}

TEST(SimServer, SaysTheSameTwice) {
    options const wanted{.seed = 7, .faults = {{.kind = fault_kind::http_status, .probability = 0.3}}};
    server one{wanted};
    server two{wanted};
    plain_client to_one{one};
    plain_client to_two{two};
    for (int i = 0; i < 20; ++i) {
        auto const a = to_one.post(openai, hello);
        auto const b = to_two.post(openai, hello);
        EXPECT_EQ(a.message.result_int(), b.message.result_int());
        EXPECT_EQ(a.at("/choices/0/message/content"), b.at("/choices/0/message/content"));
        EXPECT_EQ(a.header("x-request-id"), b.header("x-request-id"));
    }
}

errc start_failure(options wanted) {
    try {
        server const sim{std::move(wanted)};
    } catch (exception const& thrown) {
        return thrown.why().code;
    }
    return errc{};
}

TEST(SimServer, SaysWhyItCannotStart) {
    server const first;
    EXPECT_EQ(start_failure({.port = first.port()}), errc::io_failed);
    EXPECT_EQ(start_failure({.max_connections = 0}), errc::invalid_argument);
}

}  // namespace
}  // namespace coax::sim
