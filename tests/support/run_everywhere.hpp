#pragma once

#include <coax/runtime/asio.hpp>
#include <coax/runtime/on_executor.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tasks/when_all.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace coax::test {

inline constexpr std::size_t shard_count = 3;

/// Runs one `work(i)` on each shard in turn, all together, and waits for all.
template <class F>
void run_everywhere(std::size_t count, F work) {
    runtime rt{{.threads = shard_count}};
    std::vector<asio::awaitable<void>> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(on_executor(rt.executor(i % shard_count), work(i)));
    rt.run(when_all(std::move(all)));
}

}  // namespace coax::test
