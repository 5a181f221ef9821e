#include "sim/schema_rules.hpp"
#include "sim/wire_form.hpp"

#include <algorithm>
#include <array>

namespace coax::sim {
namespace {

using verdict = std::optional<wire_error>;

wire_error bad(std::string message, std::string param, std::string code = {}) {
    return {.status = 400, .message = std::move(message), .param = std::move(param), .code = std::move(code)};
}

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

// ---- reading -------------------------------------------------------------------------------------------------------

/// Reads one chat request, checking what the service checks in the order of its members.
class chat_reader {
public:
    chat_reader(json::value const& body, route const& asked, chat_task& task)
        : body_{body}, asked_{asked}, task_{task} {}

    verdict read() {
        if (!body_.is_object()) return bad("The request body must be a JSON object.", {});
        for (auto const step : {&chat_reader::read_model, &chat_reader::read_messages, &chat_reader::read_limits,
                                &chat_reader::read_sampling, &chat_reader::read_stops, &chat_reader::read_tools,
                                &chat_reader::read_choice, &chat_reader::read_format, &chat_reader::read_stream})
            if (auto found = (this->*step)()) return found;
        task_.hash =
            hash_of({"messages", "tools", "tool_choice", "response_format", "max_tokens", "max_completion_tokens"});
        return std::nullopt;
    }

private:
    /// A member that is there and not null.
    [[nodiscard]] json::value const* given(std::string_view name) const noexcept {
        auto const* found = member(body_, name);
        return found != nullptr && !found->is_null() ? found : nullptr;
    }

    [[nodiscard]] std::uint64_t hash_of(std::initializer_list<std::string_view> names) const noexcept {
        auto hash = hash_bytes(task_.model, 0);
        for (auto const name : names)
            if (auto const* value = given(name)) hash = hash_json(*value, hash_bytes(name, hash));
        return hash;
    }

    verdict read_model() {
        task_.model = asked_.speech == dialect::azure_classic ? asked_.name : text_member(body_, "model");
        if (task_.model.empty()) return bad("you must provide a model parameter", {});
        return std::nullopt;
    }

    // -- messages --

