#include "cli/queue_flags.hpp"

#include "cli/number_flag.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <utility>

namespace coax::cli {
namespace {

constexpr char queue_group[] = "Queue";

/// Where the user and password of an address end; npos: it has none.
std::size_t end_of_user(std::string const& url) {
    auto const host = url.find("://");
    if (host == std::string::npos) return host;
    return url.substr(0, url.find_first_of("/?#", host + 3)).find('@');
}

/// The arguments of a process can be read by every user of its machine.
bool shows_password(std::string const& url) {
    auto const at = end_of_user(url);
    return at != std::string::npos && url.find(':', url.find("://") + 3) < at;
}

/// "redis://user@host" and a password as one address.
std::string with_password(std::string url, std::string const& password) {
    auto const host = url.find("://");
    if (password.empty() || host == std::string::npos) return url;
    std::string encoded;
    for (auto const byte : password) {
        constexpr char digits[] = "0123456789ABCDEF";
        auto const code = static_cast<unsigned char>(byte);
        encoded.append(1, '%').append(1, digits[code >> 4U]).append(1, digits[code & 15U]);
    }
    auto const at = end_of_user(url);
    auto const place = at == std::string::npos ? host + 3 : at;
    return url.insert(place, at == std::string::npos ? ":" + encoded + "@" : ":" + encoded);
}

}  // namespace

void add_queue_flag(CLI::App& command, queue_flags& flags, std::string description) {
    description += ": redis://[user@]host[:port]/database/job, or rediss://…; its password in COAX_QUEUE_PASSWORD";
    command.add_option("--queue", flags.url, std::move(description))->group(queue_group);
}

void add_coordinator_flags(CLI::App& command, queue_flags& flags) {
    add_queue_flag(command, flags,
                   "Let workers on any machines (coax worker) do the work, over a queue in Redis. --rpm, --tpm, "
                   "--concurrency and --max-cost then hold for all of them together");
    add_number(command, "--queue-window", flags.window, number_range<std::size_t>{1, 65'535},
               "With --queue: rows in the queue, or in work, at once")
        ->default_str("1000")
        ->group(queue_group);
}

void add_lease_flags(CLI::App& command, queue_flags& flags) {
    add_number(command, "--lease", flags.lease, number_range{1.0, 86'400.0},
               "Seconds after which others take over the rows of a worker that gives no sign of life; give all workers "
               "the same")
        ->default_str("60")
        ->group(queue_group);
    add_number(command, "--max-deliveries", flags.max_deliveries, number_range{1, 1'000},
               "Workers that may die over a row before it goes to the dead letters")
        ->default_str("5")
        ->group(queue_group);
}

result<queue_options> queue_options_of(queue_flags const& flags, service_flags const& service,
                                       environment const& look_up) {
    if (shows_password(flags.url))
        return invalid_argument("--queue", "a password goes into COAX_QUEUE_PASSWORD: others can read arguments");
    auto url = flags.url.empty() ? look_up("COAX_QUEUE").value_or("") : flags.url;
    if (url.empty()) return invalid_argument("--queue", "which queue? name it, or set COAX_QUEUE");
    if (!shows_password(url)) url = with_password(std::move(url), look_up("COAX_QUEUE_PASSWORD").value_or(""));
    queue_options options{.url = secret{std::move(url)}, .ca_file = service.ca_file};
    if (flags.lease) options.lease = std::chrono::milliseconds{static_cast<std::int64_t>(*flags.lease * 1000.0)};
    if (flags.max_deliveries) options.max_deliveries = *flags.max_deliveries;
    if (auto valid = validate(options); !valid) {
        auto why = std::move(valid).error();
        if (why.where == "url") why.where = flags.url.empty() ? "COAX_QUEUE" : "--queue";
        return why;
    }
    return options;
}

}  // namespace coax::cli
