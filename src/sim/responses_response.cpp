#include "sim/random.hpp"
#include "sim/responses_wire.hpp"
#include "sim/text.hpp"

namespace coax::sim::detail {
namespace {

constexpr std::string_view azure_findings =
    R"([{"blocked":false,"source_type":"prompt","content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}])";
constexpr std::string_view thought_summary = "Looking at what was asked, then at the form of the answer.";

std::string_view status_of(completion const& output) noexcept {
    bool const cut = output.finish == finish_reason::length || output.finish == finish_reason::filtered;
    return cut ? "incomplete" : "completed";
}

/// Whether the reasoning alone has used up the token limit.
bool is_starved(parsed_chat const& chat) noexcept {
    return chat.responses.max_tokens && chat.responses.reasoning_tokens >= *chat.responses.max_tokens;
}

/// One item, as it is in the end.
struct item {
    std::string_view kind;  ///< "reasoning", "message" or "function_call".
    std::string id;
    std::string_view text;           ///< Its text, refusal or arguments.
    tool_call const* call{nullptr};  ///< Of a function call.
    bool refused{false};
    std::string_view status{"completed"};
};

std::vector<item> items_of(parsed_chat const& chat, completion const& output, request_context const& context) {
    auto const& terms = chat.responses;
    bool const reasons = terms.reasoning_tokens > 0;
    std::vector<item> items;
    auto const id = [&](std::string_view kind) {
        return make_item_id(kind, context.id_seed, terms.store, reasons, items.size());
    };
    if (reasons) items.push_back({.kind = "reasoning", .id = id("rs"), .text = terms.summary ? thought_summary : ""});
    if (is_starved(chat)) return items;
    auto const status = status_of(output);
    for (auto const& call : output.calls) {
        bool const cut = &call == &output.calls.back();
        items.push_back({.kind = "function_call", .id = id("fc"), .text = call.arguments, .call = &call});
        if (cut) items.back().status = status;
    }
    if (output.calls.empty() && !(output.text.empty() && output.finish == finish_reason::filtered))
        items.push_back({.kind = "message",
                         .id = id("msg"),
                         .text = output.text,
                         .refused = output.finish == finish_reason::refused,
                         .status = status});
    return items;
}

/// @param text  So far.
void write_content_part(writer& out, item const& of, std::string_view text) {
    out.begin_object();
    if (of.refused)
        out.member("type", "refusal").member("refusal", text);
    else
        out.member("type", "output_text").member("text", text).key("annotations").raw("[]").key("logprobs").raw("[]");
    out.end_object();
}

void write_summary_part(writer& out, std::string_view text) {
    out.begin_object().member("type", "summary_text").member("text", text).end_object();
}

/// @param whole  Else as it is when it begins.
void write_output_item(writer& out, item const& of, parsed_chat const& chat, bool whole) {
    out.begin_object().member("type", of.kind).member("id", of.id);
    if (of.kind == "reasoning") {
        out.key("summary").begin_array();
        if (whole && !of.text.empty()) write_summary_part(out, of.text);
        out.end_array();
        if (chat.responses.encrypted) out.member("encrypted_content", encrypted_reasoning(of.id));
        out.end_object();
        return;
    }
    out.member("status", whole ? of.status : "in_progress");
    if (of.call != nullptr) {
        out.member("call_id", "call_" + of.call->id).member("name", of.call->name);
        out.member("arguments", whole ? of.text : "");
    } else {
        out.member("role", "assistant").key("content").begin_array();
        if (whole) write_content_part(out, of, of.text);
        out.end_array();
    }
    out.end_object();
}

std::string items_json(std::vector<item> const& items, parsed_chat const& chat) {
    std::string text;
    writer out{text};
    out.begin_array();
    for (auto const& each : items) write_output_item(out, each, chat, true);
    out.end_array();
    return text;
}

