#include "fleet/queue_link.hpp"

#include "fleet/queue_scripts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace coax::fleet::detail {
namespace {

cache::detail::redis_link_options link_options(queue_options const& options) {
    return {.connect_timeout = options.connect_timeout,
            .command_timeout = options.command_timeout,
            .retry_interval = options.retry_interval,
            .max_waiting_bytes = std::max<std::size_t>(64U << 20U, 4 * options.max_payload_bytes),
            .max_reply_bytes = std::max<std::size_t>(256U << 20U, 16 * options.max_payload_bytes),
            .ca_file = options.ca_file,
            .ca_pem = options.ca_pem,
            .client_certificate = options.client_certificate};
}

}  // namespace

bool is_away(error const& why) {
    constexpr std::array<std::string_view, 6> passing{"LOADING",     "BUSY",     "MASTERDOWN",
                                                      "CLUSTERDOWN", "READONLY", "TRYAGAIN"};
    switch (why.code) {
        case errc::connect_failed:
        case errc::connection_lost:
        case errc::timeout: return true;
        case errc::server_error: return std::ranges::find(passing, why.service_code) != passing.end();
        default: return false;
    }
}

queue_link::queue_link(queue_options const& options, queue_address address)
    : address_{std::move(address)},
      prefix_{"coax:{" + address_.job + "}:"},
      link_{std::make_shared<cache::detail::redis_link>(thread_.executor(), link_options(options), address_.server)},
      waiting_link_{
          std::make_shared<cache::detail::redis_link>(thread_.executor(), link_options(options), address_.server)} {}

asio::awaitable<result<redis_reply>> queue_link::run(std::string_view script, std::vector<std::string> arguments) {
    std::string bytes;
    append_script(bytes, script, prefix_, arguments);
    auto const link = link_;
    auto replies = co_await link->ask(std::move(bytes), 1);
    if (!replies) co_return std::move(replies).error();
    if (auto good = check(replies->front()); !good) co_return std::move(good).error();
    co_return std::move(replies->front());
}

asio::awaitable<result<std::vector<redis_reply>>> queue_link::run_all(std::string commands, std::size_t count) {
    auto const link = link_;  // it ends with the context, not before
    co_return co_await link->ask(std::move(commands), count);
}

asio::awaitable<result<std::vector<redis_reply>>> queue_link::wait_for(std::string commands, std::size_t count) {
    auto const link = waiting_link_;
    co_return co_await link->ask(std::move(commands), count);
}

}  // namespace coax::fleet::detail
