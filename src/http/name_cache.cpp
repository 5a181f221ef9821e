#include "http/name_cache.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <chrono>
#include <unordered_map>
#include <utility>

namespace coax::http::detail {
namespace {

using asio::ip::tcp;

constexpr std::chrono::seconds names_kept{30};  // resolvers do not tell how long a name is good
constexpr std::size_t most_names = 1'024;       // then the cache starts anew

std::vector<tcp::endpoint> endpoints_of(std::vector<asio::ip::address> const& addresses, std::uint16_t port) {
    std::vector<tcp::endpoint> endpoints;
    endpoints.reserve(addresses.size());
    for (auto const& address : addresses) endpoints.emplace_back(address, port);
    return endpoints;
}

}  // namespace

/// The names that are known. Shared with the look-ups under way.
struct name_cache::table {
    struct entry {
        addresses found;
        clock::time_point asked;
    };

    explicit table(asio::any_io_executor const& executor) : resolver{executor} {}

    [[nodiscard]] addresses const* find(std::string const& host, clock::time_point now) const {
        auto const at = known.find(host);
        return at != known.end() && now - at->second.asked < names_kept ? &at->second.found : nullptr;
    }
    void remember(std::string host, addresses found, clock::time_point asked) {
        if (known.size() >= most_names) known.clear();
        known.insert_or_assign(std::move(host), entry{std::move(found), asked});
    }

    tcp::resolver resolver;
    std::unordered_map<std::string, entry> known{};
};

name_cache::name_cache(asio::any_io_executor const& executor) : table_{std::make_shared<table>(executor)} {}

name_cache::~name_cache() { table_->resolver.cancel(); }

void name_cache::forget(std::string const& host) { table_->known.erase(host); }

asio::awaitable<name_cache::outcome> name_cache::resolve(std::shared_ptr<table> names, std::string host,
                                                         clock::time_point asked) {
    auto const [failure, results] =
        co_await names->resolver.async_resolve(host, std::string{}, asio::as_tuple(asio::deferred));
    outcome out{.failure = failure};
    for (auto const& each : results) out.found.push_back(each.endpoint().address());
    if (!out.found.empty()) names->remember(std::move(host), out.found, asked);
    co_return out;
}

asio::awaitable<result<std::vector<tcp::endpoint>>> name_cache::look_up(std::string host, std::uint16_t port,
                                                                        exchange_deadline& limits, origin const& to) {
    boost::system::error_code ec;
    if (auto const address = asio::ip::make_address(host, ec); !ec) co_return std::vector{tcp::endpoint{address, port}};
    auto const now = limits.now();
    if (auto const* known = table_->find(host, now)) co_return endpoints_of(*known, port);

    auto shared = look_ups_.run(host, [names = table_, host, now] { return resolve(names, host, now); });
    auto const looked_up = co_await limits.run(std::move(shared));
    if (!looked_up) co_return looked_up.error();
    if (looked_up->found.empty())
        co_return error{.code = errc::connect_failed,
                        .message = "cannot find the address of " + host,
                        .where = coax::to_string(to),
                        .cause = looked_up->failure};
    co_return endpoints_of(looked_up->found, port);
}

}  // namespace coax::http::detail