void write_item_usage(writer& out, response const& counted, parsed_chat const& chat) {
    out.key("usage").begin_object().member("input_tokens", counted.prompt_tokens);
    out.key("input_tokens_details").begin_object().member("cached_tokens", counted.cached_tokens);
    out.member("cache_write_tokens", counted.cache_write_tokens).end_object();
    out.member("output_tokens", counted.completion_tokens).key("output_tokens_details").begin_object();
    out.member("reasoning_tokens", chat.responses.reasoning_tokens).end_object();
    out.member("total_tokens", counted.prompt_tokens + counted.completion_tokens).end_object();
}

/// Writes response objects: the same one in each of its states.
class object_writer {
public:
    object_writer(response const& counted, parsed_chat const& chat, completion const& output,
                  request_context const& context)
        : counted_{counted}, chat_{chat}, output_{output}, context_{context} {}

    /// @param output  Its items; empty: there are none yet.
    [[nodiscard]] std::string object(std::string_view status, std::string_view items) const {
        std::string text;
        writer out{text};
        bool const ended = status == "completed" || status == "incomplete";
        auto const created = unix_seconds(context_.now.system);
        out.begin_object().member("id", "resp_" + make_id(context_.id_seed, 32)).member("object", "response");
        out.member("created_at", created).member("status", status).member("background", chat_.responses.background);
        if (ended) out.member("completed_at", created);
        out.key("error").null();
        write_incomplete(out, status);
        write_echoes(out);
        out.key("output").raw(items.empty() ? "[]" : items);
        if (ended)
            write_item_usage(out, counted_, chat_);
        else
            out.key("usage").null();
        if (context_.route.dialect != dialect::openai && ended) out.key("content_filters").raw(azure_findings);
        out.end_object();
        return text;
    }

private:
    void write_incomplete(writer& out, std::string_view status) const {
        if (status != "incomplete") {
            out.key("incomplete_details").null();
            return;
        }
        out.key("incomplete_details").begin_object();
        bool const filtered = output_.finish == finish_reason::filtered;
        out.member("reason", filtered ? "content_filter" : "max_output_tokens").end_object();
    }

    /// What the request said, else the service's default.
    void write_echoes(writer& out) const {
        struct echo {
            std::string_view name;
            std::string_view standard;
        };
        out.member("model", chat_.model).member("store", chat_.responses.store);
        for (auto const& [name, standard] :
             {echo{"instructions", "null"}, echo{"max_output_tokens", "null"}, echo{"max_tool_calls", "null"},
              echo{"parallel_tool_calls", "true"}, echo{"previous_response_id", "null"},
              echo{"reasoning", R"({"effort":null,"summary":null})"}, echo{"safety_identifier", "null"},
              echo{"service_tier", R"("default")"}, echo{"temperature", "1.0"},
              echo{"text", R"({"format":{"type":"text"}})"}, echo{"tool_choice", R"("auto")"}, echo{"tools", "[]"},
              echo{"top_p", "1.0"}, echo{"truncation", R"("disabled")"}, echo{"user", "null"},
              echo{"metadata", "{}"}}) {
            auto const* told = member(*chat_.responses.body, name);
            if (told == nullptr || told->is_null())
                out.key(name).raw(standard);
            else
                write_json(out.key(name), *told);
        }
    }

    response const& counted_;
    parsed_chat const& chat_;
    completion const& output_;
    request_context const& context_;
};

/// Writes the events of one streamed response.
class responses_event_writer {
public:
    responses_event_writer(response& reply, parsed_chat const& chat, std::uint64_t id_seed)
        : reply_{reply}, chat_{chat}, id_seed_{id_seed} {}

    /// @param object  The response object. "response.completed" and such.
    void state(std::string_view name, std::string_view object) {
        event("response." + std::string{name}, [&](writer& out) { out.key("response").raw(object); });
    }

