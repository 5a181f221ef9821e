#pragma once

#include "client/request_layer.hpp"

#include <coax/client/output_format.hpp>
#include <coax/client/tool_stream.hpp>
#include <coax/client/toolbox.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coax::detail {

/// What a run is given besides its request.
struct run_plan {
    toolbox tools;
    run_options bounds;
    output_format format;
    std::shared_ptr<tool_stream::state> watcher;  ///< Null: nobody watches.
};

/// A run within its own time limit, observed where anyone does. To be awaited on the shard.
asio::awaitable<result<boxed_response>> begin_run(std::shared_ptr<client::impl> self, shard& at, chat_request request,
                                                  run_plan plan, call_scope scope);

/// What all turns of one run share.
struct tool_turns {
    run_plan const& plan;
    provider const& service;
    telemetry_options const* telemetry;  ///< Null: nobody observes.
    call_origin const* origin;
};

/// Runs the calls of one turn. Everything referred to outlives it.
/// @returns A message for each call, in the order of the calls, and maybe one that shows what they gave besides.
asio::awaitable<std::vector<message>> run_turn(std::vector<tool_call> const& calls, int round, tool_turns const& turns);

/// The results of one turn in a form that the service takes. @param outputs  One for each call.
[[nodiscard]] std::vector<message> result_messages(provider const& service, std::vector<tool_call> const& calls,
                                                   std::vector<tool_output> outputs);

}  // namespace coax::detail
