#pragma once

#include "cli/ask_record.hpp"
#include "cli/cache_flags.hpp"
#include "cli/progress_flags.hpp"
#include "cli/queue_flags.hpp"
#include "cli/service_flags.hpp"

#include <coax/batch/options.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/options.hpp>
#include <coax/fleet/work_queue.hpp>
#include <coax/provider/embedding.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace coax::cli {

/// The flags of `coax worker`.
struct worker_flags {
    queue_flags queue{};
    cache_flags cache{};
    progress_flags progress{};
    std::optional<std::size_t> concurrency{};
    std::optional<int> retries{};
    std::optional<double> timeout{};
    std::optional<std::uint64_t> max_alike{};
    std::optional<double> max_pause{};
    std::string facts{};
    bool no_resend{false};
    bool until_empty{false};
    bool as_json{false};
    bool quiet{false};
};

/// Adds those that are not the queue's.
void add_worker_flags(CLI::App& command, worker_flags& flags);

/// How a worker does a job.
struct worker_setup {
    client_options client{};
    batch_options batch{};
    chat_request request{};  ///< Each row's, but for its messages.
    answer_form form{};
    std::optional<embedding_request> embedding{};     ///< Rows are texts for such requests; none: they are chats.
    std::size_t texts_per_request{0};                 ///< Of these.
    std::function<asio::awaitable<void>()> finish{};  ///< At its end. May be empty.
};

/// Errors: those of the configuration; `errc::invalid_argument`: the worker does not understand the job, or asks
/// another service than it is for.
[[nodiscard]] result<worker_setup> set_up_worker(worker_flags const& flags, service_flags const& service,
                                                 queue_job const& job, work_queue queue);

}  // namespace coax::cli