    verdict read_messages() {
        auto const* messages = given("messages");
        if (messages == nullptr)
            return bad("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
        if (!messages->is_array() || messages->get_array().empty())
            return bad("Invalid 'messages': expected an array with at least one message.", "messages", "empty_array");
        int index = 0;
        for (auto const& message : messages->get_array())
            if (auto found = read_message(message, "messages[" + std::to_string(index++) + "]")) return found;
        return expect_no_open_calls("messages");
    }

    verdict read_message(json::value const& message, std::string const& where) {
        if (!message.is_object())
            return bad("Invalid type for " + quoted(where) + ": expected an object.", where, "invalid_type");
        auto const role = text_member(message, "role");
        if (role != "tool")
            if (auto found = expect_no_open_calls(where + ".role")) return found;
        if (role == "tool") return read_tool_message(message, where);
        if (role == "assistant") return read_assistant_message(message, where);
        if (role == "function") return std::nullopt;
        if (role != "user" && role != "system" && role != "developer")
            return bad(
                "Invalid value: " + quoted(role) +
                    ". Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
                where + ".role", "invalid_value");
        std::string text;
        if (auto found = read_content(message, where, role, text)) return found;
        if (role == "user") hear_user(message, text);
        return std::nullopt;
    }

    void hear_user(json::value const& message, std::string const& text) {
        if (!task_.user_text.empty()) task_.user_text += '\n';
        task_.user_text += text;
        auto const* content = member(message, "content");
        if (content != nullptr && content->is_string())
            task_.last_user_text = view(content->get_string());
        else if (content != nullptr && content->is_array())
            for (auto const& part : content->get_array())
                if (text_member(part, "type") == "text") task_.last_user_text = text_member(part, "text");
        task_.tool_results.clear();
    }

    verdict expect_no_open_calls(std::string where) const {
        if (open_calls_.empty()) return std::nullopt;
        std::string ids;
        for (auto const id : open_calls_) ids += (ids.empty() ? "" : ", ") + std::string{id};
        return bad(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. "
            "The following tool_call_ids did not have response messages: " +
                ids,
            std::move(where));
    }

    verdict read_tool_message(json::value const& message, std::string const& where) {
        auto const id = text_member(message, "tool_call_id");
        if (id.empty())
            return bad("Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
                       where + ".tool_call_id");
        auto const open = std::ranges::find(open_calls_, id);
        if (open == open_calls_.end())
            return bad(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'.",
                where + ".role");
        open_calls_.erase(open);
        std::string text;
        if (auto found = read_content(message, where, "tool", text)) return found;
        task_.tool_results.push_back(std::move(text));
        return std::nullopt;
    }

    verdict read_assistant_message(json::value const& message, std::string const& where) {
        auto const* calls = member(message, "tool_calls");
        bool const has_calls = calls != nullptr && !calls->is_null();
        auto const* content = member(message, "content");
        bool const has_content = content != nullptr && !content->is_null();
        bool const says_something = has_calls || has_content || member(message, "function_call") != nullptr ||
                                    member(message, "refusal") != nullptr;
        if (!says_something)
            return bad("Invalid value for 'content': expected a string, got null.", where + ".content");
        std::string text;
        if (has_content)
            if (auto found = read_content(message, where, "assistant", text)) return found;
        return has_calls ? read_calls(*calls, where + ".tool_calls") : std::nullopt;
    }

    verdict read_calls(json::value const& calls, std::string const& where) {
        if (!calls.is_array() || calls.get_array().empty())
            return bad("Invalid " + quoted(where) + ": empty array. Expected an array with minimum length 1.", where,
                       "empty_array");
        for (auto const& call : calls.get_array()) {
            auto const id = text_member(call, "id");
            auto const type = text_member(call, "type");
            if (id.empty())
                return bad("Missing required parameter: " + quoted(where + ".id") + ".", where + ".id",
                           "missing_required_parameter");
            if (type != "function" && type != "custom")
                return bad("Missing required parameter: " + quoted(where + ".type") + ".", where + ".type",
                           "missing_required_parameter");
            auto const* function = member(call, "function");
            if (type == "function" &&
                (function == nullptr || text_member(*function, "name").empty() ||
                 member(*function, "arguments") == nullptr || !member(*function, "arguments")->is_string()))
                return bad("Invalid type for " + quoted(where + ".function.arguments") + ": expected a string.",
                           where + ".function", "invalid_type");
            open_calls_.push_back(id);
        }
        return std::nullopt;
    }

    verdict read_content(json::value const& message, std::string const& where, std::string_view role,
                         std::string& text) {
        auto const* content = member(message, "content");
        if (content != nullptr && content->is_string())
            text = view(content->get_string());
        else if (content == nullptr || !content->is_array() || content->get_array().empty())
            return bad("Invalid value for 'content': expected a string or an array of parts.", where + ".content",
                       "invalid_type");
        else if (auto found = read_parts(content->get_array(), where + ".content", role, text))
            return found;
        task_.prompt_bytes += text.size() + 16;
        return std::nullopt;
    }

    static verdict read_parts(json::array const& parts, std::string const& where, std::string_view role,
                              std::string& text) {
        for (auto const& part : parts) {
            auto const type = text_member(part, "type");
            bool const media = type == "image_url" || type == "input_audio" || type == "file";
            bool const known =
                type == "text" || (media && role == "user") || (type == "refusal" && role == "assistant");
            if (!known)
                return bad(
                    "Invalid value: " + quoted(type) + " is not a content part of a " + std::string{role} + " message.",
                    where, "invalid_value");
            if (member(part, type) == nullptr)
                return bad("Missing required parameter: " + quoted(where + "." + std::string{type}) + ".", where,
                           "missing_required_parameter");
            text += text_member(part, "text");
        }
        return std::nullopt;
    }

    // -- numbers --

    /// A whole number in [low, high].
    verdict whole(std::string_view name, std::int64_t low, std::int64_t high, std::optional<std::int64_t>& out) const {
        auto const* value = given(name);
        if (value == nullptr) return std::nullopt;
        auto const* number = value->if_int64();
        if (number == nullptr)
            return bad("Invalid type for " + quoted(name) + ": expected an integer.", std::string{name},
                       "invalid_type");
        if (*number < low)
            return bad("Invalid " + quoted(name) + ": integer below minimum value. Expected a value >= " +
                           std::to_string(low) + ", but got " + std::to_string(*number) + " instead.",
                       std::string{name}, "integer_below_min_value");
        if (*number > high)
            return bad("Invalid " + quoted(name) + ": integer above maximum value. Expected a value <= " +
                           std::to_string(high) + ", but got " + std::to_string(*number) + " instead.",
                       std::string{name}, "integer_above_max_value");
        out = *number;
        return std::nullopt;
    }

    [[nodiscard]] bool reasons() const noexcept {
        for (std::string_view const prefix : {"o1", "o3", "o4"})
            if (task_.model.starts_with(prefix)) return true;
        return task_.model == "gpt-5" || (task_.model.starts_with("gpt-5-") && !task_.model.starts_with("gpt-5-chat"));
    }

    verdict read_limits() {
        std::optional<std::int64_t> old_limit;
        std::optional<std::int64_t> limit;
        std::optional<std::int64_t> count;
        constexpr std::int64_t most = 10'000'000;
        if (auto found = whole("max_tokens", 1, most, old_limit)) return found;
        if (auto found = whole("max_completion_tokens", 1, most, limit)) return found;
        if (auto found = whole("n", 1, 128, count)) return found;
        if (old_limit && limit)
            return bad("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
                       "max_tokens", "invalid_parameter_combination");
        if (old_limit && reasons())
            return bad(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.",
                "max_tokens", "unsupported_parameter");
        if (auto const chosen = limit ? limit : old_limit) task_.max_tokens = static_cast<std::size_t>(*chosen);
        task_.choice_count = static_cast<int>(count.value_or(1));
        return std::nullopt;
    }

    verdict read_sampling() {
        struct bound {
            std::string_view name;
            double low;
            double high;
        };
        for (auto const& [name, low, high] :
             {bound{"temperature", 0, 2}, bound{"top_p", 0, 1}, bound{"presence_penalty", -2, 2},
              bound{"frequency_penalty", -2, 2}, bound{"top_logprobs", 0, 20}}) {
            auto const* value = given(name);
            if (value == nullptr) continue;
            if (!value->is_number())
                return bad("Invalid type for " + quoted(name) + ": expected a number.", std::string{name},
                           "invalid_type");
            auto const number = value->to_number<double>();
            if (number < low || number > high)
                return bad(
                    "Invalid " + quoted(name) + ": must be between " + to_json(low) + " and " + to_json(high) + ".",
                    std::string{name}, number < low ? "decimal_below_min_value" : "decimal_above_max_value");
            if (reasons() && number != (name == "temperature" || name == "top_p" ? 1.0 : 0.0))
                return bad("Unsupported value: " + quoted(name) + " does not support " + to_json(*value) +
                               " with this model. Only the default value is supported.",
                           std::string{name}, "unsupported_value");
        }
        auto const* logprobs = given("logprobs");
        if (given("top_logprobs") != nullptr && (logprobs == nullptr || *logprobs != json::value(true)))
            return bad("'top_logprobs' may only be given when 'logprobs' is true.", "top_logprobs", "invalid_value");
        return std::nullopt;
    }

    verdict read_stops() {
        auto const* stop = given("stop");
        if (stop == nullptr) return std::nullopt;
        if (stop->is_string()) task_.stops.emplace_back(view(stop->get_string()));
        auto const* several = stop->if_array();
        if ((several == nullptr && !stop->is_string()) ||
            (several != nullptr && (several->empty() || several->size() > 4)))
            return bad("Invalid 'stop': expected a string or an array of 1 to 4 strings.", "stop", "invalid_type");
        if (several == nullptr) return std::nullopt;
        for (auto const& entry : *several) {
            if (!entry.is_string()) return bad("Invalid type for 'stop': expected strings.", "stop", "invalid_type");
            task_.stops.emplace_back(view(entry.get_string()));
        }
        return std::nullopt;
    }

    // -- tools --

    verdict read_tools() {
        auto const* tools = given("tools");
        auto const* parallel = given("parallel_tool_calls");
        if (parallel != nullptr && !parallel->is_bool())
            return bad("Invalid type for 'parallel_tool_calls': expected a boolean.", "parallel_tool_calls",
                       "invalid_type");
        if (tools == nullptr) {
            if (parallel != nullptr)
                return bad(
                    "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are "
                    "specified.",
                    "parallel_tool_calls");
            return std::nullopt;
        }
        task_.parallel = parallel == nullptr || parallel->get_bool();
        if (!tools->is_array() || tools->get_array().empty())
            return bad(
                "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array "
                "instead.",
                "tools", "empty_array");
        if (tools->get_array().size() > 128)
            return bad("Invalid 'tools': array too long. Expected an array with maximum length 128.", "tools",
                       "array_above_max_length");
        int index = 0;
        for (auto const& tool : tools->get_array())
            if (auto found = read_tool(tool, "tools[" + std::to_string(index++) + "]")) return found;
        task_.policy = tool_policy::automatic;
        return std::nullopt;
    }

    verdict read_tool(json::value const& tool, std::string const& where) {
        auto const type = text_member(tool, "type");
        if (type == "custom") return std::nullopt;
        if (type != "function")
            return bad("Invalid value: " + quoted(type) + ". Supported values are: 'function' and 'custom'.",
                       where + ".type", "invalid_value");
        auto const* function = member(tool, "function");
        if (function == nullptr || !function->is_object())
            return bad("Missing required parameter: " + quoted(where + ".function") + ".", where + ".function",
                       "missing_required_parameter");
        auto const name = text_member(*function, "name");
        if (!is_tool_name(name, 64))
            return bad(
                "Invalid " + quoted(where + ".function.name") +
                    ": string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
                where + ".function.name", "invalid_value");
        auto const* parameters = member(*function, "parameters");
        auto const* strict = member(*function, "strict");
        bool const is_strict = strict != nullptr && strict->is_bool() && strict->get_bool();
        std::optional<std::string> fault;
        if (parameters != nullptr && !parameters->is_null()) {
            bool const is_object = text_member(*parameters, "type") == "object" ||
                                   (parameters->is_object() && member(*parameters, "type") == nullptr);
            if (is_strict)
                fault = openai_schema_fault(*parameters);
            else if (!is_object)
                fault = "schema must be a JSON Schema of 'type: \"object\"'.";
        }
        if (fault)
            return bad("Invalid schema for function " + quoted(name) + ": " + *fault, where + ".function.parameters",
                       "invalid_function_parameters");
        task_.tools.push_back(
            {.name = name, .parameters = parameters != nullptr && parameters->is_object() ? parameters : nullptr});
        return std::nullopt;
    }

    verdict read_choice() {
        auto const* choice = given("tool_choice");
        if (choice == nullptr) return std::nullopt;
        if (given("tools") == nullptr)
            return bad("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
                       "tool_choice");
        if (choice->is_string()) return read_policy(view(choice->get_string()));
        auto const type = text_member(*choice, "type");
        if (type == "allowed_tools") return read_allowed(*choice);
        auto const* function = member(*choice, type);
        if (function == nullptr || (type != "function" && type != "custom"))
            return bad("Invalid value for 'tool_choice'.", "tool_choice", "invalid_value");
        auto const name = text_member(*function, "name");
        if (type == "function" && std::ranges::find(task_.tools, name, &tool_spec::name) == task_.tools.end())
            return bad("Invalid value for 'tool_choice': no function named " + quoted(name) +
                           " was specified in the 'tools' parameter.",
                       "tool_choice");
        if (type != "function") return std::nullopt;
        task_.policy = tool_policy::named;
        task_.named_tool = name;
        return std::nullopt;
    }

    verdict read_policy(std::string_view word) {
        if (word == "none")
            task_.policy = tool_policy::none;
        else if (word == "auto")
            task_.policy = tool_policy::automatic;
        else if (word == "required")
            task_.policy = tool_policy::required;
        else
            return bad("Invalid value: " + quoted(word) + ". Supported values are: 'none', 'auto', and 'required'.",
                       "tool_choice", "invalid_value");
        return std::nullopt;
    }

    verdict read_allowed(json::value const& choice) {
        auto const* allowed = member(choice, "allowed_tools");
        auto const* tools = allowed != nullptr ? member(*allowed, "tools") : nullptr;
        if (tools == nullptr || !tools->is_array())
            return bad("Invalid value for 'tool_choice.allowed_tools'.", "tool_choice", "invalid_value");
        std::erase_if(task_.tools, [&](tool_spec const& tool) {
            return std::ranges::none_of(tools->get_array(), [&](json::value const& entry) {
                auto const* function = member(entry, "function");
                return function != nullptr && text_member(*function, "name") == tool.name;
            });
        });
        return read_policy(text_member(*allowed, "mode"));
    }

    // -- form of the answer --

    verdict read_format() {
        auto const* format = given("response_format");
        if (format == nullptr) return std::nullopt;
        auto const type = text_member(*format, "type");
        if (type == "text") return std::nullopt;
        if (type == "json_object") {
            task_.wants_json = true;
            return std::nullopt;
        }
        if (type != "json_schema")
            return bad(
                "Invalid value: " + quoted(type) + ". Supported values are: 'json_object', 'json_schema', and 'text'.",
                "response_format.type", "invalid_value");
        auto const* wanted = member(*format, "json_schema");
        if (wanted == nullptr || !wanted->is_object())
            return bad("Missing required parameter: 'response_format.json_schema'.", "response_format.json_schema",
                       "missing_required_parameter");
        return read_schema(*wanted);
    }

    verdict read_schema(json::value const& wanted) {
        auto const name = text_member(wanted, "name");
        if (member(wanted, "name") == nullptr)
            return bad("Missing required parameter: 'response_format.json_schema.name'.",
                       "response_format.json_schema.name", "missing_required_parameter");
        if (!is_tool_name(name, 64))
            return bad(
                "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that "
                "matches the pattern '^[a-zA-Z0-9_-]+$'.",
                "response_format.json_schema.name", "invalid_value");
        task_.schema = member(wanted, "schema");
        if (task_.schema == nullptr || !task_.schema->is_object())
            return bad("Missing required parameter: 'response_format.json_schema.schema'.",
                       "response_format.json_schema.schema", "missing_required_parameter");
        auto const* strict = member(wanted, "strict");
        if (strict == nullptr || *strict != json::value(true)) return std::nullopt;
        if (auto const fault = openai_schema_fault(*task_.schema))
            return bad("Invalid schema for response_format " + quoted(name) + ": " + *fault, "response_format");
        return std::nullopt;
    }

    verdict read_stream() {
        auto const* stream = given("stream");
        if (stream != nullptr && !stream->is_bool())
            return bad("Invalid type for 'stream': expected a boolean.", "stream", "invalid_type");
        task_.stream = stream != nullptr && stream->get_bool();
        auto const* wanted = given("stream_options");
        if (wanted == nullptr) {
            task_.obfuscate = task_.stream;
            return std::nullopt;
        }
        if (!task_.stream)
            return bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
        auto const* usage = member(*wanted, "include_usage");
        auto const* obfuscation = member(*wanted, "include_obfuscation");
        task_.include_usage = usage != nullptr && *usage == json::value(true);
        task_.obfuscate = obfuscation == nullptr || *obfuscation != json::value(false);
        return std::nullopt;
    }

    json::value const& body_;
    route const& asked_;
    chat_task& task_;
    std::vector<std::string_view> open_calls_;
};

// ---- writing -------------------------------------------------------------------------------------------------------

constexpr std::string_view safe_results =
    R"({"hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}})";
