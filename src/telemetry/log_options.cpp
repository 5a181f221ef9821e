#include "core/internal/boxed.hpp"

#include <coax/telemetry/log_options.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace coax {

template class boxed<log_options>;

result<void> validate(log_options const& options) {
    constexpr std::array<std::string_view, 6> rooms{"client", "http", "policy", "tools", "batch", "program"};
    for (auto const& [room, level] : options.rooms)
        if (std::ranges::find(rooms, room) == rooms.end())
            return invalid_argument(
                "rooms", "there is no room \"" + room + "\"; there are client, http, policy, tools, batch and program");
    constexpr std::size_t kib = 1'024;
    if (options.max_file_bytes < kib || options.max_file_bytes > kib * kib * kib * kib)
        return invalid_argument("max_file_bytes", "must be in [1 KiB, 1 TiB]");
    if (options.max_files < 1 || options.max_files > 1'000)
        return invalid_argument("max_files", "must be in [1, 1000]");
    if (options.queue < 1 || options.queue > 100'000) return invalid_argument("queue", "must be in [1, 100000]");
    return {};
}

}  // namespace coax
