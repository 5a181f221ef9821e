#include "sim/gemini_wire.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace coax::sim::detail {
namespace {

double number_in(json::value const& value) noexcept {
    if (value.is_number()) return value.to_number<double>();
    double number = 0;
    auto const text = view(value.get_string());
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

bool is_function_name(std::string_view name) noexcept {
    auto const is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    auto const allowed = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '-';
    };
    return !name.empty() && name.size() <= 64 && is_letter(name.front()) && std::ranges::all_of(name, allowed);
}

struct number_rule {
    std::string_view name;
    double least;
    double most;
    std::string_view words;
};

constexpr std::array number_rules{
    number_rule{"temperature", 0, 2, "temperature must be in the range [0.0, 2.0]."},
    number_rule{"topP", 0, 1, "top_p must be in the range [0.0, 1.0]."},
    number_rule{"topK", 1, 1e9, "top_k must be positive."},
    number_rule{"candidateCount", 1, 8, "candidate_count must be in the range [1, 8]."},
    number_rule{"maxOutputTokens", 1, 2147483647, "max_output_tokens must be positive."},
    number_rule{"presencePenalty", -2, 2, "presence_penalty must be in the range [-2.0, 2.0)."},
    number_rule{"frequencyPenalty", -2, 2, "frequency_penalty must be in the range [-2.0, 2.0)."},
    number_rule{"logprobs", 0, 20, "logprobs must be in the range [0, 20]."}};

/// Reads one request and checks it as the service does.
class generate_reader {
public:
    generate_reader(json::value const& body, request_route const& route, parsed_chat& chat)
        : body_{body}, route_{route}, chat_{chat} {}

    rejection read() {
        chat_.model = route_.name;
        for (auto const step :
             {&generate_reader::read_system, &generate_reader::read_contents, &generate_reader::read_tools,
              &generate_reader::read_choice, &generate_reader::read_numbers, &generate_reader::read_stops,
              &generate_reader::read_format, &generate_reader::read_thinking, &generate_reader::read_cache})
            if (auto wrong = (this->*step)()) return wrong;
        chat_.include_usage = true;
        chat_.stream = route_.method == "streamGenerateContent";
        chat_.hash = hash_members(body_,
                                  {"systemInstruction", "system_instruction", "contents", "tools", "toolConfig",
                                   "tool_config", "generationConfig", "generation_config"},
                                  hash_bytes(chat_.model, 2));
        return std::nullopt;
    }

private:
    [[nodiscard]] json::value const* config(std::string_view name) const {
        auto const* const all = proto_member(body_, "generationConfig");
        return all != nullptr ? proto_member(*all, name) : nullptr;
    }

    static api_error wrong_config(std::string_view name, std::string_view words) {
        return bad_request("* GenerateContentRequest.generation_config." + snake_case(name) + ": " +
                           std::string{words} + "\n");
    }

    rejection read_system() {
        auto const* const system = proto_member(body_, "systemInstruction");
        if (system == nullptr) return std::nullopt;
        auto const parts = proto_items(proto_member(*system, "parts"));
        if (parts.empty())
            return bad_request("* GenerateContentRequest.system_instruction.parts: contents.parts must not be empty.");
        for (auto const& part : parts) chat_.prompt_bytes += text_member(part, "text").size();
        return std::nullopt;
    }

    rejection read_contents() { return read_gemini_contents(member(body_, "contents"), chat_); }

    // -- tools --

    rejection read_tools() {
        for (auto const& tool : proto_items(proto_member(body_, "tools")))
            for (auto const& one : proto_items(proto_member(tool, "functionDeclarations")))
                if (auto wrong = read_declaration(one)) return wrong;
        if (chat_.tools.size() > 128) return bad_request("at most 128 function declarations are supported.");
        if (!chat_.tools.empty()) chat_.choice_mode = tool_choice::automatic;
        return std::nullopt;
    }

    rejection read_declaration(json::value const& declared) {
        auto const where =
            "* GenerateContentRequest.tools[0].function_declarations[" + std::to_string(chat_.tools.size()) + "]";
        auto const name = text_member(declared, "name");
        if (!is_function_name(name))
            return bad_request(where +
                               ".name: Invalid function name. Must start with a letter or an underscore. Must be "
                               "alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with "
                               "a maximum length of 64.");
        if (std::ranges::find(chat_.tools, name, &tool_spec::name) != chat_.tools.end())
            return bad_request("Duplicate function declaration found: " + std::string{name});
        auto const* const own = member(declared, "parameters");
        auto const* schema = proto_member(declared, "parametersJsonSchema");
        if (own != nullptr && schema != nullptr)
            return bad_request(where + ": parameters and parameters_json_schema must not both be set.");
        if (schema != nullptr)
            if (auto const complaint = gemini_schema_error(*schema))
                return bad_request(where + ".parameters_json_schema: " + *complaint);
        if (own != nullptr) schema = &chat_.rewritten.emplace_back(from_open_api(*own));
        if (schema != nullptr && text_member(*schema, "type") != "object")
            return bad_request(where + ".parameters: parameters schema should be of type OBJECT.");
        chat_.tools.push_back({.name = name, .parameters = schema});
        chat_.prompt_bytes += name.size();
        return std::nullopt;
    }