constexpr std::string_view prompt_results =
    R"("prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}])";

std::string_view finish_name(answer const& made, chat_task const& task) noexcept {
    switch (made.ending) {
        case finish::stop:
        case finish::stop_sequence:
        case finish::refused:
            return "stop";
        case finish::length:
            return "length";
        case finish::tool_calls:
            return task.policy == tool_policy::named ? "stop" : "tool_calls";  // as forced calls end
        case finish::filtered:
            return "content_filter";
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

void append_text_or_null(std::string& out, std::string_view text, bool is_null) {
    if (is_null)
        out += "null";
    else
        append_quoted(out, text);
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

// ---- the form ------------------------------------------------------------------------------------------------------

/// OpenAI's words, and Azure's where they differ.
class openai_form final : public wire_form {
public:
    explicit openai_form(dialect speech) noexcept : azure_{speech != dialect::openai} {}

    verdict authorize(request_view const& request, std::string_view key) const override {
        auto const token = bearer_token(request.authorization);
        if (token == key || (azure_ && request.api_key == key)) return std::nullopt;
        if (azure_)
            return wire_error{
                .status = 401,
                .message =
                    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide "
                    "a valid key for an active subscription and use a correct regional API endpoint for your "
                    "resource."};
        if (token.empty())
            return wire_error{.status = 401,
                              .message =
                                  "You didn't provide an API key. You need to provide your API key in an Authorization "
                                  "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."};
        return wire_error{.status = 401, .message = "Incorrect API key provided.", .code = "invalid_api_key"};
    }

    verdict check_request(request_view const& /*request*/, route const& asked) const override {
        if (asked.speech == dialect::azure_classic && asked.api_version.empty())
            return wire_error{.status = 404, .message = "Resource not found", .code = "404"};
        return std::nullopt;
    }

    verdict read_chat(json::value const& body, request_view const& /*request*/, route const& asked,
                      chat_task& task) const override {
        return chat_reader{body, asked, task}.read();
    }

    void write_chat(reply& out, chat_task const& task, std::vector<answer> const& answers,
                    exchange const& with) const override {
        if (task.stream) {
            chunk_writer{out, task, with}.write(answers);
            return;
        }
        auto& body = out.body;
        body = R"({"id":"chatcmpl-)" + make_id(with.id_seed, 24) + R"(","object":"chat.completion","created":)" +
               std::to_string(unix_seconds(with.now.wall)) + R"(,"model":)";
        append_quoted(body, task.model);
        body += R"(,"choices":[)";
        for (std::size_t i = 0; i < answers.size(); ++i) append_choice(body, answers[i], task, i);
        body += R"(],"usage":)";
        append_usage(body, out.prompt_tokens, out.completion_tokens);
        if (azure_) body.append(",").append(prompt_results);
        body += R"(,"service_tier":"default","system_fingerprint":null})";
    }

    std::string error_body(wire_error const& why, exchange const& /*with*/) const override {
        if (azure_ && why.code == "content_filter") return filtered_body(why);
        std::string body = R"({"error":{)";
        if (azure_ && (why.status == 401 || why.status == 404 || why.status == 429)) {
            body += R"("code":)";
            append_quoted(body, why.code.empty() ? std::to_string(why.status) : why.code);
            body += R"(,"message":)";
            append_quoted(body, why.message);
            return body + "}}";
        }
        return body + fields(why) + "}}";
    }

    std::string error_event(wire_error const& why) const override {
        return "data: {\"error\":{" + fields(why) + "}}\n\n";
    }

    wire_error failure(int status) const override {
        switch (status) {
            case 401:
                return {.status = status, .message = "Incorrect API key provided.", .code = "invalid_api_key"};
            case 403:
                return {.status = status,
                        .message = "You are not allowed to do this.",
                        .code = "unsupported_country_region_territory"};
            case 404:
                return {.status = status, .message = "The resource does not exist."};
            case 429:
                return {.status = status,
                        .message = "Rate limit reached. Please try again later.",
                        .type = "requests",
                        .code = "rate_limit_exceeded"};
            case 503:
                return {.status = status,
                        .message = "The engine is currently overloaded, please try again later.",
                        .type = "server_error"};
            default:
                break;
        }
        if (status < 500) return {.status = status, .message = "The request cannot be served."};
        return {.status = status,
                .message = "The server had an error while processing your request. Sorry about that!",
                .type = "server_error"};
    }

    wire_error unknown_model(std::string_view model, route const& asked) const override {
        if (azure_ && asked.speech == dialect::azure_classic)
            return {.status = 404,
                    .message = "The API deployment for this resource does not exist.",
                    .code = "DeploymentNotFound"};
        return {.status = 404,
                .message = "The model `" + std::string{model} + "` does not exist or you do not have access to it.",
                .code = "model_not_found"};
    }

    wire_error limited(limit_refusal const& why, std::string_view model, double limit) const override {
        auto const seconds = std::to_string(why.never ? 86400 : ceil_seconds(why.wait));
        if (azure_)
            return {.status = 429,
                    .message =
                        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call "
                        "rate limit of "
                        "your current pricing tier. Please retry after " +
                        seconds + " seconds.",
                    .code = "429"};
        bool const by_requests = why.which == limited_by::requests;
        auto const name = by_requests ? std::string{"requests per min (RPM)"} : std::string{"tokens per min (TPM)"};
        auto message = (why.never ? "Request too large for " : "Rate limit reached for ") + std::string{model} +
                       " in organization org-sim on " + name + ": Limit " + to_json(limit) + ", Requested " +
                       to_json(why.requested) + ".";
        if (!why.never) message += " Please try again in " + short_duration(why.wait) + ".";
        return {.status = 429,
                .message = std::move(message),
                .type = by_requests ? "requests" : "tokens",
                .code = "rate_limit_exceeded"};
    }

    wire_error filtered() const override {
        return {.status = 400,
                .message =
                    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
                    "Please modify your prompt and retry.",
                .type = {},
                .param = "prompt",
                .code = "content_filter"};
    }
    bool filters_with_error() const noexcept override { return azure_; }

    wire_error quota_exhausted() const override {
        return {.status = 429,
                .message = "You exceeded your current quota, please check your plan and billing details.",
                .type = "insufficient_quota",
                .code = "insufficient_quota"};
    }

    wire_error context_too_long() const override {
        return {.status = 400,
                .message =
                    "This model's maximum context length is 128000 tokens. Please reduce the length of the messages.",
                .param = "messages",
                .code = "context_length_exceeded"};
    }

    void tell_ids(std::string& headers, exchange const& with) const override {
        add_header(headers, "x-request-id", with.request_id);
        if (azure_) {
            add_header(headers, "apim-request-id", with.request_id);
            add_header(headers, "x-ms-region", "Loopback");
            return;
        }
        add_header(headers, "openai-organization", "org-sim");
        add_header(headers, "openai-processing-ms", "1");
        add_header(headers, "openai-version", "2020-10-01");
    }

    void tell_limits(std::string& headers, limits& kept, exchange const& with) const override {
        for (auto const which : {limited_by::requests, limited_by::tokens}) {
            auto const state = kept.state(which, with.now.steady);
            if (!state) continue;
            std::string const what = which == limited_by::requests ? "requests" : "tokens";
            add_header(headers, "x-ratelimit-limit-" + what, std::to_string(static_cast<std::int64_t>(state->limit)));
            add_header(headers, "x-ratelimit-remaining-" + what,
                       std::to_string(static_cast<std::int64_t>(state->remaining)));
            add_header(headers, "x-ratelimit-reset-" + what,
                       azure_ ? std::to_string(ceil_seconds(state->reset)) : short_duration(state->reset));
        }
    }

    void tell_wait(std::string& headers, limit_refusal const& why) const override {
        if (azure_)
            add_header(headers, "policy-id",
                       why.which == limited_by::requests ? "DeploymentRatelimit-Call" : "DeploymentRatelimit-Token");
        if (why.never) return;
        add_header(headers, "retry-after-ms", std::to_string((why.wait.count() + 999'999) / 1'000'000));
        add_header(headers, "retry-after", std::to_string(ceil_seconds(why.wait)));
    }

    int overloaded_status() const noexcept override { return 503; }
    member_order order() const noexcept override { return member_order::as_declared; }

private:
    void append_choice(std::string& body, answer const& made, chat_task const& task, std::size_t index) const {
        body.append(index == 0 ? "" : ",")
            .append(R"({"index":)")
            .append(std::to_string(index))
            .append(R"(,"message":)");
        append_message(body, made);
        if (azure_) body.append(R"(,"content_filter_results":)").append(made.calls.empty() ? safe_results : "{}");
        body.append(R"(,"logprobs":null,"finish_reason":")").append(finish_name(made, task)).append("\"}");
    }

    static std::string fields(wire_error const& why) {
        std::string text = R"("message":)";
        append_quoted(text, why.message);
        text += R"(,"type":)";
        append_text_or_null(text, why.type, why.type.empty());
        text += R"(,"param":)";
        append_text_or_null(text, why.param, why.param.empty());
        text += R"(,"code":)";
        append_text_or_null(text, why.code, why.code.empty());
        return text;
    }

    static std::string filtered_body(wire_error const& why) {
        return R"({"error":{)" + fields(why) +
               R"(,"status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"},"jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}}})";
    }

    bool azure_;
};

}  // namespace

wire_form const& openai_form_of(dialect speech) noexcept {
    static openai_form const plain{dialect::openai};
    static openai_form const azure{dialect::azure_v1};
    return speech == dialect::openai ? plain : azure;
}

}  // namespace coax::sim
