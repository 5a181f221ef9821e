#include "sim/azure_ai_wire.hpp"
#include "sim/openai_reader.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

using words = std::initializer_list<std::string_view>;

/// What no model behind this API takes.
api_error unprocessable(std::string message, std::string param) {
    return {.status = 422, .message = std::move(message), .param = std::move(param), .code = "UnprocessableEntity"};
}

/// Refuses members that the API does not define, unless the header says what becomes of them.
rejection check_extras(json::value const& body, words known, std::string_view extras) {
    if (!body.is_object()) return bad_request("The request body must be a JSON object.");
    if (extras == "pass-through" || extras == "drop") return std::nullopt;
    if (!extras.empty() && extras != "error")
        return bad_request("The header 'extra-parameters' must be 'error', 'drop' or 'pass-through'.");
    auto const foreign = foreign_member(body, std::span{known.begin(), known.size()});
    if (foreign.empty()) return std::nullopt;
    return bad_request("Extra parameters [" + quoted(foreign) +
                           "] are not allowed when extra-parameters is not set or set to be 'error'. Set to "
                           "'pass-through' to pass to the model.",
                       std::string{foreign});
}

/// Reads one chat request.
class azure_ai_reader : openai_reader {
public:
    azure_ai_reader(json::value const& body, std::string_view extras, parsed_chat& chat)
        : openai_reader{body, chat}, extras_{extras} {}

    rejection read() {
        for (auto const step :
             {&azure_ai_reader::read_names, &azure_ai_reader::read_model, &azure_ai_reader::read_messages,
              &azure_ai_reader::read_numbers, &azure_ai_reader::read_stops, &azure_ai_reader::read_tools,
              &azure_ai_reader::read_choice, &azure_ai_reader::read_format, &azure_ai_reader::read_rest})
            if (auto wrong = (this->*step)()) return wrong;
        chat_.hash = hash_members(body_, {"messages", "tools", "tool_choice", "response_format", "max_tokens"},
                                  hash_bytes(chat_.model, 5));
        return std::nullopt;
    }

private:
    rejection read_names() {
        return check_extras(body_,
                            {"model", "messages", "frequency_penalty", "stream", "presence_penalty", "temperature",
                             "top_p", "max_tokens", "response_format", "stop", "modalities", "tools", "tool_choice",
                             "seed", "user_security_context"},
                            extras_);
    }

