#pragma once

#include <coax/coax.hpp>
#include <coax/sim/server.hpp>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <utility>

/// What the examples talk to: the service that the environment names (OPENAI_API_KEY and its like, see
/// `client_options::from_env`), or without one a simulated service in this process, over TLS on 127.0.0.1.
class local_server {
public:
    explicit local_server(coax::sim::options wanted = {}) {
        if (has_service()) return;
        wanted.tls = true;
        simulated_.emplace(std::move(wanted));
        std::clog << "no key is set: asking a simulated service at " << simulated_->url() << '\n';
    }

    /// How a client reaches it.
    [[nodiscard]] coax::client_options options() const {
        if (!simulated_) return coax::client_options::from_env();
        coax::client_options chosen{.service = {.api_key = "any", .model = "gpt-5-mini", .embedding_model = "e"}};
        chosen.service.provider.base_url = simulated_->url() + "/v1";
        chosen.http.ca_pem = simulated_->ca_pem();
        return chosen;
    }

    /// Nothing for a real service.
    [[nodiscard]] coax::sim::server const* simulated() const { return simulated_ ? &*simulated_ : nullptr; }

private:
    static bool has_service() {
        for (char const* name : {"COAX_PROVIDER", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_KEY", "ANTHROPIC_API_KEY",
                                 "ANTHROPIC_AUTH_TOKEN", "COAX_BASE_URL"})
            if (char const* value = std::getenv(name); value != nullptr && *value != '\0') return true;
        return false;
    }

    std::optional<coax::sim::server> simulated_;
};
