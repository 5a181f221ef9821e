// How do I judge a whole file of posts, with limits and faults on the way and none lost?
// Run: scripts/demo, or build/release/examples/sentiment_batch [FILE]. Without a key a simulated service is hostile on
// purpose. Prints: progress, ten results, the summary, "200 of 200 records accounted for".
#include "local_server.hpp"
#include "sentiment.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/records.hpp>

#include <chrono>
#include <map>
using namespace std::chrono_literals;
using judgements = std::map<std::uint64_t, coax::batch_result<sentiment>>;  // by the record's place in the file

struct post {
    std::string text{};
};

coax::result<coax::chat_request> to_request(coax::batch_record const& record) {
    auto const read = coax::json::read<post>(record.fields);
    if (!read) return read.error();
    return coax::chat_request{.messages = {coax::system("Judge the sentiment."), coax::user("Post: " + read->text)}};
}

void print_samples(judgements const& results) {
    for (auto const& [index, one] : results) {
        if (index % (results.size() / 10) != 0) continue;
        std::cout << one.key << ": " << (one.value ? coax::json::write(*one.value) : to_string(one.value.error()))
                  << '\n';
    }
}

int main(int argc, char** argv) try {
    std::string const path = argc > 1 ? argv[1] : "examples/data/posts.jsonl";
    using enum coax::sim::fault_kind;
    coax::sim::options hostile{.requests_per_minute = 2400, .limit_window = 2s, .latency = {.first_byte = 200ms}};
    hostile.faults = {{.kind = rate_limited, .probability = 0.08, .wait = 500ms},
                      {.kind = schema_violation, .probability = 0.08},
                      {.kind = reset, .probability = 0.05}};
    local_server const service{hostile};

    coax::client_options options = service.options();
    options.policies.max_concurrency = 32;
    options.policies.rate_limits = {.requests_per_minute = 2000, .burst = 2s};
    options.policies.retry.max_attempts = 8, options.output.max_reasks = 4;
    coax::runtime rt;
    coax::client const llm{rt, options};

    judgements results;
    auto const keep = [&](auto one) { return results.emplace(one.index, one), coax::result<void>{}; };
    auto const show = [](coax::batch_progress const& now) { std::cout << to_line(now) << std::endl; };
    auto const total = coax::check_records(path, {}, {}).value();
    auto posts = coax::read_records(path).value();
    auto const summary =
        rt.run(coax::batch<sentiment>(llm, std::move(posts), to_request, keep, {.total = total, .on_progress = show}));
    if (results.size() >= 10) print_samples(results);
    std::cout << '\n' << to_string(summary) << '\n' << results.size() << " of " << total << " records accounted for\n";
    return results.size() == total ? 0 : 1;
} catch (coax::exception const& failure) {
    return std::cerr << failure.why() << '\n', 1;
}
