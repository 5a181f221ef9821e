#include "sim/anthropic_wire.hpp"
#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

std::string_view stop_reason(finish_reason finish) noexcept {
    switch (finish) {
        case finish_reason::stop: return "end_turn";
        case finish_reason::stop_sequence: return "stop_sequence";
        case finish_reason::length: return "max_tokens";
        case finish_reason::tool_calls: return "tool_use";
        case finish_reason::filtered:
        case finish_reason::refused: return "refusal";
    }
    return "end_turn";
}

void write_stop(writer& out, completion const& output) {
    bool const refused = output.finish == finish_reason::refused || output.finish == finish_reason::filtered;
    out.member("stop_reason", stop_reason(output.finish));
    write_text_or_null(out, "stop_sequence", output.stop_sequence, output.finish != finish_reason::stop_sequence);
    out.key("stop_details").raw(refused ? R"({"type":"refusal","category":null,"explanation":null})" : "null");
}

/// What came from the cache or went into it is not part of `input_tokens`.
void write_usage(writer& out, response const& counted, std::size_t output) {
    auto const apart = counted.cached_tokens + counted.cache_write_tokens;
    out.key("usage").begin_object();
    out.member("input_tokens", counted.prompt_tokens - std::min(counted.prompt_tokens, apart));
    out.member("cache_creation_input_tokens", counted.cache_write_tokens);
    out.member("cache_read_input_tokens", counted.cached_tokens);
    out.key("cache_creation").begin_object().member("ephemeral_5m_input_tokens", counted.cache_write_tokens);
    out.member("ephemeral_1h_input_tokens", 0).end_object();
    out.member("output_tokens", output).member("service_tier", "standard").end_object();
}

/// @param input  JSON.
void write_use_block(writer& out, tool_call const& call, std::string_view input) {
    out.begin_object().member("type", "tool_use").member("id", "toolu_" + call.id).member("name", call.name);
    out.key("input").raw(input).end_object();
}

void write_text_block(writer& out, std::string_view text) {
    out.begin_object().member("type", "text").member("text", text).end_object();
}

constexpr std::string_view thought = "The question is short; the answer should be, too.";

std::string_view shown_thought(parsed_chat const& chat) { return chat.omits_thoughts ? std::string_view{} : thought; }

/// @param text  As far as it is there.
void write_thought_block(writer& out, std::string_view text, std::string_view signature) {
    out.begin_object().member("type", "thinking").member("thinking", text).member("signature", signature).end_object();
}

/// Quotes the beginning of the document. @param document  Of plain text.
void write_citation(writer& out, cited_document const& document) {
    auto const quoted_text = utf8_first(document.text, 60);
    out.begin_object().member("type", "char_location").member("cited_text", quoted_text);
    out.member("document_index", document.index);
    write_text_or_null(out, "document_title", document.title, document.title.empty());
    out.member("start_char_index", 0).member("end_char_index", utf8_length(quoted_text)).key("file_id").null();
    out.end_object();
}

bool cites(parsed_chat const& chat) { return chat.cited && !chat.cited->text.empty(); }

void write_cited_block(writer& out, parsed_chat const& chat, std::string_view text) {
    out.begin_object().member("type", "text").member("text", text).key("citations").begin_array();
    write_citation(out, *chat.cited);
    out.end_array().end_object();
}

void write_head(writer& out, parsed_chat const& chat, request_context const& context) {
    out.begin_object().member("id", "msg_01" + make_id(context.id_seed, 22)).member("type", "message");
    out.member("role", "assistant").member("model", chat.model).key("content").begin_array();
}

/// Whether the token limit cut this call.
bool is_cut(completion const& output, tool_call const& call) noexcept {
    return output.finish == finish_reason::length && &call == &output.calls.back();
}

