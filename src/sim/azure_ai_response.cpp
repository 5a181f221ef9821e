#include "sim/azure_ai_wire.hpp"
#include "sim/text.hpp"

namespace coax::sim::detail {
namespace {

std::string_view finish_word(finish_reason finish) noexcept {
    switch (finish) {
        case finish_reason::length: return "length";
        case finish_reason::tool_calls: return "tool_calls";
        case finish_reason::filtered: return "content_filter";
        default: return "stop";
    }
}

void write_azure_ai_head(writer& out, std::string_view object, parsed_chat const& chat,
                         request_context const& context) {
    out.begin_object().member("id", make_id(context.id_seed, 32)).member("object", object);
    out.member("created", unix_seconds(context.now.system)).member("model", chat.model);
}

void write_azure_ai_usage(writer& out, response const& counted) {
    out.key("usage").begin_object().member("prompt_tokens", counted.prompt_tokens);
    out.member("completion_tokens", counted.completion_tokens);
    out.member("total_tokens", counted.prompt_tokens + counted.completion_tokens).end_object();
}

void write_azure_ai_call(writer& out, tool_call const& call, std::string_view arguments) {
    out.begin_object().member("id", "call_" + call.id).member("type", "function").key("function").begin_object();
    out.member("name", call.name).member("arguments", arguments).end_object().end_object();
}

void write_azure_ai_message(writer& out, completion const& output) {
    out.begin_object().member("role", "assistant");
    write_text_or_null(out, "content", output.text, !output.calls.empty());
    if (!output.calls.empty()) {
        out.key("tool_calls").begin_array();
        for (auto const& call : output.calls) write_azure_ai_call(out, call, call.arguments);
        out.end_array();
    }
    out.end_object();
}

/// Writes the events of one streamed chat.
class azure_ai_stream {
public:
    azure_ai_stream(response& reply, parsed_chat const& chat, request_context const& context) : reply_{reply} {
        writer out{head_};
        write_azure_ai_head(out, "chat.completion.chunk", chat, context);
        out.key("choices").begin_array();
    }

    void write(completion const& output) {
        chunk([](writer& out) { out.member("role", "assistant").member("content", ""); });
        if (output.calls.empty())
            for (auto const piece : split_deltas(output.text))
                chunk([piece](writer& out) { out.member("content", piece); });
        for (auto const& call : output.calls) write_call(call);
        chunk([](writer& out) { out.member("content", ""); }, finish_word(output.finish));
        reply_.pieces.emplace_back("data: [DONE]\n\n");
    }

private:
    /// The pieces of a call bear its id in the place of an index.
    void write_call(tool_call const& call) {
        call_chunk([&](writer& out) { write_azure_ai_call(out, call, {}); });
        for (auto const piece : split_deltas(call.arguments))
            call_chunk([&](writer& out) {
                out.begin_object().member("id", "call_" + call.id).key("function").begin_object();
                out.member("arguments", piece).end_object().end_object();
            });
    }

    template <class Write>
    void call_chunk(Write write_one) {
        chunk([&](writer& out) {
            write_one(out.key("tool_calls").begin_array());
            out.end_array();
        });
    }

    template <class Write>
    void chunk(Write write_members, std::string_view finish = {}) {
        auto event = head_;
        writer out{event};
        write_members(out.begin_object().member("index", 0).key("delta").begin_object());
        write_text_or_null(out.end_object(), "finish_reason", finish, finish.empty());
        out.end_object().end_array();
        if (!finish.empty()) write_azure_ai_usage(out, reply_);
        out.end_object();
        reply_.pieces.push_back("data: " + event + "\n\n");
    }

    response& reply_;
    std::string head_{};  ///< Of every event, up to the choices.
};

}  // namespace

void write_azure_ai_chat(response& out, parsed_chat const& chat, std::vector<completion> const& completions,
                         request_context const& context) {
    auto const& output = completions.front();
    if (chat.stream) {
        azure_ai_stream{out, chat, context}.write(output);
        return;
    }
    writer body{out.body};
    write_azure_ai_head(body, "chat.completion", chat, context);
    body.key("choices").begin_array().begin_object().member("index", 0).key("message");
    write_azure_ai_message(body, output);
    body.member("finish_reason", finish_word(output.finish)).end_object().end_array();
    write_azure_ai_usage(body, out);
    body.end_object();
}

}  // namespace coax::sim::detail
