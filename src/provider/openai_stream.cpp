#include "provider/json_text.hpp"
#include "provider/openai_decode.hpp"
#include "provider/response_bound.hpp"
#include "provider/service_error.hpp"

#include <coax/bind/read.hpp>

#include <optional>
#include <utility>

namespace coax::detail {

template <class Text>
struct openai_chunk_choice {
    std::int64_t index{0};
    openai_message<Text> delta{};
    std::string finish_reason{};
    json_value content_filter_results{};
};

template <class Text>
struct openai_chunk {
    std::string id{};
    std::string model{};
    std::vector<openai_chunk_choice<Text>> choices{};
    std::optional<openai_usage> usage{};
    json_value prompt_filter_results{};
    json_value error{};
};

namespace {

bool says_something(json_value const& value) {
    return !value.is_null() && value.text() != "{}" && value.text() != "[]";
}

class openai_stream_decoder final : public stream_decoder {
public:
    openai_stream_decoder(openai_dialect const& dialect, header_list const& headers)
        : service_{dialect.service}, bound_{dialect.service} {
        answer_.request_id = request_id(headers);
        answer_.rate_limits = openai_rate_limits(headers);
    }

    result<void> feed(sse_event const& event, chat_delta& delta) override {
        if (done_) return {};
        if (event.data.starts_with("[DONE]")) {
            done_ = true;
            return {};
        }
        {
            openai_chunk<std::string> chunk;
            if (json::read_into(chunk, event.data, json::wire_options)) return take(chunk, event, delta);
        }
        openai_chunk<json_value> chunk;
        if (auto read = json::read_into(chunk, event.data, json::wire_options); !read)
            return make_protocol_error(service_, "an event of the stream is not a chunk", read.error(),
                                       answer_.request_id);
        return take(chunk, event, delta);
    }

    bool done() const noexcept override { return done_; }
    usage usage_so_far() const noexcept override { return answer_.usage; }

    result<chat_response> finish() override {
        if (!finished_ && !(done_ && begun_))
            return error{.code = errc::connection_lost,
                         .message = std::string{service_} + ": the stream ended before the answer did",
                         .http_status = 200,
                         .request_id = answer_.request_id};
        for (auto& slot : slots_) {
            auto& call = slot.call;
            if (call.id.empty()) call.id = made_up_call_id(answer_.tool_calls.size());
            if (call.arguments.empty()) call.arguments = "{}";
            answer_.tool_calls.push_back(std::move(call));
        }
        answer_.finish_reason = settled(answer_.finish_reason, !answer_.refusal.empty(), !answer_.tool_calls.empty());
        answer_.content_filter = filter_findings(prompt_filter_, answer_filter_);
        return std::move(answer_);
    }

private:
    struct concurrency_permit {
        std::int64_t index;
        tool_call call;
    };

    template <class Text>
    result<void> take(openai_chunk<Text>& chunk, sse_event const& event, chat_delta& delta) {
        if (is_truthy(chunk.error) || event.type == "error")
            return make_reported_error(service_, event.data, answer_.request_id);
        // Azure's filter chunks have these empty.
        if (answer_.id.empty()) answer_.id = std::move(chunk.id);
        if (answer_.model.empty()) answer_.model = std::move(chunk.model);
        if (chunk.usage) answer_.usage = to_usage(*chunk.usage);
        if (says_something(chunk.prompt_filter_results)) prompt_filter_ = std::move(chunk.prompt_filter_results);
        for (auto& choice : chunk.choices)
            if (choice.index == 0)
                if (auto taken = take(choice, delta); !taken) return taken;
        return {};
    }

    template <class Text>
    result<void> take(openai_chunk_choice<Text>& choice, chat_delta& delta) {
        begun_ = true;
        if (says_something(choice.content_filter_results)) answer_filter_ = std::move(choice.content_filter_results);
        if (!choice.finish_reason.empty()) take_finish(choice.finish_reason);
        auto& added = choice.delta;
        auto reasoning = take_text(added.reasoning_content);
        if (reasoning.empty()) reasoning = take_text(added.reasoning);
        if (auto taken = show(answer_.text, delta.text, take_text(added.content)); !taken) return taken;
        if (auto taken = show(answer_.refusal, delta.refusal, take_text(added.refusal)); !taken) return taken;
        if (auto taken = show(answer_.reasoning, delta.reasoning, std::move(reasoning)); !taken) return taken;
        for (auto& call : added.tool_calls)
            if (auto taken = take(call); !taken) return taken;
        if (!added.function_call.name.empty() || !slots_.empty()) return take_old_call(added.function_call);
        return {};
    }

    /// A filter's verdict may come after the natural end, and then overrides it.
    void take_finish(std::string_view name) {
        finished_ = true;
        if (answer_.finish_reason != finish_reason::content_filter) answer_.finish_reason = to_finish_reason(name);
    }

    result<void> show(std::string& whole, std::string& visible, std::string piece) {
        if (piece.empty()) return {};
        auto appended = bound_.append(whole, piece);
        if (visible.empty())
            visible = std::move(piece);
        else
            visible += piece;
        return appended;
    }

    template <class Text>
    result<void> take(openai_tool_call<Text>& wire) {
        bool const custom = wire.function.name.empty() && (!wire.custom.name.empty() || !wire.custom.input.empty());
        auto const& name = custom ? wire.custom.name : wire.function.name;
        auto slot = find_slot(wire.index, wire.id, name);
        if (!slot) return slot.error();
        auto& call = (*slot)->call;
        // Some servers repeat these with each fragment: they replace, only arguments grow.
        if (!wire.id.empty()) call.id = std::move(wire.id);
        if (!name.empty()) call.name = name;
        return bound_.append(call.arguments, custom ? wire.custom.input : take_arguments(wire.function.arguments));
    }

    template <class Text>
    result<void> take_old_call(openai_function<Text>& wire) {
        auto arguments = take_arguments(wire.arguments);
        if (wire.name.empty() && arguments.empty()) return {};
        openai_tool_call<std::string> call{.index = 0,
                                           .function = {.name = wire.name, .arguments = std::move(arguments)}};
        return take(call);
    }

    /// The call that a fragment belongs to: by index, else by id, else the last one; a name begins a new one.
    result<concurrency_permit*> find_slot(std::int64_t index, std::string_view id, std::string_view name) {
        for (auto& slot : slots_)
            if (index >= 0 ? slot.index == index : !id.empty() && slot.call.id == id) return &slot;
        if (index < 0 && id.empty() && name.empty() && !slots_.empty()) return &slots_.back();
        if (slots_.size() >= max_tool_calls) return answer_too_large(service_, "more than 128 tool calls");
        slots_.push_back({index, {}});
        return &slots_.back();
    }

    std::string_view service_;
    answer_bound bound_;
    chat_response answer_{};
    std::vector<concurrency_permit> slots_{};
    json_value prompt_filter_{};
    json_value answer_filter_{};
    bool begun_{false};
    bool finished_{false};
    bool done_{false};
};

}  // namespace

std::unique_ptr<stream_decoder> make_openai_stream_decoder(openai_dialect const& dialect, header_list const& headers) {
    return std::make_unique<openai_stream_decoder>(dialect, headers);
}

}  // namespace coax::detail