void write_whole(std::string& body, response const& reply, parsed_chat const& chat, completion const& output,
                 request_context const& context) {
    writer out{body};
    write_head(out, chat, context);
    if (chat.thinks) write_thought_block(out, shown_thought(chat), thought_signature(shown_thought(chat)));
    if (output.calls.empty() && !output.text.empty()) {
        if (cites(chat))
            write_cited_block(out, chat, output.text);
        else
            write_text_block(out, output.text);
    }
    // `input` is an object on this wire; one that is cut goes out empty.
    for (auto const& call : output.calls) write_use_block(out, call, is_cut(output, call) ? "{}" : call.arguments);
    write_stop(out.end_array(), output);
    write_usage(out, reply, reply.completion_tokens);
    out.end_object();
}

/// Writes the events of one streamed message.
class event_writer {
public:
    explicit event_writer(response& reply) noexcept : reply_{reply} {}

    void write(parsed_chat const& chat, completion const& output, request_context const& context) {
        event("message_start", [&](writer& out) {
            write_head(out.key("message"), chat, context);
            out.end_array().key("stop_reason").raw(R"(null,"stop_sequence":null,"stop_details":null)");
            write_usage(out, reply_, 1);
            out.end_object();
        });
        if (chat.thinks) write_thought(shown_thought(chat));
        if (output.calls.empty() && !output.text.empty()) write_text(output.text, chat);
        for (auto const& call : output.calls) write_use(call, is_cut(output, call));
        event("message_delta", [&](writer& out) {
            write_stop(out.key("delta").begin_object(), output);
            out.end_object().key("usage").begin_object();
            out.member("output_tokens", reply_.completion_tokens).end_object();
        });
        event("message_stop", [](writer&) {});
    }

private:
    template <class Write>
    void event(std::string_view type, Write write_members) {
        std::string text{"event: "};
        text.append(type).append("\ndata: ");
        writer out{text};
        out.begin_object().member("type", type);
        write_members(out);
        out.end_object();
        reply_.pieces.push_back(text.append("\n\n"));
    }

    template <class Write>
    void open(Write write_block) {
        event("content_block_start",
              [&](writer& out) { write_block(out.member("index", index_).key("content_block")); });
        if (index_ == 0) event("ping", [](writer&) {});
    }

    void delta(std::string_view type, std::string_view member_name, std::string_view text) {
        event("content_block_delta", [&](writer& out) {
            out.member("index", index_).key("delta").begin_object();
            out.member("type", type).member(member_name, text).end_object();
        });
    }

    void close() {
        event("content_block_stop", [this](writer& out) { out.member("index", index_++); });
    }

    void write_text(std::string_view text, parsed_chat const& chat) {
        open([](writer& out) { write_text_block(out, {}); });
        for (auto const part : split_deltas(text)) delta("text_delta", "text", part);
        if (cites(chat))
            event("content_block_delta", [&](writer& out) {
                out.member("index", index_).key("delta").begin_object().member("type", "citations_delta");
                write_citation(out.key("citation"), *chat.cited);
                out.end_object();
            });
        close();
    }

    void write_thought(std::string_view text) {
        open([](writer& out) { write_thought_block(out, {}, {}); });
        for (auto const part : split_deltas(text)) delta("thinking_delta", "thinking", part);
        delta("signature_delta", "signature", thought_signature(text));
        close();
    }

    /// A block that the token limit cuts is not closed, as recorded.
    void write_use(tool_call const& call, bool cut) {
        open([&](writer& out) { write_use_block(out, call, "{}"); });
        delta("input_json_delta", "partial_json", {});
        if (call.arguments != "{}")
            for (auto const part : split_deltas(call.arguments)) delta("input_json_delta", "partial_json", part);
        if (!cut) close();
    }

    response& reply_;
    int index_{0};
};

}  // namespace

void write_anthropic_chat(response& out, parsed_chat const& chat, completion const& output,
                          request_context const& context) {
    if (chat.stream)
        event_writer{out}.write(chat, output, context);
    else
        write_whole(out.body, out, chat, output, context);
    if (chat.threaded) write_whole(out.object, out, chat, output, context);
}

}  // namespace coax::sim::detail
