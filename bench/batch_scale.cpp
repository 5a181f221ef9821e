// Does memory grow with the rows of a batch? `batch_scale ROWS` asks about that many, through a client whose transport
// is in memory and answers at once, and prints what is resident on the way. The journal goes to a file beside it, and
// is removed. Exit 1: more than 16 MB were taken after the first million, or a row is missing or there twice.

#include <coax/batch/process_batch.hpp>
#include <coax/coax.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace asio = boost::asio;

double resident_megabytes() {
    long pages = 0;
    long resident = 0;
    std::ifstream{"/proc/self/statm"} >> pages >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

coax::result<coax::stream<coax::batch_record>> count_to(std::uint64_t count) {
    return coax::generate(
        [count, next = std::uint64_t{0}]() mutable -> asio::awaitable<std::optional<coax::batch_record>> {
            if (next == count) co_return std::nullopt;
            coax::batch_record record{.index = next, .line = next + 1, .key = std::to_string(next)};
            record.numeric_key = true;
            record.fields = coax::json_value::parse("{\"text\":\"row " + record.key + "\"}").value();
            ++next;
            co_return record;
        });
}

coax::client_options in_memory() {
    coax::client_options options{.service = {.api_key = "any", .model = "m"}};
    options.service.transport = std::make_shared<coax::memory_transport>([](coax::http_request const&) {
        return coax::result<coax::memory_transport::timed_response>{coax::memory_transport::timed_response{
            .response = {.status = 200,
                         .body =
                             R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,)"
                             R"("message":{"role":"assistant","content":"yes"},"finish_reason":"stop"}],)"
                             R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})"}}};
    });
    return options;
}

/// Tells what is resident whenever a tenth is done.
class memory_table {
public:
    explicit memory_table(std::uint64_t rows) : step_{rows / 10} { std::printf("%12s  %8s  %8s\n", "rows", "MB", "s"); }

    void count() {
        if (++done_ % step_ != 0) return;
        auto const now = resident_megabytes();
        std::chrono::duration<double> const passed = std::chrono::steady_clock::now() - begin_;
        std::printf("%12llu  %8.1f  %8.1f\n", static_cast<unsigned long long>(done_), now, passed.count());
        std::fflush(stdout);
        if (first_ == 0 && done_ >= 1'000'000) first_ = now;
        last_ = now;
    }
    [[nodiscard]] double grown() const noexcept { return first_ == 0 ? 0 : last_ - first_; }

private:
    std::uint64_t step_;
    std::uint64_t done_{0};
    double first_{0};
    double last_{0};
    std::chrono::steady_clock::time_point begin_{std::chrono::steady_clock::now()};
};

/// Each index of a journal once.
bool has_each_once(std::string const& path, std::uint64_t rows) {
    std::vector<bool> seen(rows);
    std::uint64_t found = 0;
    std::ifstream file{path};
    for (std::string line; std::getline(file, line); ++found) {
        auto const index = std::strtoull(line.c_str() + sizeof "{\"index\":" - 1, nullptr, 10);
        if (index >= rows || seen[index]) return false;
        seen[index] = true;
    }
    return found == rows;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t const rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    if (rows < 10) return std::fprintf(stderr, "batch_scale ROWS, 10 or more\n"), 2;
    std::string const path = std::string{argv[0]} + '.' + std::to_string(::getpid()) + ".jsonl";
    memory_table told{rows};
    coax::runtime rt;
    coax::client const llm{rt.executor(), in_memory()};
    auto const sink = [&told](coax::batch_result<std::string> const&) -> coax::result<void> {
        told.count();
        return {};
    };
    auto const open = [rows] { return count_to(rows); };
    auto const done = rt.run(coax::process_batch<std::string>(llm, open, "Is {{text}} good?", {.journal = path}, sink));
    bool const is_whole = done.summary().ok == rows && has_each_once(path, rows);
    std::remove(path.c_str());
    std::printf("each index once: %s; %.1f MB more than after the first million\n", is_whole ? "yes" : "NO",
                told.grown());
    return is_whole && told.grown() < 16 ? 0 : 1;
}
