#pragma once

#include <string_view>

/// The names of OpenTelemetry's conventions for generative AI (v1.41.1, and what their new repository adds), for HTTP
/// and for errors; those of OpenInference that show what a function was given; and our own where there is none.
namespace coax::telemetry::detail {

struct names {
    static constexpr std::string_view operation{"gen_ai.operation.name"};
    static constexpr std::string_view provider{"gen_ai.provider.name"};
    static constexpr std::string_view request_model{"gen_ai.request.model"};
    static constexpr std::string_view output_type{"gen_ai.output.type"};
    static constexpr std::string_view choice_count{"gen_ai.request.choice.count"};
    static constexpr std::string_view seed{"gen_ai.request.seed"};
    static constexpr std::string_view stream{"gen_ai.request.stream"};
    static constexpr std::string_view max_tokens{"gen_ai.request.max_tokens"};
    static constexpr std::string_view temperature{"gen_ai.request.temperature"};
    static constexpr std::string_view top_p{"gen_ai.request.top_p"};
    static constexpr std::string_view top_k{"gen_ai.request.top_k"};
    static constexpr std::string_view frequency_penalty{"gen_ai.request.frequency_penalty"};
    static constexpr std::string_view presence_penalty{"gen_ai.request.presence_penalty"};
    static constexpr std::string_view stop_sequences{"gen_ai.request.stop_sequences"};
    static constexpr std::string_view reasoning_level{"gen_ai.request.reasoning.level"};

    static constexpr std::string_view response_id{"gen_ai.response.id"};
    static constexpr std::string_view response_model{"gen_ai.response.model"};
    static constexpr std::string_view finish_reasons{"gen_ai.response.finish_reasons"};
    static constexpr std::string_view time_to_first_chunk{"gen_ai.response.time_to_first_chunk"};
    static constexpr std::string_view input_tokens{"gen_ai.usage.input_tokens"};
    static constexpr std::string_view output_tokens{"gen_ai.usage.output_tokens"};
    static constexpr std::string_view reasoning_tokens{"gen_ai.usage.reasoning.output_tokens"};
    static constexpr std::string_view weave_reasoning_tokens{"gen_ai.usage.reasoning_tokens"};  // what Weave reads
    static constexpr std::string_view cache_read_tokens{"gen_ai.usage.cache_read.input_tokens"};
    static constexpr std::string_view cache_creation_tokens{"gen_ai.usage.cache_creation.input_tokens"};
    static constexpr std::string_view cache_write_tokens{"gen_ai.usage.cache_write.input_tokens"};  // its new name

    static constexpr std::string_view input_messages{"gen_ai.input.messages"};
    static constexpr std::string_view output_messages{"gen_ai.output.messages"};
    static constexpr std::string_view tool_name{"gen_ai.tool.name"};
    static constexpr std::string_view tool_type{"gen_ai.tool.type"};
    static constexpr std::string_view tool_call_id{"gen_ai.tool.call.id"};
    static constexpr std::string_view tool_arguments{"gen_ai.tool.call.arguments"};
    static constexpr std::string_view tool_result{"gen_ai.tool.call.result"};
    static constexpr std::string_view workflow_name{"gen_ai.workflow.name"};
    static constexpr std::string_view openai_api{"openai.api.type"};
    static constexpr std::string_view openai_service_tier{"openai.response.service_tier"};

    static constexpr std::string_view error_type{"error.type"};
    static constexpr std::string_view server_address{"server.address"};
    static constexpr std::string_view server_port{"server.port"};
    static constexpr std::string_view http_method{"http.request.method"};
    static constexpr std::string_view http_status{"http.response.status_code"};
    static constexpr std::string_view http_resend_count{"http.request.resend_count"};
    static constexpr std::string_view url{"url.full"};

    static constexpr std::string_view input_value{"input.value"};
    static constexpr std::string_view input_type{"input.mime_type"};
    static constexpr std::string_view output_value{"output.value"};
    static constexpr std::string_view output_type_of_value{"output.mime_type"};

    static constexpr std::string_view coax_operation{"coax.operation"};
    static constexpr std::string_view request_id{"coax.request_id"};
    static constexpr std::string_view attempts{"coax.attempts"};
    static constexpr std::string_view cached{"coax.cached"};
    static constexpr std::string_view reask{"coax.reask"};
    static constexpr std::string_view hedge{"coax.hedge"};
    static constexpr std::string_view queued{"coax.queued"};
    static constexpr std::string_view record_key{"coax.record.key"};
    static constexpr std::string_view records_ok{"coax.batch.ok"};
    static constexpr std::string_view records_failed{"coax.batch.failed"};
    static constexpr std::string_view records_unfinished{"coax.batch.unfinished"};

    static constexpr std::string_view token_usage{"gen_ai.client.token.usage"};
    static constexpr std::string_view token_type{"gen_ai.token.type"};
    static constexpr std::string_view operation_duration{"gen_ai.client.operation.duration"};
    static constexpr std::string_view first_chunk_duration{"gen_ai.client.operation.time_to_first_chunk"};
    static constexpr std::string_view queue_duration{"coax.client.queue.duration"};
};

}  // namespace coax::telemetry::detail
