#include "sim/openai_request.hpp"

#include "sim/schema_rules.hpp"
#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

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

    verdict read_messages() { return read_openai_messages(given("messages"), task_); }

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
};

}  // namespace

verdict read_openai_chat(json::value const& body, route const& asked, chat_task& task) {
    return chat_reader{body, asked, task}.read();
}

}  // namespace coax::sim::detail
