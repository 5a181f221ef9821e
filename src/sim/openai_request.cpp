#include "sim/openai_reader.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

/// Reads one chat request and checks it as the service does, in the order of its members.
class chat_reader : openai_reader {
public:
    chat_reader(json::value const& body, request_route const& route, parsed_chat& chat)
        : openai_reader{body, chat}, route_{route} {}

    rejection read() {
        if (!body_.is_object()) return bad_request("The request body must be a JSON object.", {});
        for (auto const step : {&chat_reader::read_names, &chat_reader::read_model, &chat_reader::read_messages,
                                &chat_reader::read_limits, &chat_reader::read_sampling, &chat_reader::read_options,
                                &chat_reader::read_cache, &chat_reader::read_stops, &chat_reader::read_tools,
                                &chat_reader::read_choice, &chat_reader::read_format, &chat_reader::read_stream})
            if (auto wrong = (this->*step)()) return wrong;
        chat_.hash = hash_members(
            body_, {"messages", "tools", "tool_choice", "response_format", "max_tokens", "max_completion_tokens"},
            hash_bytes(chat_.model, 0));
        return std::nullopt;
    }

private:
    rejection read_model() {
        chat_.model = route_.dialect == dialect::azure_classic ? route_.name : text_member(body_, "model");
        if (chat_.model.empty()) return bad_request("you must provide a model parameter", {});
        return std::nullopt;
    }

    rejection read_names() { return refuse_unknown_members(body_); }
    rejection read_options() { return read_openai_options(body_, chat_); }

    /// Newer models cache where they are told to and at the latest message of the user, others whatever is longest.
    rejection read_cache() {
        auto const* wanted = given("prompt_cache_options");
        bool const is_explicit = wanted != nullptr && text_member(*wanted, "mode") == "explicit";
        std::chrono::seconds const kept_for{wanted != nullptr && text_member(*wanted, "ttl") == "12h" ? 43'200 : 1'800};
        for (auto& point : chat_.cache_points) point.kept_for = kept_for;
        chat_.bills_cache_writes = !chat_.cache_points.empty() || is_explicit;
        if (!is_explicit) chat_.add_cache_point(kept_for);
        return std::nullopt;
    }

    rejection read_messages() {
        if (auto const* tools = given("tools")) chat_.prefix_hash = hash_json(*tools, 0);
        return read_openai_messages(given("messages"), chat_, {"image_url", "input_audio", "file"});
    }

    rejection read_limits() {
        std::optional<std::int64_t> old_limit;
        std::optional<std::int64_t> limit;
        std::optional<std::int64_t> count;
        constexpr std::int64_t most = 10'000'000;
        if (auto wrong = read_integer("max_tokens", 1, most, old_limit)) return wrong;
        if (auto wrong = read_integer("max_completion_tokens", 1, most, limit)) return wrong;
        if (auto wrong = read_integer("n", 1, 128, count)) return wrong;
        if (old_limit && limit)
            return bad_request("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
                               "max_tokens", "invalid_parameter_combination");
        if (old_limit && is_reasoning_model())
            return bad_request(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.",
                "max_tokens", "unsupported_parameter");
        if (auto const chosen = limit ? limit : old_limit) chat_.max_tokens = static_cast<std::size_t>(*chosen);
        chat_.choice_count = static_cast<int>(count.value_or(1));
        return std::nullopt;
    }

    rejection read_sampling() {
        struct bound {
            std::string_view name;
            double low;
            double high;
            double usual;
        };
        for (auto const& [name, low, high, usual] :
             {bound{"temperature", 0, 2, 1}, bound{"top_p", 0, 1, 1}, bound{"presence_penalty", -2, 2, 0},
              bound{"frequency_penalty", -2, 2, 0}, bound{"top_logprobs", 0, 20, 0}})
            if (auto wrong = check_number(name, low, high, usual)) return wrong;
        if (given("top_logprobs") != nullptr && !is_bool(given("logprobs"), true))
            return bad_request("'top_logprobs' may only be given when 'logprobs' is true.", "top_logprobs",
                               "invalid_value");
        return std::nullopt;
    }

    rejection read_stops() {
        auto const* stop = given("stop");
        if (stop == nullptr) return std::nullopt;
        if (stop->is_string()) chat_.stops.emplace_back(view(stop->get_string()));
        auto const* several = stop->if_array();
        if ((several == nullptr && !stop->is_string()) ||
            (several != nullptr && (several->empty() || several->size() > 4)))
            return bad_request("Invalid 'stop': expected a string or an array of 1 to 4 strings.", "stop",
                               "invalid_type");
        if (several == nullptr) return std::nullopt;
        for (auto const& entry : *several) {
            if (!entry.is_string()) return invalid_type("stop", "strings");
            chat_.stops.emplace_back(view(entry.get_string()));
        }
        return std::nullopt;
    }

    // -- tools --

