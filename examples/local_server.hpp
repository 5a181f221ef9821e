#pragma once

#include <coax/coax.hpp>
#include <coax/http/cassette.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/sim/server.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The network for clients that are made later: a transport for each executor that asks.
class late_network final : public coax::transport {
public:
    explicit late_network(coax::http_options options) : options_{std::move(options)} {}

    boost::asio::awaitable<coax::result<coax::http_response>> send(coax::http_request request,
                                                                   coax::exchange_limits limits) override {
        auto const network = reach(co_await boost::asio::this_coro::executor);
        co_return co_await network->send(std::move(request), limits);
    }
    boost::asio::awaitable<coax::result<std::unique_ptr<coax::streaming_response>>> open(
        coax::http_request request, coax::exchange_limits limits) override {
        auto const network = reach(co_await boost::asio::this_coro::executor);
        co_return co_await network->open(std::move(request), limits);
    }

private:
    std::shared_ptr<coax::transport> reach(boost::asio::any_io_executor executor) {
        std::scoped_lock const lock{mutex_};
        for (auto const& [where, network] : networks_)
            if (where == executor) return network;
        networks_.emplace_back(executor, std::make_shared<coax::http_transport>(executor, options_));
        return networks_.back().second;
    }

    coax::http_options options_;
    std::mutex mutex_{};
    std::vector<std::pair<boost::asio::any_io_executor, std::shared_ptr<coax::transport>>> networks_{};
};

/// What the examples talk to: the service that the environment names (OPENAI_API_KEY and its like, see
/// `client_options::from_env`), or without one a simulated service in this process, over TLS on 127.0.0.1. With
/// COAX_CASSETTE=FILE the simulated service is recorded there; once the file exists, it answers instead.
class local_server {
public:
    explicit local_server(coax::sim::options wanted = {}) {
        wanted.tls = true;
        if (auto const cassette = variable("COAX_CASSETTE"); !cassette.empty())
            transport_ = coax::replay_or_record(
                cassette, [&] { return std::make_shared<late_network>(simulate(std::move(wanted))); }, {},
                {.repeat = true});
        else if (!has_service())
            simulate(std::move(wanted));
    }

    /// How a client reaches it.
    [[nodiscard]] coax::client_options options() const {
        if (!is_simulated()) return coax::client_options::from_env();
        coax::client_options chosen{
            .service = {
                .api_key = "sk-example", .model = "gpt-5-mini", .embedding_model = "e", .transport = transport_}};
        chosen.service.provider.base_url = simulated_ ? simulated_->url() + "/v1" : "https://cassette.invalid/v1";
        if (simulated_) chosen.http.ca_pem = simulated_->ca_pem();
        return chosen;
    }

    /// Not a real service.
    [[nodiscard]] bool is_simulated() const { return simulated_ || transport_ != nullptr; }
    /// Nothing for a real service, and for a cassette.
    [[nodiscard]] coax::sim::server const* simulated() const { return simulated_ ? &*simulated_ : nullptr; }

private:
    static std::string variable(char const* name) {
        char const* const value = std::getenv(name);
        return value != nullptr ? value : "";
    }
    static bool has_service() {
        for (char const* name : {"COAX_PROVIDER", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_KEY", "ANTHROPIC_API_KEY",
                                 "ANTHROPIC_AUTH_TOKEN", "COAX_BASE_URL"})
            if (!variable(name).empty()) return true;
        return false;
    }
    coax::http_options simulate(coax::sim::options wanted) {
        simulated_.emplace(std::move(wanted));
        std::clog << "no key is set: asking a simulated service at " << simulated_->url() << '\n';
        return {.ca_pem = simulated_->ca_pem()};
    }

    std::optional<coax::sim::server> simulated_;
    std::shared_ptr<coax::transport> transport_{};
};