    rejection read_model() {
        if (auto wrong = check_text("model", 1'000)) return wrong;
        chat_.model = text_member(body_, "model");
        if (chat_.model.empty()) chat_.model = "coax-sim";  // the one behind the endpoint
        return std::nullopt;
    }

    rejection read_messages() {
        auto const* messages = given("messages");
        if (messages != nullptr && messages->is_array())
            for (std::size_t i = 0; i < messages->get_array().size(); ++i)
                if (auto wrong = check_message(messages->get_array()[i], "messages[" + std::to_string(i) + "]"))
                    return wrong;
        return read_openai_messages(messages, chat_, {"image_url", "input_audio", "audio_url"});
    }

    static rejection check_message(json::value const& message, std::string const& where) {
        auto const role = text_member(message, "role");
        if (role == "assistant") return check_plain(message, {"role", "content", "tool_calls"}, where);
        if (role == "tool") return check_plain(message, {"role", "content", "tool_call_id"}, where);
        if (role == "system" || role == "developer") return check_plain(message, {"role", "content"}, where);
        if (role == "user") return check_members(message, {"role", "content"}, where);
        return unsupported_value(role, "'system', 'developer', 'user', 'assistant', and 'tool'", where + ".role");
    }

    static rejection check_plain(json::value const& message, words known, std::string const& where) {
        if (auto wrong = check_members(message, known, where)) return wrong;
        auto const* content = member(message, "content");
        return content == nullptr || content->is_null() || content->is_string()
                   ? std::nullopt
                   : rejection{invalid_type(where + ".content", "a string")};
    }

    rejection read_numbers() {
        constexpr std::int64_t most = 10'000'000;
        std::optional<std::int64_t> limit;
        std::optional<std::int64_t> seed;
        if (auto wrong = check_number("temperature", 0, 1, 1)) return wrong;
        if (auto wrong = check_number("top_p", 0, 1, 1)) return wrong;
        for (auto const* name : {"frequency_penalty", "presence_penalty"})
            if (auto wrong = check_number(name, -2, 2, 0)) return wrong;
        if (auto wrong = read_integer("max_tokens", 0, most, limit)) return wrong;
        if (limit) chat_.max_tokens = static_cast<std::size_t>(*limit);
        return read_integer("seed", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                            seed);
    }

    rejection read_stops() {
        auto const* stops = given("stop");
        if (stops == nullptr) return std::nullopt;
        if (!stops->is_array() || stops->get_array().empty())
            return invalid_type("stop", "an array of at least one string");
        for (auto const& stop : stops->get_array()) {
            if (!stop.is_string()) return invalid_type("stop", "an array of strings");
            chat_.stops.emplace_back(view(stop.get_string()));
        }
        return std::nullopt;
    }

    rejection read_tools() {
        auto const* tools = given("tools");
        if (tools == nullptr) return std::nullopt;
        if (auto wrong = check_tool_list(*tools)) return wrong;
        if (tools->get_array().empty()) return bad_request("'tools' must have at least one entry.", "tools");
        int index = 0;
        for (auto const& tool : tools->get_array())
            if (auto wrong = read_tool(tool, "tools[" + std::to_string(index++) + "]")) return wrong;
        chat_.choice_mode = tool_choice::automatic;
        return std::nullopt;
    }

    rejection read_tool(json::value const& tool, std::string const& where) {
        if (auto wrong = check_members(tool, {"type", "function"}, where)) return wrong;
        if (text_member(tool, "type") != "function")
            return unsupported_value(text_member(tool, "type"), "'function'", where + ".type");
        auto const* function = member(tool, "function");
        if (function == nullptr) return missing_parameter(where + ".function");
        auto const place = where + ".function";
        if (auto wrong = check_members(*function, {"name", "description", "parameters"}, place)) return wrong;
        return read_function(*function, place, false);
    }

    rejection read_choice() {
        auto const* choice = given("tool_choice");
        if (choice == nullptr) return std::nullopt;
        if (chat_.tools.empty())
            return bad_request("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice");
        if (choice->is_string()) return read_choice_mode(view(choice->get_string()));
        if (auto wrong = check_members(*choice, {"type", "function"}, "tool_choice")) return wrong;
        auto const* function = member(*choice, "function");
        auto const name = function != nullptr ? text_member(*function, "name") : std::string_view{};
        if (std::ranges::find(chat_.tools, name, &tool_spec::name) == chat_.tools.end())
            return bad_request("'tool_choice' names no function of 'tools'.", "tool_choice");
        chat_.choice_mode = tool_choice::named;
        chat_.named_tool = name;
        return std::nullopt;
    }

    rejection read_choice_mode(std::string_view word) {
        if (word == "none")
            chat_.choice_mode = tool_choice::none;
        else if (word == "required")
            chat_.choice_mode = tool_choice::required;
        else if (word != "auto")
            return unsupported_value(word, "'auto', 'none', and 'required'", "tool_choice");
        return std::nullopt;
    }

    rejection read_format() {
        constexpr std::array<std::string_view, 3> types{"text", "json_object", "json_schema"};
        auto const* format = given("response_format");
        if (format == nullptr) return std::nullopt;
        if (auto wrong = check_members(*format, {"type", "json_schema"}, "response_format")) return wrong;
        if (member(*format, "type") == nullptr) return missing_parameter("response_format.type");
        if (auto wrong = check_word(member(*format, "type"), types, "response_format.type")) return wrong;
        auto const type = text_member(*format, "type");
        chat_.any_json = type == "json_object";
        if (type != "json_schema") return std::nullopt;
        auto const* wanted = member(*format, "json_schema");
        if (wanted == nullptr) return missing_parameter("response_format.json_schema");
        std::string const where = "response_format.json_schema";
        if (auto wrong = check_members(*wanted, {"name", "schema", "description", "strict"}, where)) return wrong;
        return read_output_schema(*wanted, where, {.param = where + ".schema"});
    }

    rejection read_rest() {
        if (auto wrong = check_bool("stream")) return wrong;
        chat_.stream = is_bool(given("stream"), true);
        chat_.include_usage = true;
        if (auto const* modalities = given("modalities")) {
            if (!modalities->is_array()) return invalid_type("modalities", "an array of strings");
            for (auto const& each : modalities->get_array())
                if (!each.is_string() || view(each.get_string()) != "text")
                    return unprocessable("This model supports the modality 'text' alone.", "modalities");
        }
        auto const* user = given("user_security_context");
        return user == nullptr
                   ? std::nullopt
                   : check_members(*user, {"application_name", "end_user_id", "end_user_tenant_id", "source_ip"},
                                   "user_security_context");
    }

    std::string_view extras_;
};

}  // namespace

rejection read_azure_ai_chat(json::value const& body, std::string_view extras, parsed_chat& chat) {
    return azure_ai_reader{body, extras, chat}.read();
}

rejection read_azure_ai_embedding(json::value const& body, std::string_view extras, embedding_request& out) {
    constexpr std::array<std::string_view, 3> kinds{"text", "query", "document"};
    constexpr std::array<std::string_view, 6> formats{"base64", "binary", "float", "int8", "ubinary", "uint8"};
    if (auto wrong = check_extras(body, {"model", "input", "dimensions", "encoding_format", "input_type"}, extras))
        return wrong;
    if (auto wrong = check_word(member(body, "input_type"), kinds, "input_type")) return wrong;
    if (auto wrong = check_word(member(body, "encoding_format"), formats, "encoding_format")) return wrong;
    auto const format = text_member(body, "encoding_format");
    if (!format.empty() && format != "float" && format != "base64")
        return unprocessable("This model does not give embeddings as " + quoted(format) + ".", "encoding_format");
    auto const* input = member(body, "input");
    if (input == nullptr || !input->is_array()) return invalid_type("input", "an array of strings");
    for (auto const& text : input->get_array())
        if (!text.is_string()) return invalid_type("input", "an array of strings");
    auto const name = text_member(body, "model");
    out.model = name.empty() ? "coax-sim" : name;
    return read_embedding_inputs(body, out);
}

}  // namespace coax::sim::detail
