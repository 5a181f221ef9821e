// How do I ask about my own structs so that a crash costs nothing?
// Run: build/release/examples/resumable_batch. Without a key it asks a simulated service. Prints: the first run, which
// is cut short, what the second one still had to ask, and the answers.
#include "local_server.hpp"
#include "sentiment.hpp"

#include <coax/batch/process_batch.hpp>

#include <filesystem>

struct post {
    int id{};
    std::string text{};
};

boost::asio::awaitable<void> judge(coax::client llm, std::vector<post> posts, std::string journal) {
    auto done = co_await coax::process_batch<sentiment>(llm, posts, "Judge this post: {{text}}", {.journal = journal});
    std::cout << done.resumed().kept << " rows kept, " << done.summary().done() << " new\n";
    for (auto const& row : done.table()) {
        std::cout << row.key << ": ";
        if (row.value)
            std::cout << coax::reflect::enum_name(row.value->label) << '\n';
        else
            std::cout << row.value.error() << '\n';
    }
}

int main() try {
    local_server const service;
    coax::runtime rt;
    coax::client const llm{rt, service.options()};
    std::vector<post> const posts{{1, "What a day!"}, {2, "It rains again."}, {3, "So it is."}, {4, "What a day!"}};
    auto const journal = (std::filesystem::temp_directory_path() / "coax_resumable.jsonl").string();
    std::filesystem::remove(journal);
    rt.run(judge(llm, {posts.begin(), posts.begin() + 2}, journal));
    rt.run(judge(llm, posts, journal));
    std::cout << llm.statistics().calls << " calls for 4 posts\n";
} catch (coax::exception const& failure) {
    return std::cerr << failure.why() << '\n', 1;
}
