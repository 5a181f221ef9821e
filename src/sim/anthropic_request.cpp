#include "sim/anthropic_wire.hpp"
#include "sim/message_threads.hpp"
#include "sim/random.hpp"
#include "sim/schema_rules.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

/// Reads one message request and checks it as the service does.
class message_reader {
public:
    message_reader(json::value const& body, request_view const& request, bool counting, parsed_chat& chat)
        : body_{body}, request_{request}, counting_{counting}, chat_{chat} {}

    rejection read() {
        if (!body_.is_object()) return bad_request("The request body must be a JSON object.");
        for (auto const step :
             {&message_reader::read_names, &message_reader::read_model, &message_reader::read_limit,
              &message_reader::read_sampling, &message_reader::read_thinking, &message_reader::read_tool_marks,
              &message_reader::read_system, &message_reader::read_messages, &message_reader::read_tools,
              &message_reader::read_choice, &message_reader::read_format, &message_reader::read_rest,
              &message_reader::read_thread})
            if (auto wrong = (this->*step)()) return wrong;
        chat_.hash = hash_members(body_, {"system", "messages", "tools", "tool_choice", "output_config", "max_tokens"},
                                  hash_bytes(chat_.model, 1));
        chat_.include_usage = true;
        return std::nullopt;
    }

private:
    static constexpr std::array<std::string_view, 20> known{
        "model",          "max_tokens",   "messages",      "system",    "temperature",   "top_p",    "top_k",
        "stop_sequences", "stream",       "metadata",      "tools",     "tool_choice",   "thinking", "output_config",
        "cache_control",  "service_tier", "inference_geo", "container", "output_format", "thread"};

    /// Of these, what may be counted. Source: reference anthropic.md, section 8.
    static constexpr std::array<std::string_view, 8> counted{
        "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"};

    [[nodiscard]] json::value const* given(std::string_view name) const noexcept { return member(body_, name); }

    rejection read_names() {
        for (auto const& [name, value] : body_.get_object()) {
            auto const field = view(name);
            bool allowed = std::ranges::find(known, field) != known.end();
            if (counting_ && std::ranges::find(counted, field) == counted.end()) allowed = false;
            if (is_newer_anthropic(request_) && (field == "temperature" || field == "top_p" || field == "top_k"))
                allowed = false;
            if (field == "output_format" &&
                request_.anthropic_beta.find("structured-outputs") == std::string_view::npos)
                allowed = false;
            if (field == "thread" && !has_message_threads(request_)) allowed = false;
            if (!allowed) return bad_request(std::string{field} + ": Extra inputs are not permitted");
        }
        return std::nullopt;
    }

    rejection read_model() {
        chat_.model = text_member(body_, "model");
        if (given("model") == nullptr) return bad_request("model: Field required");
        if (chat_.model.empty()) return bad_request("model: Input should be a valid string");
        return std::nullopt;
    }

    rejection read_limit() {
        if (counting_) return std::nullopt;
        auto const* limit = given("max_tokens");
        if (limit == nullptr) return bad_request("max_tokens: Field required");
        auto const* count = limit->if_int64();
        if (count == nullptr) return bad_request("max_tokens: Input should be a valid integer");
        if (*count < 0) return bad_request("max_tokens: Input should be greater than or equal to 0");
        chat_.max_tokens = static_cast<std::size_t>(*count);
        return std::nullopt;
    }

    rejection read_sampling() {
        for (std::string_view const name : {"temperature", "top_p"}) {
            auto const* value = given(name);
            if (value == nullptr) continue;
            if (!value->is_number()) return bad_request(std::string{name} + ": Input should be a valid number");
            if (auto const number = value->to_number<double>(); number < 0 || number > 1)
                return bad_request(std::string{name} + ": range: 0..1");
        }
        if (auto const* value = given("top_k"); value != nullptr && !value->is_int64())
            return bad_request("top_k: Input should be a valid integer");
        return std::nullopt;
    }

    rejection read_thinking() {
        auto const* thinking = given("thinking");
        if (thinking == nullptr) return std::nullopt;
        auto const type = text_member(*thinking, "type");
        if (type != "enabled" && type != "adaptive" && type != "disabled" && type != "between_tools")
            return bad_request("thinking: Input tag '" + std::string{type} +
                               "' found using 'type' does not match any of the expected tags: 'adaptive', "
                               "'between_tools', 'disabled', 'enabled'");
        bool const shown = type == "enabled" || type == "adaptive";
        for (auto const& [name, value] : thinking->get_object())
            if (name != "type" && !(name == "budget_tokens" && type == "enabled") && !(name == "display" && shown))
                return bad_request("thinking." + std::string{type} + "." + std::string{view(name)} +
                                   ": Extra inputs are not permitted");
        auto const display = text_member(*thinking, "display");
        if (member(*thinking, "display") != nullptr && display != "summarized" && display != "omitted")
            return bad_request("thinking." + std::string{type} + ".display: Input should be 'summarized' or 'omitted'");
        chat_.thinks = shown;
        chat_.omits_thoughts = display == "omitted";
        return type == "enabled" ? read_budget(*thinking) : std::nullopt;
    }