    rejection read_tools() {
        auto const* tools = given("tools");
        auto const* parallel = given("parallel_tool_calls");
        if (parallel != nullptr && !parallel->is_bool()) return invalid_type("parallel_tool_calls", "a boolean");
        if (tools == nullptr) {
            if (parallel != nullptr)
                return bad_request(
                    "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are "
                    "specified.",
                    "parallel_tool_calls");
            return std::nullopt;
        }
        chat_.parallel = parallel == nullptr || parallel->get_bool();
        if (!tools->is_array() || tools->get_array().empty())
            return bad_request(
                "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array "
                "instead.",
                "tools", "empty_array");
        if (auto wrong = check_tool_list(*tools)) return wrong;
        int index = 0;
        for (auto const& tool : tools->get_array())
            if (auto wrong = read_tool(tool, "tools[" + std::to_string(index++) + "]")) return wrong;
        chat_.choice_mode = tool_choice::automatic;
        return std::nullopt;
    }

    rejection read_tool(json::value const& tool, std::string const& where) {
        auto const type = text_member(tool, "type");
        if (type == "custom") return std::nullopt;
        if (type != "function") return unsupported_value(type, "'function' and 'custom'", where + ".type");
        auto const* function = member(tool, "function");
        if (function == nullptr || !function->is_object()) return missing_parameter(where + ".function");
        return read_function(*function, where + ".function", false);
    }

    rejection read_choice() {
        auto const* choice = given("tool_choice");
        if (choice == nullptr) return std::nullopt;
        if (given("tools") == nullptr)
            return bad_request(
                "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
                "tool_choice");
        if (choice->is_string()) return read_choice_mode(view(choice->get_string()));
        auto const type = text_member(*choice, "type");
        if (type == "allowed_tools") return read_allowed(*choice);
        auto const* function = member(*choice, type);
        if (function == nullptr || (type != "function" && type != "custom"))
            return bad_request("Invalid value for 'tool_choice'.", "tool_choice", "invalid_value");
        auto const name = text_member(*function, "name");
        if (type == "function" && std::ranges::find(chat_.tools, name, &tool_spec::name) == chat_.tools.end())
            return bad_request("Invalid value for 'tool_choice': no function named " + quoted(name) +
                                   " was specified in the 'tools' parameter.",
                               "tool_choice");
        if (type != "function") return std::nullopt;
        chat_.choice_mode = tool_choice::named;
        chat_.named_tool = name;
        return std::nullopt;
    }

    rejection read_choice_mode(std::string_view word) {
        if (word == "none")
            chat_.choice_mode = tool_choice::none;
        else if (word == "auto")
            chat_.choice_mode = tool_choice::automatic;
        else if (word == "required")
            chat_.choice_mode = tool_choice::required;
        else
            return unsupported_value(word, "'none', 'auto', and 'required'", "tool_choice");
        return std::nullopt;
    }

    rejection read_allowed(json::value const& choice) {
        auto const* allowed = member(choice, "allowed_tools");
        auto const* tools = allowed != nullptr ? member(*allowed, "tools") : nullptr;
        if (tools == nullptr || !tools->is_array())
            return bad_request("Invalid value for 'tool_choice.allowed_tools'.", "tool_choice", "invalid_value");
        allow_only(*tools, [](json::value const& entry) {
            auto const* function = member(entry, "function");
            return function != nullptr ? text_member(*function, "name") : std::string_view{};
        });
        return read_choice_mode(text_member(*allowed, "mode"));
    }

    // -- output format --

    rejection read_format() {
        auto const* format = given("response_format");
        if (format == nullptr) return std::nullopt;
        auto const type = text_member(*format, "type");
        if (type == "text") return std::nullopt;
        if (type == "json_object") {
            chat_.any_json = true;
            return std::nullopt;
        }
        if (type != "json_schema")
            return unsupported_value(type, "'json_object', 'json_schema', and 'text'", "response_format.type");
        auto const* wanted = member(*format, "json_schema");
        if (wanted == nullptr || !wanted->is_object()) return missing_parameter("response_format.json_schema");
        return read_output_schema(*wanted, "response_format.json_schema", {.param = "response_format"});
    }

    rejection read_stream() {
        auto const* stream = given("stream");
        if (stream != nullptr && !stream->is_bool()) return invalid_type("stream", "a boolean");
        chat_.stream = stream != nullptr && stream->get_bool();
        auto const* wanted = given("stream_options");
        if (wanted == nullptr) {
            chat_.obfuscate = chat_.stream;
            return std::nullopt;
        }
        if (!chat_.stream)
            return bad_request("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                               "stream_options");
        chat_.include_usage = is_bool(member(*wanted, "include_usage"), true);
        chat_.obfuscate = !is_bool(member(*wanted, "include_obfuscation"), false);
        return std::nullopt;
    }

    request_route const& route_;
};

}  // namespace

rejection read_openai_chat(json::value const& body, request_route const& route, parsed_chat& chat) {
    return chat_reader{body, route, chat}.read();
}

}  // namespace coax::sim::detail
