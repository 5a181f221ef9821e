#pragma once

#include <coax/client/client.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

/// One deployment or service that a `router` may use.
struct route {
    /// For `response_details::route` and messages. Empty: the number of the route, from 0.
    std::string name{};
    /// A client of its own: its address, key, model, quota, circuit breaker. Its `retry` counts only for what cannot
    /// move; its `timeout` does not count.
    client_options options{};
    /// The lowest that is free is used: reserved capacity 0, what takes over when it is full 1.
    int priority{0};
    /// Its share among those of one priority. Range: (0, 1e6].
    double weight{1.0};
    /// Used only for a call that failed elsewhere with one of these, such as a model with more context after
    /// `errc::context_too_long`. Empty: used for any.
    std::vector<errc> only_after{};
};

/// Which of the routes of one priority that are free takes a call.
enum class route_choice {
    weight,      ///< In turn, by their weights.
    least_busy,  ///< With the fewest calls under way for its weight; streams count until their end.
    fastest      ///< Whose calls, or beginnings of streams, took least time lately; each is tried again and again.
};

/// After which errors a call moves on: all that may be retried, a used-up quota, a refused key. The services' own word
/// (`x-should-retry`) is about themselves and does not count.
[[nodiscard]] retry_table default_moves();

/// How a `router` uses its routes.
struct router_options {
    std::vector<route> routes{};
    route_choice choice{route_choice::weight};
    /// Which errors move a call on to another route, at once. Those of a route's `only_after` do too.
    retry_table moves{default_moves()};
    /// When all routes have failed a call: whether and when it begins anew. A wait that services asked for is that of
    /// the earliest.
    retry_options retry{};
    /// The whole call, as `policy_options::timeout`. Zero: no limit.
    std::chrono::milliseconds timeout{0};
    /// How long after a call the next one with the same beginning of 4 KB, or the same `prompt_cache_key`, goes to the
    /// same route, where the service's prompt cache is warm; where it is free and no other priority is better. Zero: it
    /// does not matter. Range: [0, 1 day].
    std::chrono::milliseconds sticky{300'000};
    /// How long a route that has failed a call is left to the last, unless the service said how long. Range: [0, 1 h].
    std::chrono::milliseconds rest{5'000};
};

extern template class boxed<router_options>;

/// Errors: `errc::invalid_argument`; `where` is the option, such as "routes[1].weight".
[[nodiscard]] result<void> validate(router_options const& options);

/// What a route did so far, and does.
struct route_status {
    std::string name{};
    std::size_t under_way{0};
    std::uint64_t calls{0};             ///< Begun; each operation counts once.
    std::uint64_t failures{0};          ///< Of these.
    std::optional<error> last_error{};  ///< None: there was none.
    bool circuit_open{false};
    client_statistics statistics{};
};

/// A client over several deployments or services. It has all operations of a client, and is taken wherever one is:
///
///     coax::client const llm = coax::router{rt, {.routes = {{.name = "reserved", .options = a},
///                                                           {.name = "shared", .options = b, .priority = 1}}}};
///
/// A call goes to a route that is free: neither out of quota, nor told to wait, nor at its `max_concurrency`, nor with
/// an open circuit. Where none is, it waits in line for the earliest. One that fails moves on at once, as `moves` says;
/// `response_details::route` tells which route answered, `attempts` and `usage` count all. A request that names no
/// model gets that of its route.
///
/// What does not move, since it would be done twice: a stream after its first delta; a `run` once the model has
/// responded, whose rounds stay where they are, with that client's retries; texts of an `embed`, whose routes must have
/// one embedding model. Background responses are those of the first route. `options` are the first route's too, with
/// the router's `timeout` and `retry`; `statistics` are those of all.
/// Thread safety, lifetime, cancellation: as `client`.
class router final : public client {
public:
    /// On every shard of `rt`.
    /// @throws coax::exception  `errc::invalid_argument`; as the constructor of a client.
    router(runtime& rt, router_options options);
    /// On an executor that runs one handler at a time.
    router(boost::asio::any_io_executor executor, router_options options);

    /// In the order of the routes.
    [[nodiscard]] std::vector<route_status> routes() const;
};

}  // namespace coax
