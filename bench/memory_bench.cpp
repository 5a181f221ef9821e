// How much memory does a request take while it waits for its response? 10,000 at once on one thread, each on a
// connection of its own; the server, a process beside this one, holds its replies back until all are there.
//
//   bench_memory                                  Google Benchmark: bytes of resident memory for each request
//
// Each is measured in a process of its own, which begins with nothing.

#include "answer_server.hpp"
#include "load_server.hpp"

#include <coax/client/client.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/map.hpp>

#include <benchmark/benchmark.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <cstdio>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::size_t requests = 10'000;

std::size_t resident_bytes() {
    std::ifstream file{"/proc/self/statm"};
    std::size_t all = 0;
    std::size_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// What is known of a run; the last look before the first reply counts.
struct watched {
    std::size_t begun{resident_bytes()};
    std::size_t sent{0};
    std::size_t done{0};
    std::size_t resident{0};

    /// What was only needed to connect is given back to the system first.
    void look() {
        if (done != 0 || sent != requests) return;
        malloc_trim(0);
        resident = resident_bytes();
    }
    [[nodiscard]] double bytes_each() const {
        return resident == 0 ? 0 : static_cast<double>(resident - begun) / static_cast<double>(requests);
    }
};

asio::awaitable<void> watch(watched& seen) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    while (seen.done == 0) {
        timer.expires_after(50ms);
        co_await timer.async_wait(asio::deferred);
        seen.look();
    }
}

/// A request and what its response needs, held as briefly as can be.
template <class Stream>
asio::awaitable<void> beast_request(std::unique_ptr<Stream> stream, watched& seen) {
    constexpr auto token = asio::as_tuple(asio::deferred);
    {
        http::request<http::string_body> request{http::verb::post, "/v1/chat/completions", 11};
        request.set(http::field::host, "localhost");
        request.body() = R"({"model":"gpt-5.4","messages":[{"role":"user","content":")" + bench::prompt() + R"("}]})";
        request.prepare_payload();
        auto const [failed, written] = co_await http::async_write(*stream, request, token);
        if (failed) std::abort();
    }
    ++seen.sent;
    co_await boost::beast::get_lowest_layer(*stream).async_wait(tcp::socket::wait_read, token);
    ++seen.done;
}

template <class Stream, class Make>
double beast_bytes(bench::load_server const& server, Make make) {
    asio::io_context context{1};
    auto const where = *tcp::resolver{context}.resolve("127.0.0.1", server.port()).begin();
    watched seen;
    for (std::size_t i = 0; i < requests; ++i) {
        tcp::socket socket{context};
        socket.connect(where);
        asio::co_spawn(context, beast_request<Stream>(make(std::move(socket)), seen), asio::detached);
        context.poll();
    }
    asio::co_spawn(context, watch(seen), asio::detached);
    while (seen.done == 0) context.run_one();
    return seen.bytes_each();
}

double beast(bench::load_server const& server) {
    if (server.ca_pem().empty())
        return beast_bytes<tcp::socket>(server,
                                        [](tcp::socket one) { return std::make_unique<tcp::socket>(std::move(one)); });
    asio::ssl::context trust{asio::ssl::context::tls_client};
    SSL_CTX_set_mode(trust.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    trust.add_certificate_authority(asio::buffer(server.ca_pem()));
    using tls_stream = asio::ssl::stream<tcp::socket>;
    return beast_bytes<tls_stream>(server, [&trust](tcp::socket one) {
        auto stream = std::make_unique<tls_stream>(std::move(one), trust);
        stream->handshake(asio::ssl::stream_base::client);
        return stream;
    });
}

double coax_bytes(bench::load_server const& server) {
    coax::runtime rt;
    coax::client_options options{
        .service = {.provider = {.base_url = server.url() + "/v1"}, .api_key = "sk-bench", .model = "gpt-5.4"}};
    options.policies.max_concurrency = requests;
    options.http.max_connections = options.http.max_connections_per_host = requests;
    options.http.ca_pem = server.ca_pem();
    coax::client const llm{rt, std::move(options)};
    watched seen;
    auto const ask = [&](std::size_t) -> asio::awaitable<void> {
        ++seen.sent;
        (void)co_await llm.chat(bench::prompt());
        ++seen.done;
    };
    std::vector<std::size_t> const all(requests);
    rt.run([](auto each, std::vector<std::size_t> const& numbers, watched& looked) -> asio::awaitable<void> {
        asio::co_spawn(co_await asio::this_coro::executor, watch(looked), asio::detached);
        (void)co_await coax::map(numbers, {.concurrency = requests}, each);
    }(ask, all, seen));
    return seen.bytes_each();
}

/// In a child, which gives the figure back; 0: not all were waiting at once.
double measured(double (*run)(bench::load_server const&), bool tls) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    auto const child = fork();
    if (child == 0) {
        double figure = 0;
        {
            bench::load_server const server{{.tls = tls, .held = requests}};
            figure = run(server);
        }
        if (write(ends[1], &figure, sizeof figure) < 0) std::abort();
        _exit(0);
    }
    double figure = 0;
    if (read(ends[0], &figure, sizeof figure) != sizeof figure) figure = 0;
    close(ends[0]);
    close(ends[1]);
    waitpid(child, nullptr, 0);
    return figure;
}

void add(char const* name, double (*run)(bench::load_server const&), bool tls) {
    benchmark::RegisterBenchmark(name, [run, tls](benchmark::State& state) {
        for (auto _ : state) {
            state.counters["bytes"] = measured(run, tls);
            if (state.counters["bytes"] == 0) state.SkipWithError("not all were waiting when the first reply came");
        }
    })->Iterations(1);
}

}  // namespace

int main(int argc, char** argv) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < requests + 100) {
        std::fprintf(stderr, "bench_memory: %zu open files are needed: ulimit -n\n", requests + 100);
        return 1;
    }
    add("waiting_beast_plain", beast, false);
    add("waiting_coax_plain", coax_bytes, false);
    add("waiting_beast_tls", beast, true);
    add("waiting_coax_tls", coax_bytes, true);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
