#include "sim/openai_reader.hpp"
#include "sim/responses_wire.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::array<std::string_view, 7> efforts{"none", "minimal", "low", "medium", "high", "xhigh", "max"};

/// Tokens that the model thinks at an effort.
std::size_t reasoning_tokens(std::string_view effort) noexcept {
    auto const at = std::ranges::find(efforts, effort) - efforts.begin();
    return at == 0 ? 0 : std::size_t{4} << static_cast<unsigned>(at);
}

/// Reads one Responses request and checks it as the service does.
class responses_reader : openai_reader {
public:
    responses_reader(json::value const& body, parsed_chat& chat) : openai_reader{body, chat}, terms_{chat.responses} {}

    rejection read() {
        if (!body_.is_object()) return bad_request("The request body must be a JSON object.", {});
        terms_.body = &body_;
        for (auto const step :
             {&responses_reader::read_names, &responses_reader::read_model, &responses_reader::read_reasoning,
              &responses_reader::read_input, &responses_reader::read_limits, &responses_reader::read_words,
              &responses_reader::read_tools, &responses_reader::read_choice, &responses_reader::read_text,
              &responses_reader::read_storage, &responses_reader::read_include, &responses_reader::read_stream})
            if (auto wrong = (this->*step)()) return wrong;
        chat_.include_usage = true;
        chat_.add_cache_point(std::chrono::seconds{1'800});
        chat_.hash = hash_members(body_, {"instructions", "input", "tools", "tool_choice", "text", "max_output_tokens"},
                                  hash_bytes(chat_.model, 2));
        return std::nullopt;
    }

private:
    rejection read_names() {
        constexpr std::array<std::string_view, 34> known{"background",
                                                         "background_options",
                                                         "context_management",
                                                         "conversation",
                                                         "include",
                                                         "input",
                                                         "instructions",
                                                         "max_output_tokens",
                                                         "max_tool_calls",
                                                         "metadata",
                                                         "model",
                                                         "moderation",
                                                         "parallel_tool_calls",
                                                         "previous_response_id",
                                                         "prompt",
                                                         "prompt_cache_key",
                                                         "prompt_cache_options",
                                                         "prompt_cache_retention",
                                                         "reasoning",
                                                         "safety_identifier",
                                                         "service_tier",
                                                         "store",
                                                         "stream",
                                                         "stream_options",
                                                         "temperature",
                                                         "text",
                                                         "tool_choice",
                                                         "tools",
                                                         "top_logprobs",
                                                         "top_p",
                                                         "truncation",
                                                         "user",
                                                         "image",
                                                         "access_programs"};
        auto const foreign = foreign_member(body_, known);
        if (foreign.empty()) return std::nullopt;
        constexpr std::array<std::array<std::string_view, 2>, 5> moved{{{"messages", "input"},
                                                                        {"response_format", "text.format"},
                                                                        {"max_tokens", "max_output_tokens"},
                                                                        {"max_completion_tokens", "max_output_tokens"},
                                                                        {"reasoning_effort", "reasoning.effort"}}};
        for (auto const& [name, target] : moved)
            if (foreign == name)
                return bad_request("Unsupported parameter: " + quoted(name) +
                                       ". In the Responses API, this parameter has moved to " + quoted(target) +
                                       ". Try again with the new parameter.",
                                   {}, "unsupported_parameter");
        return unknown_parameter(std::string{foreign});
    }

    rejection read_model() {
        chat_.model = text_member(body_, "model");
        return chat_.model.empty() ? rejection{missing_parameter("model")} : std::nullopt;
    }

    /// Models that do not reason refuse to be asked for it; of others, unknown names reason where they are asked to.
    rejection read_reasoning() {
        constexpr std::array<std::string_view, 5> known{"effort", "summary", "generate_summary", "context", "mode"};
        constexpr std::array<std::string_view, 3> summaries{"auto", "concise", "detailed"};
        auto const* wanted = given("reasoning");
        if (wanted == nullptr) {
            if (is_reasoning_model()) terms_.reasoning_tokens = reasoning_tokens("medium");
            return std::nullopt;
        }
        if (auto wrong = check_members(*wanted, known, "reasoning")) return wrong;
        auto const* effort = member(*wanted, "effort");
        auto const* summary = member(*wanted, "summary");
        if (auto wrong = check_word(effort, efforts, "reasoning.effort")) return wrong;
        if (auto wrong = check_word(summary, summaries, "reasoning.summary")) return wrong;
        if (chat_.model.starts_with("gpt-4") || chat_.model.starts_with("gpt-3"))
            return bad_request("Unsupported parameter: 'reasoning.effort' is not supported with this model.",
                               "reasoning.effort", "unsupported_parameter");
        auto const word = text_member(*wanted, "effort");
        terms_.reasoning_tokens = reasoning_tokens(word.empty() ? "medium" : word);
        terms_.summary = summary != nullptr && summary->is_string() && terms_.reasoning_tokens > 0;
        return std::nullopt;
    }

    rejection read_input() {
        if (auto const* tools = given("tools")) chat_.prefix_hash = hash_json(*tools, 0);
        if (auto const* told = given("instructions")) {
            if (!told->is_string()) return invalid_type("instructions", "a string");
            chat_.add_prompt(view(told->get_string()));
        }
        auto const* input = given("input");
        return input == nullptr ? rejection{missing_parameter("input")} : read_responses_input(*input, chat_);
    }

    rejection read_limits() {
        constexpr std::int64_t most = 10'000'000;
        std::optional<std::int64_t> limit;
        std::optional<std::int64_t> calls;
        if (auto wrong = read_integer("max_output_tokens", 16, most, limit)) return wrong;
        if (auto wrong = read_integer("max_tool_calls", 1, most, calls)) return wrong;
        if (auto wrong = check_number("temperature", 0, 2, 1)) return wrong;
        if (auto wrong = check_number("top_p", 0, 1, 1)) return wrong;
        if (auto wrong = check_number("top_logprobs", 0, 20, 0)) return wrong;
        if (!limit) return std::nullopt;
        terms_.max_tokens = static_cast<std::size_t>(*limit);
        chat_.max_tokens = *terms_.max_tokens - std::min(*terms_.max_tokens, terms_.reasoning_tokens);
        return std::nullopt;
    }

    rejection read_words() {
        constexpr std::array<std::string_view, 7> tiers{"auto",     "default", "flex",     "scale",
                                                        "priority", "fast",    "ultrafast"};
        constexpr std::array<std::string_view, 2> truncations{"auto", "disabled"};
        if (auto wrong = check_word(given("service_tier"), tiers, "service_tier")) return wrong;
        if (auto wrong = check_word(given("truncation"), truncations, "truncation")) return wrong;
        if (auto wrong = check_text("safety_identifier", 128)) return wrong;
        for (auto const* name : {"user", "prompt_cache_key"})
            if (auto wrong = check_text(name, 1'000)) return wrong;
        return check_metadata();
    }

    // -- tools --

    rejection read_tools() {
        if (auto wrong = check_bool("parallel_tool_calls")) return wrong;
        auto const* parallel = given("parallel_tool_calls");
        chat_.parallel = parallel == nullptr || parallel->get_bool();
        auto const* tools = given("tools");
        if (tools == nullptr) return std::nullopt;
        if (auto wrong = check_tool_list(*tools)) return wrong;
        int index = 0;
        for (auto const& tool : tools->get_array())
            if (auto wrong = read_tool(tool, "tools[" + std::to_string(index++) + "]")) return wrong;
        if (!chat_.tools.empty()) chat_.choice_mode = tool_choice::automatic;
        return std::nullopt;
    }

    rejection read_tool(json::value const& tool, std::string const& where) {
        constexpr std::array<std::string_view, 14> types{
            "function", "custom",      "web_search",       "web_search_preview", "file_search",
            "computer", "mcp",         "code_interpreter", "image_generation",   "local_shell",
            "shell",    "apply_patch", "tool_search",      "namespace"};
        if (!tool.is_object()) return invalid_type(where, "an object");
        if (member(tool, "type") == nullptr) return missing_parameter(where + ".type");
        if (auto wrong = check_word(member(tool, "type"), types, where + ".type")) return wrong;
        return text_member(tool, "type") == "function" ? read_own_tool(tool, where) : std::nullopt;
    }

    rejection read_own_tool(json::value const& tool, std::string const& where) {
        if (member(tool, "name") == nullptr) return missing_parameter(where + ".name");
        if (auto wrong = check_members(tool,
                                       {"type", "name", "description", "parameters", "strict", "async",
                                        "allowed_callers", "defer_loading", "output_schema"},
                                       where))
            return wrong;
        return read_function(tool, where, true);
    }

    rejection read_choice() {
        auto const* choice = given("tool_choice");
        if (choice == nullptr) return std::nullopt;
        if (choice->is_string()) return read_choice_mode(view(choice->get_string()));
        auto const type = text_member(*choice, "type");
        if (type == "allowed_tools") return read_allowed(*choice);
        if (type != "function") return std::nullopt;
        auto const name = text_member(*choice, "name");
        if (name.empty()) return missing_parameter("tool_choice.name");
        if (std::ranges::find(chat_.tools, name, &tool_spec::name) == chat_.tools.end())
            return bad_request("Tool choice 'function' not found in 'tools' parameter.", "tool_choice");
        chat_.choice_mode = tool_choice::named;
        chat_.named_tool = name;
        return std::nullopt;
    }

    rejection read_choice_mode(std::string_view word) {
        if (word == "none")
            chat_.choice_mode = tool_choice::none;
        else if (word == "auto")
            chat_.choice_mode = chat_.tools.empty() ? tool_choice::none : tool_choice::automatic;
        else if (word != "required")
            return unsupported_value(word, "'none', 'auto', and 'required'", "tool_choice");
        else if (given("tools") == nullptr)
            return bad_request("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice");
        else
            chat_.choice_mode = tool_choice::required;
        return std::nullopt;
    }

    rejection read_allowed(json::value const& choice) {
        auto const* tools = member(choice, "tools");
        if (tools == nullptr || !tools->is_array()) return missing_parameter("tool_choice.tools");
        allow_only(*tools, [](json::value const& entry) { return text_member(entry, "name"); });
        return read_choice_mode(text_member(choice, "mode"));
    }

    // -- output --

    rejection read_text() {
        constexpr std::array<std::string_view, 2> known{"format", "verbosity"};
        constexpr std::array<std::string_view, 3> levels{"low", "medium", "high"};
        auto const* wanted = given("text");
        if (wanted == nullptr) return std::nullopt;
        if (auto wrong = check_members(*wanted, known, "text")) return wrong;
        if (auto wrong = check_word(member(*wanted, "verbosity"), levels, "text.verbosity")) return wrong;
        auto const* format = member(*wanted, "format");
        return format == nullptr || format->is_null() ? std::nullopt : read_format(*format);
    }

    rejection read_format(json::value const& format) {
        constexpr std::array<std::string_view, 3> types{"json_object", "json_schema", "text"};
        constexpr std::array<std::string_view, 5> known{"type", "name", "schema", "strict", "description"};
        if (auto wrong = check_members(format, known, "text.format")) return wrong;
        if (member(format, "type") == nullptr) return missing_parameter("text.format.type");
        if (auto wrong = check_word(member(format, "type"), types, "text.format.type")) return wrong;
        auto const type = text_member(format, "type");
        chat_.any_json = type == "json_object";
        if (type != "json_schema") return std::nullopt;
        return read_output_schema(format, "text.format",
                                  {.param = "text.format.schema", .code = "invalid_json_schema"});
    }

    // -- how it is sent and kept --

    rejection read_storage() {
        for (auto const* name : {"store", "background", "stream"})
            if (auto wrong = check_bool(name)) return wrong;
        terms_.store = !is_bool(given("store"), false);
        terms_.background = is_bool(given("background"), true);
        if (auto wrong = check_text("previous_response_id", 1'000)) return wrong;
        if (given("previous_response_id") != nullptr && given("conversation") != nullptr)
            return bad_request(
                "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only "
                "providing one of them.",
                {}, "mutually_exclusive_parameters");
        auto const* windows = given("background_options");
        if (windows == nullptr) return std::nullopt;
        constexpr std::array<std::string_view, 2> known{"completion_window", "continuation_id"};
        constexpr std::array<std::string_view, 3> names{"soonest", "2h", "8h"};
        if (auto wrong = check_members(*windows, known, "background_options")) return wrong;
        if (!terms_.background || is_bool(given("stream"), true))
            return bad_request("'background_options' may only be given with 'background' and without 'stream'.",
                               "background_options");
        return check_word(member(*windows, "completion_window"), names, "background_options.completion_window");
    }

    rejection read_include() {
        constexpr std::array<std::string_view, 8> known{
            "reasoning.encrypted_content",   "message.output_text.logprobs",
            "message.input_image.image_url", "file_search_call.results",
            "web_search_call.results",       "web_search_call.action.sources",
            "code_interpreter_call.outputs", "computer_call_output.output.image_url"};
        auto const* wanted = given("include");
        if (wanted == nullptr) return std::nullopt;
        if (!wanted->is_array()) return invalid_type("include", "an array of strings");
        int index = 0;
        for (auto const& each : wanted->get_array())
            if (auto wrong = check_word(&each, known, "include[" + std::to_string(index++) + "]")) return wrong;
        terms_.encrypted = std::ranges::any_of(wanted->get_array(), [](json::value const& each) {
            return each.is_string() && view(each.get_string()) == "reasoning.encrypted_content";
        });
        if (terms_.encrypted && (chat_.model.starts_with("gpt-4") || chat_.model.starts_with("gpt-3")))
            return bad_request("Encrypted content is not supported with this model.", "include");
        return std::nullopt;
    }

    rejection read_stream() {
        constexpr std::array<std::string_view, 1> known{"include_obfuscation"};
        chat_.stream = is_bool(given("stream"), true);
        chat_.obfuscate = chat_.stream;
        auto const* wanted = given("stream_options");
        if (wanted == nullptr) return std::nullopt;
        if (!chat_.stream)
            return bad_request("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                               "stream_options");
        if (auto wrong = check_members(*wanted, known, "stream_options")) return wrong;
        chat_.obfuscate = !is_bool(member(*wanted, "include_obfuscation"), false);
        return std::nullopt;
    }

    responses_terms& terms_;
};

}  // namespace

rejection read_responses_request(json::value const& body, parsed_chat& chat) {
    return responses_reader{body, chat}.read();
}

}  // namespace coax::sim::detail
