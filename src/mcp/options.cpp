#include <coax/core/detail/name.hpp>
#include <coax/mcp/session.hpp>

#include <cstddef>
#include <string>

namespace coax::mcp {
namespace {

result<void> check_place(session_options const& options) {
    if (options.command.empty() == options.url.empty())
        return invalid_argument("command", "one of command and url must be set");
    if (!options.command.empty() && options.command.front().empty())
        return invalid_argument("command", "its first element is the program");
    if (!options.url.empty())
        if (auto const url = parse_base_url(options.url); !url) return invalid_argument("url", url.error().message);
    return {};
}

result<void> check_limits(session_limits const& limits) {
    auto const within = [](char const* where, std::size_t value, std::size_t least, std::size_t most) -> result<void> {
        if (value >= least && value <= most) return {};
        return invalid_argument(where, "must be in [" + std::to_string(least) + ", " + std::to_string(most) + "]");
    };
    for (auto const& each : {within("limits.max_message_bytes", limits.max_message_bytes, 1U << 10U, 1U << 30U),
                             within("limits.max_tools", limits.max_tools, 1, 100'000),
                             within("limits.max_pages", limits.max_pages, 1, 10'000),
                             within("limits.max_notifications", limits.max_notifications, 1, 1'000'000),
                             within("limits.max_pending", limits.max_pending, 1, 100'000)})
        if (!each) return each;
    return {};
}

}  // namespace

result<void> validate(session_options const& options) {
    if (!options.name.empty() && !core::detail::is_name(options.name))
        return invalid_argument("name", core::detail::name_rule);
    if (auto valid = check_place(options); !valid) return valid;
    if (options.start_timeout.count() <= 0) return invalid_argument("start_timeout", "must be positive");
    if (options.call_timeout.count() <= 0) return invalid_argument("call_timeout", "must be positive");
    if (options.stop_grace.count() <= 0) return invalid_argument("stop_grace", "must be positive");
    if (options.max_failed_starts < 1 || options.max_failed_starts > 1'000)
        return invalid_argument("max_failed_starts", "must be in [1, 1000]");
    if (auto valid = validate(options.http); !valid) return valid;
    return check_limits(options.limits);
}

}  // namespace coax::mcp
