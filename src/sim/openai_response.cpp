#include "sim/openai_response.hpp"

#include "sim/random.hpp"
#include "sim/text.hpp"

namespace coax::sim::detail {
namespace {

constexpr std::string_view safe_results =
    R"({"hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}})";
constexpr std::string_view prompt_results =
    R"("prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}])";

std::string_view finish_name(answer const& made, chat_task const& task) noexcept {
    switch (made.ending) {
        case finish::stop:
        case finish::stop_sequence:
        case finish::refused: return "stop";
        case finish::length: return "length";
        case finish::tool_calls:
            return task.policy == tool_policy::named ? "stop" : "tool_calls";  // as forced calls end
        case finish::filtered: return "content_filter";
    }
    return "stop";
}

void append_call(std::string& out, made_call const& call, std::string_view arguments) {
    out.append(R"("id":"call_)").append(call.id).append(R"(","type":"function","function":{"name":)");
    append_quoted(out, call.name);
    out += R"(,"arguments":)";
    append_quoted(out, arguments);
    out += '}';
}

void append_message(std::string& out, answer const& made) {
    bool const refused = made.ending == finish::refused;
    bool const silent = refused || !made.calls.empty() || made.ending == finish::filtered;
    out += R"({"role":"assistant","content":)";
    append_text_or_null(out, made.text, silent);
    out += R"(,"refusal":)";
    append_text_or_null(out, made.text, !refused);
    if (!made.calls.empty()) {
        out += R"(,"tool_calls":[)";
        for (auto const& call : made.calls) {
            out += &call == &made.calls.front() ? "{" : ",{";
            append_call(out, call, call.arguments);
            out += '}';
        }
        out += ']';
    }
    out += R"(,"annotations":[]})";
}

void append_usage(std::string& out, std::size_t prompt, std::size_t completion) {
    out.append(R"({"prompt_tokens":)")
        .append(std::to_string(prompt))
        .append(R"(,"completion_tokens":)")
        .append(std::to_string(completion));
    out.append(R"(,"total_tokens":)").append(std::to_string(prompt + completion));
    out +=
        R"(,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})";
}

void append_choice(std::string& body, answer const& made, chat_task const& task, std::size_t index, bool azure) {
    body.append(index == 0 ? "" : ",").append(R"({"index":)").append(std::to_string(index)).append(R"(,"message":)");
    append_message(body, made);
    if (azure) body.append(R"(,"content_filter_results":)").append(made.calls.empty() ? safe_results : "{}");
    body.append(R"(,"logprobs":null,"finish_reason":")").append(finish_name(made, task)).append("\"}");
}

void write_whole(reply& out, chat_task const& task, std::vector<answer> const& answers, exchange const& with) {
    bool const azure = with.asked.speech != dialect::openai;
    auto& body = out.body;
    body = R"({"id":"chatcmpl-)" + make_id(with.id_seed, 24) + R"(","object":"chat.completion","created":)" +
           std::to_string(unix_seconds(with.now.wall)) + R"(,"model":)";
    append_quoted(body, task.model);
    body += R"(,"choices":[)";
    for (std::size_t i = 0; i < answers.size(); ++i) append_choice(body, answers[i], task, i, azure);
    body += R"(],"usage":)";
    append_usage(body, out.prompt_tokens, out.completion_tokens);
    if (azure) body.append(",").append(prompt_results);
    body += R"(,"service_tier":"default","system_fingerprint":null})";
}

