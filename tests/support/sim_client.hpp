#pragma once

#include <coax/client/options.hpp>
#include <coax/sim/server.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace coax::test {

/// One way of speaking to the simulator.
struct wire_form {
    char const* name;
    std::string_view service;
    std::string_view path;  ///< After the server's URL.
    std::string_view api_version;
    std::string_view deployment;
    bool bearer;
    std::string_view api{};
};

inline void PrintTo(wire_form const& form, std::ostream* out) { *out << form.name; }

inline constexpr wire_form wire_forms[]{
    {"openai", "openai", "/v1", "", "", false},
    {"azure_deployment", "azure", "", "2024-10-21", "dep", false},
    {"azure_v1", "azure", "", "", "dep", false},
    {"azure_v1_bearer", "azure", "", "", "dep", true},
    {"anthropic", "anthropic", "", "", "", false},
    {"anthropic_2026", "anthropic", "", "2026-10-21", "", false},
    {"compatible", "compatible", "/v1", "", "", false},
    {"gemini", "gemini", "", "", "", false},
    {"vertex", "vertex", "", "", "", true},
    {"openai_responses", "openai", "/v1", "", "", false, "responses"},
    {"azure_responses", "azure", "", "", "dep", false, "responses"},
};

/// A legacy that has no word for much of what the others are asked for.
inline constexpr wire_form azure_ai_form{"azure_ai", "azure_ai", "/models", "", "", false};

/// Options of a client that speaks this form to `server`, with the key "sk-sim" and quick retries.
inline client_options options_for(wire_form const& form, sim::server const& server) {
    client_options options;
    options.service.provider.service = form.service;
    options.service.provider.api = form.api;
    options.service.provider.base_url = server.url() + std::string{form.path};
    options.service.provider.api_version = form.api_version;
    options.service.provider.deployment = form.deployment;
    options.service.provider.bearer = form.bearer;
    options.service.api_key = "sk-sim";
    options.service.model = "dep";
    options.http.ca_pem = server.ca_pem();
    options.policies.retry.initial_delay = std::chrono::milliseconds{1};
    options.policies.retry.max_delay = std::chrono::milliseconds{5};
    return options;
}

}  // namespace coax::test
