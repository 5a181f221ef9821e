#pragma once

#include <coax/batch/background_rows.hpp>
#include <coax/batch/batch_route.hpp>
#include <coax/batch/record_batch.hpp>
#include <coax/batch/service_batches.hpp>
#include <coax/client/client.hpp>
#include <coax/provider/provider.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coax::detail {

/// The ways through the service that rows take besides one request each.
struct service_ways {
    std::optional<service_batch_options> batches{};
    std::optional<background_rows_options> background{};
    /// Otherwise only responses that runs before have begun are waited for.
    bool begins_in_background{false};
};

/// The files beside a journal that have the ids of what is under way.
[[nodiscard]] std::string batches_ledger_of(std::string const& journal);
[[nodiscard]] std::string background_ledger_of(std::string const& journal);

/// Whether rows of a run before are under way.
[[nodiscard]] bool has_rows_under_way(std::string const& journal);

/// For batches of another way: what earlier runs have left at the service is waited for, nothing new goes there.
[[nodiscard]] service_batch_options only_draining(service_batch_options options);

/// The ways of a route, and what runs before have left on others.
/// Errors: `errc::invalid_argument`: two of them at once.
/// @param journal  Empty: it has no name.
/// @param service  As `service_batch_options::service`.
[[nodiscard]] result<service_ways> ways_of(batch_route const& route, std::string const& journal,
                                           std::string const& service);

/// Whether a service has such ways. Errors: `errc::invalid_argument`, `where` is `where`.
[[nodiscard]] result<void> check_batches(provider const& service, std::string_view where);
/// @param sample  A request of the batch, with its model.
[[nodiscard]] result<void> check_background(provider const& service, chat_request sample,
                                            std::string_view completion_window, std::string_view where);

/// `run_service_batches`, or `run_records` with responses in the background among its rows.
[[nodiscard]] boost::asio::awaitable<batch_summary> run_by_ways(service_ways ways, record_batch batch,
                                                                std::shared_ptr<batch_journal> journal, client llm,
                                                                service_batch_questions questions,
                                                                batch_options options);

}  // namespace coax::detail
