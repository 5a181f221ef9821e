#pragma once

#include "sim/file_service.hpp"
#include "sim/service_api.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

/// A row of a batch as it was sent.
struct batch_row {
    std::string id{};      ///< Its `custom_id` or key.
    std::string target{};  ///< Of the request that it stands for.
    std::string body{};
};

/// Why a batch does not pass its check.
struct batch_error {
    std::string code{};
    std::string message{};
    std::string param{};
    std::size_t line{0};  ///< From 1; 0: of none.
};

enum class batch_phase { validating, in_progress, completed, failed, expired, cancelling, cancelled };

struct stored_batch {
    std::string id{};
    std::string endpoint{};    ///< OpenAI's, or the model's path of Gemini's.
    std::string metadata{};    ///< JSON.
    std::string input_file{};  ///< Empty: the rows came with the request.
    moment created{};
    std::chrono::steady_clock::time_point over{};  ///< When its work ends.
    std::optional<moment> cancelled{};
    std::size_t number{0};  ///< In order of making, from 1.
    std::vector<batch_row> rows{};
    std::vector<batch_error> errors{};
    // Set once it is over:
    bool settled{false};
    std::size_t succeeded{0};
    std::size_t failed{0};   ///< Rows that were answered with an error.
    std::size_t undone{0};   ///< Rows that expired or were cancelled.
    std::string output{};    ///< Lines.
    std::string failures{};  ///< Lines of a file of their own, for the services that have one.
    std::string output_file{};
    std::string error_file{};
};

/// A part of the list of batches, the newest first.
struct batch_page {
    std::vector<stored_batch*> batches{};
    bool has_more{false};
};

/// What became of one row; no response: it was not worked on.
struct row_outcome {
    batch_row const& row;
    response const* answer;
    std::uint64_t seed;
};

/// How one service speaks of batches. Immutable.
class batch_api {
public:
    virtual ~batch_api() = default;

    /// Checks and reads a batch that is to be made. What the service tells only later is in `made.errors`.
    [[nodiscard]] virtual rejection read(json::value const& body, request_context const& context, file_service& files,
                                         stored_batch& made) const = 0;
    [[nodiscard]] virtual std::string id(std::uint64_t seed) const = 0;
    virtual void write(writer& out, stored_batch const& batch, batch_phase phase,
                       request_context const& context) const = 0;
    /// The phase in which it is shown when it is made.
    [[nodiscard]] virtual batch_phase first_phase() const noexcept { return batch_phase::in_progress; }
    /// What a request for its end is answered with. Default: the batch.
    virtual void write_cancelled(writer& out, stored_batch const& batch, batch_phase phase,
                                 request_context const& context) const {
        write(out, batch, phase, context);
    }
    /// Leaves of all batches, newest first, those that the query asks for.
    [[nodiscard]] virtual rejection take_page(std::string_view query, batch_page& page) const = 0;
    [[nodiscard]] virtual api_error unknown(std::string_view id) const = 0;
    /// Why it cannot be cancelled now; none: it can.
    [[nodiscard]] virtual rejection refuse_cancel(batch_phase phase) const = 0;
    /// Adds the line of a row to `batch.output` or `batch.failures`.
    virtual void add_row(stored_batch& batch, row_outcome const& outcome, batch_phase end) const = 0;
    /// Keeps what has come of it. Default: nothing to do.
    virtual void keep(stored_batch& /*batch*/, file_service& /*files*/, request_context const& /*context*/) const {}
    /// Of a list, around its batches.
    virtual void begin_list(writer& out) const = 0;
    virtual void end_list(writer& out, batch_page const& page) const = 0;
};

[[nodiscard]] batch_api const& openai_batches() noexcept;
[[nodiscard]] batch_api const& anthropic_batches() noexcept;
[[nodiscard]] batch_api const& gemini_batches() noexcept;

/// Leaves the `limit` batches that follow on the one of id `after`. @param after  Empty: the first ones.
[[nodiscard]] rejection take_batches(batch_page& page, std::string_view after, std::size_t limit, batch_api const& api);

/// The lines of a text, without empty ones; their numbers are from 1.
[[nodiscard]] std::vector<std::pair<std::size_t, std::string_view>> lines_of(std::string_view text);

}  // namespace coax::sim::detail