    void write(item const& of, std::size_t index) {
        event("response.output_item.added", [&](writer& out) {
            out.member("output_index", index);
            write_output_item(out.key("item"), of, chat_, false);
        });
        if (of.kind == "reasoning")
            write_reasoning(of, index);
        else if (of.call != nullptr)
            write_arguments(of, index);
        else
            write_message(of, index);
        event("response.output_item.done", [&](writer& out) {
            out.member("output_index", index);
            write_output_item(out.key("item"), of, chat_, true);
        });
    }

private:
    template <class Write>
    void event(std::string const& type, Write write_members) {
        std::string text{"event: "};
        text.append(type).append("\ndata: ");
        writer out{text};
        auto const number = reply_.pieces.size();
        out.begin_object().member("type", type).member("sequence_number", number);
        write_members(out);
        if (chat_.obfuscate && type.ends_with(".delta"))
            out.member("obfuscation", make_id(mix(id_seed_, number), 2 + number % 9));
        out.end_object();
        reply_.pieces.push_back(text.append("\n\n"));
    }

    /// An event of one part of an item. @param part  "content_index"; empty: the item has none.
    template <class Write>
    void part_event(std::string const& type, item const& of, std::size_t index, std::string_view part,
                    Write write_members) {
        event(type, [&](writer& out) {
            out.member("item_id", of.id).member("output_index", index);
            if (!part.empty()) out.member(part, 0);
            write_members(out);
        });
    }

    void write_text(std::string const& kind, item const& of, std::size_t index, std::string_view part,
                    std::string_view whole_name) {
        for (auto const piece : split_deltas(of.text))
            part_event("response." + kind + ".delta", of, index, part,
                       [&](writer& out) { out.member("delta", piece); });
        part_event("response." + kind + ".done", of, index, part,
                   [&](writer& out) { out.member(whole_name, of.text); });
    }

    void write_reasoning(item const& of, std::size_t index) {
        if (of.text.empty()) return;
        for (auto const* const state : {"added", "done"}) {
            bool const done = state[0] == 'd';
            if (done) write_text("reasoning_summary_text", of, index, "summary_index", "text");
            part_event("response.reasoning_summary_part." + std::string{state}, of, index, "summary_index",
                       [&](writer& out) { write_summary_part(out.key("part"), done ? of.text : std::string_view{}); });
        }
    }

    void write_message(item const& of, std::size_t index) {
        part_event("response.content_part.added", of, index, "content_index",
                   [&](writer& out) { write_content_part(out.key("part"), of, {}); });
        write_text(of.refused ? "refusal" : "output_text", of, index, "content_index", of.refused ? "refusal" : "text");
        part_event("response.content_part.done", of, index, "content_index",
                   [&](writer& out) { write_content_part(out.key("part"), of, of.text); });
    }

    void write_arguments(item const& of, std::size_t index) {
        write_text("function_call_arguments", of, index, {}, "arguments");
    }

    response& reply_;
    parsed_chat const& chat_;
    std::uint64_t id_seed_;
};

}  // namespace

void write_responses(response& out, parsed_chat const& chat, completion const& output, request_context const& context) {
    auto ended = output;
    if (is_starved(chat)) ended.finish = finish_reason::length;
    auto const items = items_of(chat, ended, context);
    object_writer const write{out, chat, ended, context};
    auto const status = status_of(ended);
    out.object = write.object(status, items_json(items, chat));
    if (!chat.stream) {
        out.body = chat.responses.background ? write.object("queued", {}) : out.object;
        return;
    }
    responses_event_writer events{out, chat, context.id_seed};
    events.state("created", write.object("in_progress", {}));
    events.state("in_progress", write.object("in_progress", {}));
    for (std::size_t i = 0; i < items.size(); ++i) events.write(items[i], i);
    events.state(status, out.object);
}

std::string responses_error_event(api_error const& why) {
    std::string event{"event: error\ndata: "};
    writer out{event};
    out.begin_object().member("type", "error");
    write_text_or_null(out, "code", why.code.empty() ? why.type : why.code, false);
    out.member("message", why.message);
    write_text_or_null(out, "param", why.param, why.param.empty());
    out.end_object();
    return event + "\n\n";
}

}  // namespace coax::sim::detail
