#include "provider/json_text.hpp"
#include "provider/openai_decode.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/service_error.hpp"

#include <coax/bind/read.hpp>

#include <utility>

namespace coax::detail {

namespace {

bool has_content(json_value const& value) { return !value.is_null() && value.text() != "{}" && value.text() != "[]"; }

class openai_stream_decoder final : public stream_decoder {
public:
    openai_stream_decoder(openai_profile const& profile, header_list const& headers)
        : service_{profile.service}, size_{profile.service} {
        response_.request_id = request_id(headers);
        response_.rate_limits = openai_rate_limits(headers);
    }

    result<void> feed(sse_event const& event, chat_delta& delta) override {
        if (done_) return {};
        if (event.data.starts_with("[DONE]")) {
            done_ = true;
            return {};
        }
        {
            openai_completion<std::string> chunk;
            if (json::read_into(chunk, event.data, json::wire_options)) return take(chunk, event, delta);
        }
        openai_completion<json_value> chunk;
        if (auto read = json::read_into(chunk, event.data, json::wire_options); !read)
            return make_protocol_error(service_, "an event of the stream is not a chunk", read.error(),
                                       response_.request_id);
        return take(chunk, event, delta);
    }

    bool done() const noexcept override { return done_; }
    usage usage_so_far() const noexcept override { return response_.usage; }

    result<chat_response> finish() override {
        if (!finished_ && !(done_ && started_))
            return error{.code = errc::connection_lost,
                         .message = std::string{service_} + ": the stream ended before the response did",
                         .http_status = 200,
                         .request_id = response_.request_id};
        for (auto& partial : calls_) {
            auto& call = partial.call;
            if (call.id.empty()) call.id = placeholder_call_id(response_.tool_calls.size());
            if (call.arguments.empty()) call.arguments = "{}";
            response_.tool_calls.push_back(std::move(call));
        }
        response_.finish_reason =
            refine_finish_reason(response_.finish_reason, !response_.refusal.empty(), !response_.tool_calls.empty());
        response_.content_filter = content_filter_json(prompt_filter_, response_filter_);
        return std::move(response_);
    }

private:
    struct partial_call {
        std::int64_t index;
        tool_call call;
    };

    template <class Text>
    result<void> take(openai_completion<Text>& chunk, sse_event const& event, chat_delta& delta) {
        if (is_truthy(chunk.error) || event.type == "error")
            return make_reported_error(service_, event.data, response_.request_id);
        // Azure's filter chunks have these empty.
        if (response_.id.empty()) response_.id = std::move(chunk.id);
        if (response_.model.empty()) response_.model = std::move(chunk.model);
        if (chunk.usage) response_.usage = to_usage(*chunk.usage);
        if (has_content(chunk.prompt_filter_results)) prompt_filter_ = std::move(chunk.prompt_filter_results);
        for (auto& choice : chunk.choices)
            if (choice.index == 0)
                if (auto taken = take(choice, delta); !taken) return taken;
        return {};
    }

    template <class Text>
    result<void> take(openai_choice<Text>& choice, chat_delta& delta) {
        started_ = true;
        if (has_content(choice.content_filter_results)) response_filter_ = std::move(choice.content_filter_results);
        if (!choice.finish_reason.empty()) take_finish(choice.finish_reason);
        auto& added = choice.delta;
        auto reasoning = take_text(added.reasoning_content);
        if (reasoning.empty()) reasoning = take_text(added.reasoning);
        if (auto taken = append(response_.text, delta.text, take_text(added.content)); !taken) return taken;
        if (auto taken = append(response_.refusal, delta.refusal, take_text(added.refusal)); !taken) return taken;
        if (auto taken = append(response_.reasoning, delta.reasoning, std::move(reasoning)); !taken) return taken;
        for (auto& call : added.tool_calls)
            if (auto taken = take(call); !taken) return taken;
        if (!added.function_call.name.empty() || !calls_.empty()) return take_function_call(added.function_call);
        return {};
    }

    /// A content filter's verdict may follow the natural end, and then replaces it.
    void take_finish(std::string_view name) {
        finished_ = true;
        if (response_.finish_reason != finish_reason::content_filter) response_.finish_reason = to_finish_reason(name);
    }

    result<void> append(std::string& whole, std::string& visible, std::string piece) {
        if (piece.empty()) return {};
        auto appended = size_.append(whole, piece);
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
        auto const partial = find_call(wire.index, wire.id, name);
        if (!partial) return partial.error();
        auto& call = (*partial)->call;
        // Some servers repeat these with each fragment: they replace, only arguments grow.
        if (!wire.id.empty()) call.id = std::move(wire.id);
        if (!name.empty()) call.name = name;
        return size_.append(call.arguments, custom ? wire.custom.input : take_arguments(wire.function.arguments));
    }

    template <class Text>
    result<void> take_function_call(openai_function<Text>& wire) {
        auto arguments = take_arguments(wire.arguments);
        if (wire.name.empty() && arguments.empty()) return {};
        openai_tool_call<std::string> call{.index = 0,
                                           .function = {.name = wire.name, .arguments = std::move(arguments)}};
        return take(call);
    }

    /// The call that a fragment belongs to: by index, else by id, else the last one; a name begins a new one.
    result<partial_call*> find_call(std::int64_t index, std::string_view id, std::string_view name) {
        for (auto& each : calls_)
            if (index >= 0 ? each.index == index : !id.empty() && each.call.id == id) return &each;
        if (index < 0 && id.empty() && name.empty() && !calls_.empty()) return &calls_.back();
        if (calls_.size() >= max_tool_calls) return response_too_large(service_, "more than 128 tool calls");
        calls_.push_back({index, {}});
        return &calls_.back();
    }

    std::string_view service_;
    response_size size_;
    chat_response response_{};
    std::vector<partial_call> calls_{};
    json_value prompt_filter_{};
    json_value response_filter_{};
    bool started_{false};
    bool finished_{false};
    bool done_{false};
};

}  // namespace

std::unique_ptr<stream_decoder> make_openai_stream_decoder(openai_profile const& profile, header_list const& headers) {
    return std::make_unique<openai_stream_decoder>(profile, headers);
}

}  // namespace coax::detail