    rejection read_choice() {
        auto const* const all = proto_member(body_, "toolConfig");
        auto const* const calling = all != nullptr ? proto_member(*all, "functionCallingConfig") : nullptr;
        if (calling == nullptr) return std::nullopt;
        if (chat_.tools.empty()) return bad_request("Function calling config is set without function_declarations.");
        auto const mode = text_member(*calling, "mode");
        if (mode == "NONE") chat_.choice_mode = tool_choice::none;
        if (mode == "ANY") chat_.choice_mode = tool_choice::required;
        auto const allowed = proto_items(proto_member(*calling, "allowedFunctionNames"));
        if (allowed.empty()) return std::nullopt;
        if (mode != "ANY" && mode != "VALIDATED")
            return bad_request(
                "Allowed function names should only be set when the function calling mode is ANY or "
                "VALIDATED.");
        return allow_only(allowed);
    }

    rejection allow_only(value_list names) {
        for (auto const& name : names)
            if (std::ranges::find(chat_.tools, view(name.get_string()), &tool_spec::name) == chat_.tools.end())
                return bad_request("Allowed function name " + quoted(view(name.get_string())) +
                                   " is not among the function declarations.");
        std::erase_if(chat_.tools, [&names](tool_spec const& tool) {
            return std::ranges::none_of(
                names, [&tool](json::value const& name) { return view(name.get_string()) == tool.name; });
        });
        return std::nullopt;
    }

    // -- generationConfig --

    rejection read_numbers() {
        for (auto const& [name, least, most, words] : number_rules)
            if (auto const* const value = config(name))
                if (auto const number = number_in(*value); number < least || number > most)
                    return wrong_config(name, words);
        if (auto const* const limit = config("maxOutputTokens"))
            chat_.max_tokens = static_cast<std::size_t>(number_in(*limit));
        if (auto const* const count = config("candidateCount"))
            chat_.choice_count = static_cast<int>(number_in(*count));
        chat_.logprobs = is_bool(config("responseLogprobs"), true);
        if (auto const* const top = config("logprobs")) chat_.top_logprobs = static_cast<int>(number_in(*top));
        if (config("logprobs") != nullptr && !is_bool(config("responseLogprobs"), true))
            return wrong_config("logprobs", "logprobs requires response_logprobs to be true.");
        return std::nullopt;
    }

    rejection read_stops() {
        auto const stops = proto_items(config("stopSequences"));
        if (stops.size() > 5) return wrong_config("stopSequences", "the number of stop sequences must be at most 5.");
        for (auto const& stop : stops) chat_.stops.emplace_back(view(stop.get_string()));
        return std::nullopt;
    }

    rejection read_format() {
        auto const* const type = config("responseMimeType");
        auto const mime = type != nullptr ? view(type->get_string()) : std::string_view{};
        auto const* const own = config("responseSchema");
        auto const* const plain = config("responseJsonSchema");
        if (!mime.empty() && mime != "text/plain" && mime != "application/json" && mime != "text/x.enum")
            return wrong_config("responseMimeType",
                                "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, "
                                "`application/yaml` and `text/x.enum`.");
        chat_.any_json = mime == "application/json";
        if (own != nullptr && plain != nullptr)
            return wrong_config("responseJsonSchema", "response_schema and response_json_schema must not both be set.");
        if ((own != nullptr || plain != nullptr) && mime != "application/json" && mime != "text/x.enum")
            return bad_request(
                "Function calling config and response schema need a response mime type: 'application/json'.");
        if (plain != nullptr)
            if (auto const complaint = gemini_schema_error(*plain))
                return wrong_config("responseJsonSchema", *complaint);
        chat_.schema = own != nullptr ? &chat_.rewritten.emplace_back(from_open_api(*own)) : plain;
        return std::nullopt;
    }

    rejection read_thinking() {
        auto const* const thinking = config("thinkingConfig");
        if (thinking == nullptr) return std::nullopt;
        auto const* const budget = proto_member(*thinking, "thinkingBudget");
        auto const* const level = proto_member(*thinking, "thinkingLevel");
        if (budget != nullptr && level != nullptr)
            return bad_request("You can only set only one of thinking budget and thinking level.");
        if (level != nullptr && is_older_gemini(chat_.model))
            return bad_request("Thinking level is not supported for this model.");
        if (budget != nullptr && number_in(*budget) == 0 &&
            (!is_older_gemini(chat_.model) || chat_.model.starts_with("gemini-2.5-pro")))
            return bad_request("Budget 0 is invalid. This model only works in thinking mode.");
        chat_.shows_thoughts = is_bool(proto_member(*thinking, "includeThoughts"), true);
        return std::nullopt;
    }

    rejection read_cache() {
        if (proto_member(body_, "cachedContent") == nullptr) return std::nullopt;
        return api_error{.status = 403, .message = "CachedContent not found (or permission denied)"};
    }

    json::value const& body_;
    request_route const& route_;
    parsed_chat& chat_;
};

}  // namespace

rejection read_gemini_chat(json::value const& body, request_route const& route, parsed_chat& chat) {
    bool const vertex = route.dialect == dialect::vertex;
    if (route.endpoint != endpoint::count_tokens) {
        if (auto wrong = check_proto(body, gemini_generate_request(), vertex)) return wrong;
        return generate_reader{body, route, chat}.read();
    }
    if (auto wrong = check_proto(body, gemini_count_request(), vertex)) return wrong;
    auto const* const whole = proto_member(body, "generateContentRequest");
    if (whole != nullptr && member(body, "contents") != nullptr)
        return bad_request("contents and generate_content_request must not both be set.");
    if (whole != nullptr && text_member(*whole, "model") != "models/" + std::string{route.name})
        return bad_request("* CountTokensRequest.generate_content_request.model: the model must be that of the path.");
    return generate_reader{whole != nullptr ? *whole : body, route, chat}.read();
}

}  // namespace coax::sim::detail