    rejection read_budget(json::value const& thinking) {
        auto const* budget = member(thinking, "budget_tokens");
        if (budget == nullptr) return bad_request("thinking.enabled.budget_tokens: Field required");
        auto const* count = budget->if_int64();
        if (count == nullptr) return bad_request("thinking.enabled.budget_tokens: Input should be a valid integer");
        if (*count < 1'024)
            return bad_request("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
        if (chat_.max_tokens && static_cast<std::size_t>(*count) >= *chat_.max_tokens)
            return bad_request("`max_tokens` must be greater than `thinking.budget_tokens`.");
        return std::nullopt;
    }

    /// Tools come before all else in what is cached.
    rejection read_tool_marks() {
        auto const* tools = given("tools");
        if (tools == nullptr || !tools->is_array()) return std::nullopt;
        int index = 0;
        for (auto const& tool : tools->get_array()) {
            for (std::string_view const name : {"name", "description"}) chat_.add_prompt(text_member(tool, name), 0);
            if (auto const* schema = member(tool, "input_schema")) chat_.add_prompt(to_json(*schema), 0);
            if (auto wrong = read_cache_control(tool, "tools." + std::to_string(index++), chat_)) return wrong;
        }
        return std::nullopt;
    }

    rejection read_system() {
        auto const* system = given("system");
        if (system == nullptr) return std::nullopt;
        if (system->is_string()) {
            chat_.add_prompt(view(system->get_string()), 0);
            return std::nullopt;
        }
        if (!system->is_array()) return bad_request("system: Input should be a valid string or list");
        int index = 0;
        for (auto const& block : system->get_array()) {
            auto const where = "system." + std::to_string(index++);
            if (text_member(block, "type") != "text" || member(block, "text") == nullptr)
                return bad_request("system: Input should be text blocks");
            if (auto wrong = check_anthropic_block(block, where)) return wrong;
            chat_.add_prompt(text_member(block, "text"), 0);
            if (auto wrong = read_cache_control(block, where, chat_)) return wrong;
        }
        return std::nullopt;
    }

    rejection read_messages() {
        return read_anthropic_messages(given("messages"), is_newer_anthropic(request_), chat_);
    }

    // -- tools --

    rejection read_tools() {
        auto const* tools = given("tools");
        if (tools == nullptr) return std::nullopt;
        if (!tools->is_array()) return bad_request("tools: Input should be a valid list");
        int index = 0;
        for (auto const& tool : tools->get_array())
            if (auto wrong = read_tool(tool, "tools." + std::to_string(index++))) return wrong;
        if (!tools->get_array().empty()) chat_.choice_mode = tool_choice::automatic;
        return std::nullopt;
    }

    rejection read_tool(json::value const& tool, std::string const& where) {
        auto const type = text_member(tool, "type");
        if (!type.empty() && type != "custom") return std::nullopt;  // the service's own tools
        auto const name = text_member(tool, "name");
        if (!is_tool_name(name, 128))
            return bad_request(where + ".custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
        auto const* schema = member(tool, "input_schema");
        if (schema == nullptr) return bad_request(where + ".custom.input_schema: Field required");
        if (text_member(*schema, "type") != "object")
            return bad_request(where + ".custom.input_schema.type: Input should be 'object'");
        if (is_bool(member(tool, "strict"), true))
            if (auto const complaint = anthropic_schema_error(*schema))
                return bad_request(where + ".custom.input_schema: " + *complaint);
        for (auto const& other : chat_.tools)
            if (other.name == name) return bad_request("tools: Tool names must be unique.");
        chat_.tools.push_back({.name = name, .parameters = schema});
        return std::nullopt;
    }

    rejection read_choice() {
        auto const* choice = given("tool_choice");
        if (choice == nullptr) return std::nullopt;
        auto const type = text_member(*choice, "type");
        auto const* single = member(*choice, "disable_parallel_tool_use");
        chat_.parallel = !is_bool(single, true);
        if (type == "none") {
            chat_.choice_mode = tool_choice::none;
            return single == nullptr
                       ? std::nullopt
                       : rejection{
                             bad_request("tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted")};
        }
        if (type != "auto" && type != "any" && type != "tool")
            return bad_request("tool_choice: Input tag '" + std::string{type} +
                               "' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'");
        if (given("tools") == nullptr) return bad_request("tool_choice: may only be given together with tools");
        if (type == "any") chat_.choice_mode = tool_choice::required;
        if (type != "tool") return std::nullopt;
        chat_.choice_mode = tool_choice::named;
        chat_.named_tool = text_member(*choice, "name");
        if (std::ranges::find(chat_.tools, chat_.named_tool, &tool_spec::name) == chat_.tools.end())
            return bad_request("tool_choice.tool.name: Tool '" + std::string{chat_.named_tool} +
                               "' not found in provided tools");
        return std::nullopt;
    }

    /// Whose conversation it is, the service has seen to already.
    rejection read_thread() {
        auto const* thread = given("thread");
        if (thread == nullptr || thread->is_null()) return std::nullopt;
        auto const type = text_member(*thread, "type");
        if (type != "create" && type != "continue")
            return bad_request("thread: Input tag '" + std::string{type} +
                               "' found using 'type' does not match any of the expected tags: 'create', 'continue'");
        for (auto const& [name, value] : thread->get_object())
            if (name != "type" && !(name == "previous_message_id" && type == "continue"))
                return bad_request("thread." + std::string{type} + "." + std::string{view(name)} +
                                   ": Extra inputs are not permitted");
        if (type == "continue" && text_member(*thread, "previous_message_id").empty())
            return bad_request("thread.continue.previous_message_id: Field required");
        chat_.threaded = true;
        return std::nullopt;
    }

    // -- output format --

    rejection read_format() {
        auto const* config = given("output_config");
        if (config != nullptr && !config->is_object())
            return bad_request("output_config: Input should be a valid dictionary");
        if (config != nullptr)
            for (auto const& [name, value] : config->get_object())
                if (name != "effort" && name != "format")
                    return bad_request("output_config." + std::string{view(name)} + ": Extra inputs are not permitted");
        auto const effort = config != nullptr ? text_member(*config, "effort") : std::string_view{};
        constexpr std::array<std::string_view, 5> efforts{"low", "medium", "high", "xhigh", "max"};
        if (!effort.empty() && std::ranges::find(efforts, effort) == efforts.end())
            return bad_request("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'");
        auto const* format = config != nullptr ? member(*config, "format") : given("output_format");
        return format != nullptr ? read_schema(*format) : std::nullopt;
    }

    rejection read_schema(json::value const& format) {
        if (text_member(format, "type") != "json_schema")
            return bad_request("output_config.format.type: Input should be 'json_schema'");
        for (auto const& [name, value] : format.get_object())
            if (name != "type" && name != "schema")
                return bad_request("output_config.format." + std::string{view(name)} +
                                   ": Extra inputs are not permitted");
        chat_.schema = member(format, "schema");
        if (chat_.schema == nullptr) return bad_request("output_config.format.schema: Field required");
        if (chat_.cited) return bad_request("output_config.format: Output format is incompatible with citations.");
        if (auto const complaint = anthropic_schema_error(*chat_.schema))
            return bad_request("output_config.format.schema: " + *complaint);
        return std::nullopt;
    }

    rejection read_rest() {
        auto const tier = text_member(body_, "service_tier");
        if (given("service_tier") != nullptr && tier != "auto" && tier != "standard_only")
            return bad_request("service_tier: Input should be 'auto' or 'standard_only'");
        if (auto const* metadata = given("metadata"); metadata != nullptr && metadata->is_object())
            for (auto const& [name, value] : metadata->get_object())
                if (name != "user_id")
                    return bad_request("metadata." + std::string{view(name)} + ": Extra inputs are not permitted");
        if (auto const* stream = given("stream")) {
            if (!stream->is_bool()) return bad_request("stream: Input should be a valid boolean");
            chat_.stream = stream->get_bool();
        }
        auto const* stops = given("stop_sequences");
        if (stops == nullptr) return std::nullopt;
        if (!stops->is_array()) return bad_request("stop_sequences: Input should be a valid list");
        for (auto const& stop : stops->get_array()) {
            if (!stop.is_string()) return bad_request("stop_sequences: Input should be valid strings");
            chat_.stops.emplace_back(view(stop.get_string()));
        }
        return std::nullopt;
    }

    json::value const& body_;
    request_view const& request_;
    bool counting_;
    parsed_chat& chat_;
};

}  // namespace

bool is_newer_anthropic(request_view const& request) noexcept { return request.anthropic_version == "2026-10-21"; }

rejection read_anthropic_chat(json::value const& body, request_view const& request, bool counting, parsed_chat& chat) {
    return message_reader{body, request, counting, chat}.read();
}

}  // namespace coax::sim::detail
