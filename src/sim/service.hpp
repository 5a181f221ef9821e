#pragma once

#include "sim/answer_script.hpp"
#include "sim/batch_service.hpp"
#include "sim/fault_plan.hpp"
#include "sim/file_service.hpp"
#include "sim/limits.hpp"
#include "sim/message_threads.hpp"
#include "sim/prompt_cache.hpp"
#include "sim/responses_store.hpp"
#include "sim/service_api.hpp"

#include <coax/sim/server.hpp>

namespace coax::sim::detail {

/// Answers requests: no socket, no clock, no thread. Belongs to one thread.
class service {
public:
    explicit service(options const& opts);

    /// @param now  Never earlier than at the call before.
    [[nodiscard]] response handle(request_view const& request, moment now);

    /// The response to a request that is too large or not HTTP.
    [[nodiscard]] response refuse(int status, std::string message, moment now);

    /// Counted so far; the connection counts are the server's.
    [[nodiscard]] server_stats const& counted() const noexcept { return stats_; }

private:
    [[nodiscard]] request_context begin(request_route const& route, moment now);
    [[nodiscard]] response respond(request_view const& request, request_context const& context);
    [[nodiscard]] response model_request(request_view const& request, request_context const& context);
    [[nodiscard]] response run_model(request_view const& request, request_context const& context,
                                     fault const* injected);
    [[nodiscard]] response run_chat(json::value const& body, request_view const& request,
                                    request_context const& context, fault const* injected);
    [[nodiscard]] response run_responses(json::value body, request_view const& request, request_context const& context,
                                         fault const* injected);
    [[nodiscard]] response run_thread(json::value body, request_view const& request, request_context const& context,
                                      fault const* injected);
    [[nodiscard]] response kept_response(request_view const& request, request_context const& context);
    void add_completions(response& out, parsed_chat const& chat, answer_rule const* rule,
                         request_context const& context, fault const* injected);
    void keep(response const& out, parsed_chat const& chat, request_context const& context);
    [[nodiscard]] response run_embedding(json::value const& body, request_view const& request,
                                         request_context const& context);
    [[nodiscard]] response run_rerank(json::value const& body, request_context const& context);
    [[nodiscard]] response run_decisions(json::value const& body, request_context const& context,
                                         fault const* injected);
    [[nodiscard]] response run_batches(request_view const& request, request_context const& context);
    [[nodiscard]] response list_models(request_context const& context) const;
    [[nodiscard]] std::optional<response> check_limits(std::string_view model, std::size_t tokens,
                                                       request_context const& context);
    [[nodiscard]] bool knows(std::string_view model) const noexcept;
    void set_pace(response& out, request_context const& context) const;

    options options_;
    fault_plan faults_;
    limits limits_;
    answer_script answers_;
    prompt_cache cache_{};
    responses_store kept_{};
    file_service files_{};
    batch_service batches_{options_, files_};
    message_threads threads_{};
    server_stats stats_;
};

}  // namespace coax::sim::detail