/// Writes the events of one streamed chat.
class chunk_writer {
public:
    chunk_writer(reply& out, chat_task const& task, exchange const& with)
        : out_{out}, task_{task}, filters_{with.asked.speech != dialect::openai}, id_seed_{with.id_seed} {
        head_ = R"(data: {"id":"chatcmpl-)" + make_id(with.id_seed, 24) +
                R"(","object":"chat.completion.chunk","created":)" + std::to_string(unix_seconds(with.now.wall)) +
                R"(,"model":)";
        append_quoted(head_, task.model);
        head_ += R"(,"service_tier":"default","system_fingerprint":null,"choices":[)";
    }

    void write(std::vector<answer> const& answers) {
        if (filters_) {
            auto first = std::string{R"(data: {"id":"","object":"","created":0,"model":"",)"};
            out_.pieces.push_back(
                first.append(prompt_results).append(R"(,"choices":[])").append(usage_null()).append("}\n\n"));
        }
        std::vector<std::vector<std::string>> deltas;
        for (auto const& made : answers) deltas.push_back(deltas_of(made));
        for (std::size_t step = 0, left = answers.size(); left > 0; ++step)
            for (std::size_t choice = 0; choice < deltas.size(); ++choice) {
                if (step >= deltas[choice].size()) continue;
                bool const last = step + 1 == deltas[choice].size();
                chunk(choice, deltas[choice][step], last ? finish_name(answers[choice], task_) : std::string_view{});
                if (last) --left;
            }
        if (task_.include_usage) write_usage();
        out_.pieces.emplace_back("data: [DONE]\n\n");
    }

private:
    [[nodiscard]] std::string_view usage_null() const noexcept {
        return task_.include_usage ? std::string_view{R"(,"usage":null)"} : std::string_view{};
    }

    void chunk(std::size_t choice, std::string_view delta, std::string_view finish) {
        auto event = head_;
        event.append(R"({"index":)").append(std::to_string(choice)).append(R"(,"delta":)").append(delta);
        if (filters_)
            event.append(R"(,"content_filter_results":)")
                .append(delta.starts_with(R"({"content")") ? safe_results : "{}");
        event += R"(,"logprobs":null,"finish_reason":)";
        append_text_or_null(event, finish, finish.empty());
        event.append("}]").append(usage_null());
        if (task_.obfuscate && !filters_)
            event.append(R"(,"obfuscation":")")
                .append(make_id(mix(id_seed_, out_.pieces.size()), 2 + out_.pieces.size() % 9))
                .append("\"");
        out_.pieces.push_back(event.append("}\n\n"));
    }

    void write_usage() {
        auto event = head_ + R"(],"usage":)";
        append_usage(event, out_.prompt_tokens, out_.completion_tokens);
        out_.pieces.push_back(event.append("}\n\n"));
    }

    static std::string text_delta(std::string_view name, std::string_view text) {
        auto delta = "{\"" + std::string{name} + "\":";
        append_quoted(delta, text);
        return delta + "}";
    }

    /// Every delta of one choice; the last is the empty one that carries the finish reason.
    static std::vector<std::string> deltas_of(answer const& made) {
        std::vector<std::string> deltas;
        bool const refused = made.ending == finish::refused;
        if (!made.calls.empty()) {
            call_deltas(made.calls, deltas);
        } else {
            deltas.emplace_back(refused ? R"({"role":"assistant","content":null,"refusal":""})"
                                        : R"({"role":"assistant","content":"","refusal":null})");
            for (auto const part : split_deltas(made.text))
                deltas.push_back(text_delta(refused ? "refusal" : "content", part));
        }
        deltas.emplace_back("{}");
        return deltas;
    }

    /// One call opens together with the role; of several, the role stands alone.
    static void call_deltas(std::vector<made_call> const& calls, std::vector<std::string>& deltas) {
        std::string const role = R"({"role":"assistant","content":null)";
        if (calls.size() > 1) deltas.push_back(role + "}");
        for (std::size_t i = 0; i < calls.size(); ++i) {
            auto const slot = R"("tool_calls":[{"index":)" + std::to_string(i) + ",";
            auto opening = (calls.size() > 1 ? "{" : role + ",") + slot;
            append_call(opening, calls[i], {});
            deltas.push_back(opening + "}]}");
            for (auto const part : split_deltas(calls[i].arguments)) {
                auto delta = "{" + slot + R"("function":{"arguments":)";
                append_quoted(delta, part);
                deltas.push_back(delta + "}}]}");
            }
        }
    }

    reply& out_;
    chat_task const& task_;
    bool filters_;
    std::uint64_t id_seed_;
    std::string head_;
};

}  // namespace

void write_openai_chat(reply& out, chat_task const& task, std::vector<answer> const& answers, exchange const& with) {
    if (task.stream)
        chunk_writer{out, task, with}.write(answers);
    else
        write_whole(out, task, answers, with);
}

}  // namespace coax::sim::detail
