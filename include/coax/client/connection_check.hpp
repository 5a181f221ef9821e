#pragma once

#include <coax/client/client.hpp>
#include <coax/core/error.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace coax {

/// What a check found of one thing.
enum class check_state {
    unknown,  ///< Not looked at, since something before it is wrong; or the service was in trouble.
    ok,
    wrong
};

/// What `client::check_connection` found.
struct connection_check {
    /// There is a connection, with a certificate that is trusted, to a service of the configured kind.
    check_state address{check_state::unknown};
    check_state key{check_state::unknown};    ///< The service takes it; where none is set, it asks for none.
    check_state model{check_state::unknown};  ///< The service has it and lets this key use it.
    /// Why not all is well: of what is wrong, or the trouble that kept the rest unknown. Nothing: all is well.
    std::optional<error> why{};
    std::string model_name{};              ///< That was checked; empty: the server's only one.
    std::vector<std::string> models{};     ///< Where the model is wrong: what the service lists.
    std::chrono::milliseconds latency{0};  ///< Of all requests of the check.

    [[nodiscard]] bool ok() const noexcept { return !why; }
};

/// For people: a line each for address, key and model, and one with the reason where something is wrong.
[[nodiscard]] std::string to_string(connection_check const& found);

/// Whether a service can be called now.
struct client_health {
    bool ok{false};              ///< The service answered, and would take a call.
    std::optional<error> why{};  ///< Nothing: it is well.
    std::chrono::milliseconds latency{0};
    bool circuit_open{false};        ///< The client's circuit breaker turns calls away.
    client_statistics statistics{};  ///< Of the client so far, this request included.
};

/// What a client is set to. No member holds a secret.
struct client_info {
    std::string service{};          ///< As in `provider_options::service`.
    std::string address{};          ///< Where chats are sent, without the query.
    std::string model{};            ///< Empty: requests name it.
    std::string embedding_model{};  ///< Empty: `model`, or requests name it.
    std::string key{};              ///< "set", "none" or "token source".
    std::string options{};          ///< `describe(client_options)`: what differs from the defaults.
};

}  // namespace coax
