#pragma once

#include <coax/batch/batch.hpp>
#include <coax/client/client.hpp>
#include <coax/provider/embedding.hpp>
#include <coax/sync/single_flight.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace coax::detail {

/// Puts texts that are asked for one by one into requests of several. Used on one executor; outlives its calls.
class embedding_groups {
public:
    /// @param form  All of a request but its texts.
    /// @param size  Texts of one request.
    embedding_groups(client llm, embedding_request form, std::size_t size)
        : llm_{std::move(llm)}, form_{std::move(form)}, size_{size} {}

    /// The vector of a text as a JSON array, with its share of the tokens. Waits a moment for others to go with it.
    /// @throws coax::exception  As `client::embed`, and the text's own error.
    asio::awaitable<batch_output<std::string>> embed(std::string text);

private:
    struct group {
        std::uint64_t number;
        embedding_request request;
        std::size_t bytes{0};
    };
    using group_ptr = std::shared_ptr<group>;
    using response_ptr = std::shared_ptr<embedding_response const>;

    /// The group of the next text.
    group_ptr const& open_group();
    asio::awaitable<response_ptr> ask(group_ptr texts);

    client llm_;
    embedding_request form_;
    std::size_t size_;
    std::uint64_t count_{0};
    group_ptr open_{};  ///< Null: the next text begins one.
    single_flight<std::uint64_t, response_ptr> flights_{};
};

}  // namespace coax::detail
