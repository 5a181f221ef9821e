#include "sim/anthropic_response.hpp"

#include "sim/text.hpp"

namespace coax::sim::detail {
namespace {

std::string_view stop_reason(finish ending) noexcept {
    switch (ending) {
        case finish::stop: return "end_turn";
        case finish::stop_sequence: return "stop_sequence";
        case finish::length: return "max_tokens";
        case finish::tool_calls: return "tool_use";
        case finish::filtered:
        case finish::refused: return "refusal";
    }
    return "end_turn";
}

bool declined(answer const& made) noexcept { return made.ending == finish::refused || made.ending == finish::filtered; }

/// The members of `stop_reason` and those beside it.
std::string stop_members(answer const& made) {
    std::string text = R"("stop_reason":")" + std::string{stop_reason(made.ending)} + R"(","stop_sequence":)";
    if (made.ending == finish::stop_sequence)
        append_quoted(text, made.stop_sequence);
    else
        text += "null";
    text += R"(,"stop_details":)";
    return text + (declined(made) ? R"({"type":"refusal","category":null,"explanation":null})" : "null");
}

std::string usage_of(std::size_t input, std::size_t output) {
    return R"({"input_tokens":)" + std::to_string(input) +
           R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":)" +
           std::to_string(output) + R"(,"service_tier":"standard"})";
}

/// `input` is an object on this wire; one that a fault cut short goes out empty.
std::string whole_input(made_call const& call, finish ending) {
    return ending == finish::length ? "{}" : call.arguments;
}

std::string use_block(made_call const& call, std::string_view input) {
    std::string block = R"({"type":"tool_use","id":"toolu_)" + call.id + R"(","name":)";
    append_quoted(block, call.name);
    return block.append(R"(,"input":)").append(input).append("}");
}

std::string text_block(std::string_view text) {
    std::string block = R"({"type":"text","text":)";
    append_quoted(block, text);
    return block + "}";
}

std::string message_head(chat_task const& task, exchange const& with) {
    std::string head =
        R"({"id":"msg_01)" + make_id(with.id_seed, 22) + R"(","type":"message","role":"assistant","model":)";
    append_quoted(head, task.model);
    return head;
}

void write_whole(reply& out, chat_task const& task, answer const& made, exchange const& with) {
    out.body = message_head(task, with) + R"(,"content":[)";
    if (made.calls.empty() && !made.text.empty()) out.body += text_block(made.text);
    for (auto const& call : made.calls) {
        if (&call != &made.calls.front()) out.body += ',';
        out.body += use_block(call, &call == &made.calls.back() ? whole_input(call, made.ending) : call.arguments);
    }
    out.body += "]," + stop_members(made) + R"(,"usage":)" + usage_of(out.prompt_tokens, out.completion_tokens) + "}";
}

/// Writes the events of one streamed message.
class event_writer {
public:
    explicit event_writer(reply& out) noexcept : out_{out} {}

    void write(chat_task const& task, answer const& made, exchange const& with) {
        event("message_start",
              R"("message":)" + message_head(task, with) +
                  R"(,"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":)" +
                  usage_of(out_.prompt_tokens, 1) + "}");
        if (made.calls.empty() && !made.text.empty()) write_text(made.text);
        for (auto const& call : made.calls)
            write_use(call, made.ending == finish::length && &call == &made.calls.back());
        event("message_delta", R"("delta":{)" + stop_members(made) + R"(},"usage":{"output_tokens":)" +
                                   std::to_string(out_.completion_tokens) + "}");
        event("message_stop", {});
    }

private:
    void event(std::string_view type, std::string_view members) {
        std::string text{"event: "};
        text.append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
        if (!members.empty()) text.append(",").append(members);
        out_.pieces.push_back(text.append("}\n\n"));
    }

    void open(std::string const& block) {
        event("content_block_start", R"("index":)" + std::to_string(index_) + R"(,"content_block":)" + block);
        if (index_ == 0) event("ping", {});
    }

    void delta(std::string_view type, std::string_view member_name, std::string_view text) {
        std::string members = R"("index":)" + std::to_string(index_) + R"(,"delta":{"type":")";
        members.append(type).append("\",\"").append(member_name).append("\":");
        append_quoted(members, text);
        event("content_block_delta", members + "}");
    }

    void close() { event("content_block_stop", R"("index":)" + std::to_string(index_++)); }

    void write_text(std::string_view text) {
        open(text_block({}));
        for (auto const part : split_deltas(text)) delta("text_delta", "text", part);
        close();
    }

    /// A block that the token limit cuts is not closed, as recorded.
    void write_use(made_call const& call, bool cut) {
        open(use_block(call, "{}"));
        delta("input_json_delta", "partial_json", {});
        if (call.arguments != "{}")
            for (auto const part : split_deltas(call.arguments)) delta("input_json_delta", "partial_json", part);
        if (!cut) close();
    }

    reply& out_;
    int index_{0};
};

}  // namespace

void write_anthropic_chat(reply& out, chat_task const& task, answer const& made, exchange const& with) {
    if (task.stream)
        event_writer{out}.write(task, made, with);
    else
        write_whole(out, task, made, with);
}

}  // namespace coax::sim::detail
