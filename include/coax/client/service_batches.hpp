#pragma once

#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
#include <coax/provider/service_batch.hpp>
#include <coax/tasks/stream.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coax {

namespace detail {
struct batch_claim;
}

/// What a row of a batch holds until its response is read: the money set aside for it, its place in the response cache.
/// Dropped unread, it gives the money back, or counts it as spent once `begin` was called. Copies share it.
class batch_row_claim {
public:
    batch_row_claim() = default;
    explicit batch_row_claim(std::shared_ptr<detail::batch_claim> held) : held_{std::move(held)} {}

    /// The row is handed over: from here on it may be billed.
    void begin() const noexcept;
    /// The service did nothing for the row: it expired, was cancelled, or never reached it.
    void release() const noexcept;

private:
    friend class service_batches;
    core::detail::shared_opaque<detail::batch_claim> held_{};
};

/// A row that is ready to be sent.
struct prepared_row {
    batch_row_request row{};
    std::string model{};  ///< All rows of a batch have the same one.
    batch_row_claim claim{};
    /// The response that the cache has: nothing is to be sent.
    std::optional<chat_response> cached{};
};

/// Batches that the service itself works on, within a day and at a lower price, also of another program: who keeps the
/// id finds the batch again after a crash. `run_service_batches` (<coax/batch/service_batches.hpp>) runs all records
/// of a batch by them.
///
/// `client_statistics::usage` has the tokens of rows once they are read. Where the client has a spending limit each row
/// sets aside what it can cost at the price of batches, from `prepare` on.
/// Errors, cancellation, thread safety, lifetime: as for `client`.
class service_batches {
public:
    explicit service_batches(client llm) : client_{std::move(llm)} {}

    /// What one batch may hold; `requests` 0: the service has none.
    [[nodiscard]] batch_limits limits() const;

    /// The row that asks what `client::parse` with that format would ask first. Nothing is sent.
    /// @param id  Letters, digits, '-' and '_', 64 at most; unique in its batch.
    /// @throws coax::exception  `errc::invalid_argument`: it cannot be asked; `errc::quota_exhausted`: what is left of
    ///         the spending limit is not enough, or set aside by others.
    boost::asio::awaitable<prepared_row> prepare(std::string id, chat_request request, output_format format = {}) const;

    /// Hands a batch over: uploads its rows where the service wants a file, and makes it. What only uploads is sent
    /// again as the client's options say; what makes the batch only where the service surely did not take it.
    /// @throws coax::exception  As `client::chat`; after `errc::connection_lost`, `errc::timeout` and the like the
    /// batch
    ///         may be there: `find` tells.
    boost::asio::awaitable<service_batch> submit(batch_input input) const;

    /// @throws coax::exception  As `client::chat`; `errc::not_found`: the service has no such batch (any more).
    boost::asio::awaitable<service_batch> look(std::string id) const;
    /// Asks for a batch's end. It is over some time later; what is done by then can be had. One that is over stays so.
    boost::asio::awaitable<service_batch> cancel(std::string id) const;
    /// A part of the account's batches, the newest first. @param next  `batch_page::next`; empty: the first part.
    boost::asio::awaitable<batch_page> list(std::string next = {}) const;

    /// The rows of a file of results, as they come, in any order: one is held at a time, of 64 MiB at most.
    /// @param where  Of `service_batch::results`.
    /// @throws coax::exception  As `client::stream`; `next` also `errc::connection_lost`, `errc::protocol_error`: what
    ///         was read before holds, and it can be read again from its beginning.
    boost::asio::awaitable<stream<batch_row>> results(std::string where) const;

    /// The response in a row that was answered, checked as `client::parse` does; it is never asked for again.
    /// @param claim  Of its `prepare`, which is settled; an empty one where another program has sent it.
    /// @throws coax::exception  The row's error; besides `errc::invalid_output`, `errc::refused`, `errc::truncated`,
    ///         `errc::content_filtered`.
    boost::asio::awaitable<chat_response> read(batch_row row, output_format format = {},
                                               batch_row_claim claim = {}) const;

private:
    client client_;
};

}  // namespace coax
