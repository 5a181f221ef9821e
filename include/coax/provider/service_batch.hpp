#pragma once

#include <coax/core/error.hpp>
#include <coax/core/result.hpp>
#include <coax/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// How far a batch is that a service works on.
enum class batch_state {
    unknown,  ///< A word that this version does not know: the batch is taken to go on.
    validating,
    in_progress,
    finishing,  ///< All rows are done, the results are being written.
    cancelling,
    completed,
    failed,  ///< Refused as a whole, before any row was worked on.
    expired,
    cancelled
};

[[nodiscard]] std::string_view to_string(batch_state state) noexcept;

/// A batch that a service works on, as it is at one moment, in whichever service's words.
struct service_batch {
    std::string id{};    ///< By which it is found again, also by another program.
    std::string mark{};  ///< Its `batch_input::mark`; empty: the service keeps none.
    batch_state state{batch_state::unknown};
    std::uint64_t total{0};  ///< Rows, as told; 0: not yet.
    std::uint64_t succeeded{0};
    std::uint64_t failed{0};  ///< Rows that failed, expired or were cancelled.
    /// Where results are, for `provider::encode_batch_results`; of a batch that is over, in every state.
    std::vector<std::string> results{};
    std::optional<error> failure{};                          ///< Why it was refused as a whole.
    std::optional<std::chrono::sys_seconds> created{};       ///< Where the service tells.
    std::optional<std::chrono::milliseconds> retry_after{};  ///< The service asks not to look again before.

    [[nodiscard]] bool is_over() const noexcept;
};

/// What one batch may hold.
struct batch_limits {
    std::size_t requests{0};  ///< 0: the service has no batches.
    std::size_t bytes{0};     ///< Of what is uploaded.
};

/// A batch on its way to a service.
struct batch_input {
    /// Names it among the batches of the account; letters, digits, '-' and '_'.
    std::string mark{};
    std::string endpoint{};  ///< `batch_row_request::endpoint` of all its rows.
    std::string model{};     ///< Of all its rows.
    std::string rows{};      ///< `batch_row_request::text` of each, with a newline after it.
    std::size_t count{0};
};

/// One row of a batch, as it is sent.
struct batch_row_request {
    std::string text{};      ///< JSON on one line.
    std::string endpoint{};  ///< The method that it is for. All rows of a batch have the same one.
};

/// What became of the last request by which a batch is handed over.
struct batch_handover {
    std::string reached{};                 ///< For the next request; not used once there is a batch.
    std::optional<service_batch> batch{};  ///< It is handed over.
};

/// What a service is asked about its batches.
enum class batch_request {
    look,    ///< How far one is.
    cancel,  ///< To end one; what is done by then can be had.
    list     ///< All of the account, the newest first; `id` names the part of the list.
};

/// A part of a service's list of batches.
struct batch_page {
    std::vector<service_batch> batches{};
    std::string next{};  ///< Names the next part; empty: this is the last.
};

/// What became of a row of a batch.
enum class batch_row_state {
    answered,  ///< `response` is what the service would have answered alone, also with an error.
    expired,   ///< It was not worked on in time. Nothing is billed.
    cancelled  ///< The same, as the batch was cancelled before.
};

struct batch_row {
    std::string id{};  ///< As it was sent with.
    batch_row_state state{batch_row_state::answered};
    http_response response{};
};

}  // namespace coax
