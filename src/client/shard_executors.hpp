#pragma once

#include <coax/runtime/runtime.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <vector>

namespace coax::detail {

[[nodiscard]] inline std::vector<asio::any_io_executor> executors_of(runtime const& rt) {
    std::vector<asio::any_io_executor> executors;
    executors.reserve(rt.shard_count());
    for (std::size_t i = 0; i < rt.shard_count(); ++i) executors.push_back(rt.executor(i));
    return executors;
}

}  // namespace coax::detail
