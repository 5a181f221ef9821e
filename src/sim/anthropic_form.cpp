#include "sim/schema_rules.hpp"
#include "sim/wire_form.hpp"

#include <algorithm>
#include <array>

namespace coax::sim {
namespace {

using verdict = std::optional<wire_error>;

constexpr std::string_view newer_version = "2026-10-21";

wire_error bad(std::string message) {
    return {.status = 400, .message = std::move(message)};
}

bool is_newer(request_view const& request) noexcept {
    return request.anthropic_version == newer_version;
}

// ---- reading -------------------------------------------------------------------------------------------------------

/// Reads one message request, checking what the service checks.
class message_reader {
public:
    message_reader(json::value const& body, request_view const& request, bool counting, chat_task& task)
        : body_{body}, request_{request}, counting_{counting}, task_{task} {}

    verdict read() {
        if (!body_.is_object()) return bad("The request body must be a JSON object.");
        for (auto const step : {&message_reader::read_names, &message_reader::read_model, &message_reader::read_limit,
                                &message_reader::read_sampling, &message_reader::read_system,
                                &message_reader::read_messages, &message_reader::read_tools,
                                &message_reader::read_choice, &message_reader::read_format, &message_reader::read_rest})
            if (auto found = (this->*step)()) return found;
        task_.hash = hash_of({"system", "messages", "tools", "tool_choice", "output_config", "max_tokens"});
        task_.include_usage = true;
        return std::nullopt;
    }

private:
    static constexpr std::array<std::string_view, 19> known{
        "model",          "max_tokens",   "messages",      "system",    "temperature",  "top_p",    "top_k",
        "stop_sequences", "stream",       "metadata",      "tools",     "tool_choice",  "thinking", "output_config",
        "cache_control",  "service_tier", "inference_geo", "container", "output_format"};

    [[nodiscard]] json::value const* given(std::string_view name) const noexcept { return member(body_, name); }

    [[nodiscard]] std::uint64_t hash_of(std::initializer_list<std::string_view> names) const noexcept {
        auto hash = hash_bytes(task_.model, 1);
        for (auto const name : names)
            if (auto const* value = given(name)) hash = hash_json(*value, hash_bytes(name, hash));
        return hash;
    }

    verdict read_names() {
        for (auto const& [name, value] : body_.get_object()) {
            std::string_view const field{name.data(), name.size()};
            bool allowed = std::ranges::find(known, field) != known.end();
            if (counting_ && (field == "max_tokens" || field == "stream")) allowed = false;
            if (is_newer(request_) && (field == "temperature" || field == "top_p" || field == "top_k")) allowed = false;
            if (field == "output_format" &&
                request_.anthropic_beta.find("structured-outputs") == std::string_view::npos)
                allowed = false;
            if (!allowed) return bad(std::string{field} + ": Extra inputs are not permitted");
        }
        return std::nullopt;
    }

    verdict read_model() {
        task_.model = text_member(body_, "model");
        if (given("model") == nullptr) return bad("model: Field required");
        if (task_.model.empty()) return bad("model: Input should be a valid string");
        return std::nullopt;
    }

    verdict read_limit() {
        if (counting_) return std::nullopt;
        auto const* limit = given("max_tokens");
        if (limit == nullptr) return bad("max_tokens: Field required");
        auto const* count = limit->if_int64();
        if (count == nullptr) return bad("max_tokens: Input should be a valid integer");
        if (*count < 0) return bad("max_tokens: Input should be greater than or equal to 0");
        task_.max_tokens = static_cast<std::size_t>(*count);
        return std::nullopt;
    }

    verdict read_sampling() {
        for (std::string_view const name : {"temperature", "top_p"}) {
            auto const* value = given(name);
            if (value == nullptr) continue;
            if (!value->is_number()) return bad(std::string{name} + ": Input should be a valid number");
            if (auto const number = value->to_number<double>(); number < 0 || number > 1)
                return bad(std::string{name} + ": range: 0..1");
        }
        if (auto const* value = given("top_k"); value != nullptr && !value->is_int64())
            return bad("top_k: Input should be a valid integer");
        return std::nullopt;
    }

    verdict read_system() {
        auto const* system = given("system");
        if (system == nullptr) return std::nullopt;
        if (system->is_string()) {
            task_.prompt_bytes += system->get_string().size();
            return std::nullopt;
        }
        if (!system->is_array()) return bad("system: Input should be a valid string or list");
        for (auto const& block : system->get_array()) {
            if (text_member(block, "type") != "text" || member(block, "text") == nullptr)
                return bad("system: Input should be text blocks");
            task_.prompt_bytes += text_member(block, "text").size();
        }
        return std::nullopt;
    }

    // -- messages --

    verdict read_messages() {
        auto const* messages = given("messages");
        if (messages == nullptr) return bad("messages: Field required");
        if (!messages->is_array()) return bad("messages: Input should be a valid list");
        if (messages->get_array().empty()) return bad("messages: at least one message is required");
        int index = 0;
        for (auto const& message : messages->get_array())
            if (auto found = read_message(message, "messages." + std::to_string(index++))) return found;
        return expect_no_open_uses("messages." + std::to_string(index - 1));
    }

    verdict read_message(json::value const& message, std::string const& where) {
        auto const role = text_member(message, "role");
        bool const system = role == "system" && is_newer(request_);
        if (role != "user" && role != "assistant" && !system)
            return bad(where + ".role: Input should be 'user' or 'assistant'");
        auto const* content = member(message, "content");
        if (content == nullptr) return bad(where + ".content: Field required");
        if (role != "user" || content->is_string())
            if (auto found = expect_no_open_uses(where)) return found;
        if (content->is_string()) {
            if (content->get_string().empty()) return bad(where + ": text content blocks must be non-empty");
            hear(role, view(content->get_string()), true);
            return std::nullopt;
        }
        if (!content->is_array() || content->get_array().empty())
            return bad(where + ".content: Input should be a valid string or a non-empty list");
        return read_blocks(content->get_array(), role, where);
    }

    verdict read_blocks(json::array const& blocks, std::string_view role, std::string const& where) {
        auto const open = std::move(open_uses_);
        open_uses_.clear();
        auto unanswered = open;
        if (role == "user" && open.empty()) task_.tool_results.clear();
        bool other_content = false;
        int index = 0;
        for (auto const& block : blocks) {
            auto const here = where + ".content." + std::to_string(index++);
            if (text_member(block, "type") != "tool_result") {
                other_content = true;
                if (auto found = read_block(block, role, here)) return found;
                continue;
            }
            if (role != "user") return bad(here + ": tool_result blocks can only be in user messages");
            if (other_content && !open.empty())
                return bad(where + ": tool_result blocks must come before other content");
            if (auto found = read_result(block, unanswered, here)) return found;
        }
        if (!unanswered.empty()) return missing_results(unanswered, where);
        return std::nullopt;
    }

    [[nodiscard]] static wire_error missing_results(std::vector<std::string_view> const& ids,
                                                    std::string const& where) {
        std::string all;
        for (auto const id : ids) all += (all.empty() ? "" : ", ") + std::string{id};
        return bad(where + ": `tool_use` ids were found without `tool_result` blocks immediately after: " + all +
                   ". Each `tool_use` block must have a corresponding `tool_result` block in the next message.");
    }

    [[nodiscard]] verdict expect_no_open_uses(std::string const& where) const {
        return open_uses_.empty() ? std::nullopt : verdict{missing_results(open_uses_, where)};
    }

    verdict read_block(json::value const& block, std::string_view role, std::string const& where) {
        auto const type = text_member(block, "type");
        if (type == "text") {
            if (text_member(block, "text").empty()) return bad(where + ": text content blocks must be non-empty");
            hear(role, text_member(block, "text"), false);
            return std::nullopt;
        }
        if (type == "tool_use") return read_use(block, role, where);
        bool const media = type == "image" || type == "document" || type == "search_result";
        bool const thought = type == "thinking" || type == "redacted_thinking" || type == "server_tool_use";
        bool const result = type.ends_with("_tool_result") || type == "container_upload" || type == "mid_conv_system";
        if ((media && role == "user") || (thought && role == "assistant") || result) return std::nullopt;
        return bad(where + ": Input tag '" + std::string{type} +
                   "' found using 'type' does not match any of the expected tags");
    }

    verdict read_use(json::value const& block, std::string_view role, std::string const& where) {
        auto const* input = member(block, "input");
        if (role != "assistant") return bad(where + ": `tool_use` blocks can only be in `assistant` messages");
        if (text_member(block, "id").empty()) return bad(where + ".tool_use.id: Field required");
        if (!is_tool_name(text_member(block, "name"), 128))
            return bad(where + ".tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
        if (input == nullptr || !input->is_object())
            return bad(where + ".tool_use.input: Input should be a valid dictionary");
        open_uses_.push_back(text_member(block, "id"));
        return std::nullopt;
    }

    verdict read_result(json::value const& block, std::vector<std::string_view>& unanswered, std::string const& where) {
        auto const id = text_member(block, "tool_use_id");
        auto const found = std::ranges::find(unanswered, id);
        if (found == unanswered.end())
            return bad(
                where + ": unexpected `tool_use_id` found in `tool_result` blocks: " + std::string{id} +
                ". Each `tool_result` block must have a corresponding `tool_use` block in the previous message.");
        unanswered.erase(found);
        std::string text;
        auto const* content = member(block, "content");
        if (content != nullptr && content->is_string())
            text = view(content->get_string());
        else if (content != nullptr && content->is_array())
            for (auto const& part : content->get_array()) text += text_member(part, "text");
        else if (content != nullptr && !content->is_null())
            return bad(where + ".tool_result.content: Input should be a valid string or list");
        task_.prompt_bytes += text.size() + 16;
        task_.tool_results.push_back(std::move(text));
        return std::nullopt;
    }

    void hear(std::string_view role, std::string_view text, bool alone) {
        task_.prompt_bytes += text.size() + 16;
        if (role != "user") return;
        if (!task_.user_text.empty()) task_.user_text += '\n';
        task_.user_text += text;
        task_.last_user_text = text;
        if (alone) task_.tool_results.clear();
    }

    // -- tools --

    verdict read_tools() {
        auto const* tools = given("tools");
        if (tools == nullptr) return std::nullopt;
        if (!tools->is_array()) return bad("tools: Input should be a valid list");
        int index = 0;
        for (auto const& tool : tools->get_array())
            if (auto found = read_tool(tool, "tools." + std::to_string(index++))) return found;
        if (!tools->get_array().empty()) task_.policy = tool_policy::automatic;
        return std::nullopt;
    }

    verdict read_tool(json::value const& tool, std::string const& where) {
        auto const type = text_member(tool, "type");
        if (!type.empty() && type != "custom") return std::nullopt;  // the service's own tools
        auto const name = text_member(tool, "name");
        if (!is_tool_name(name, 128))
            return bad(where + ".custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
        auto const* schema = member(tool, "input_schema");
        if (schema == nullptr) return bad(where + ".custom.input_schema: Field required");
        if (text_member(*schema, "type") != "object")
            return bad(where + ".custom.input_schema.type: Input should be 'object'");
        auto const* strict = member(tool, "strict");
        if (strict != nullptr && *strict == json::value(true))
            if (auto const fault = anthropic_schema_fault(*schema))
                return bad(where + ".custom.input_schema: " + *fault);
        for (auto const& other : task_.tools)
            if (other.name == name) return bad("tools: Tool names must be unique.");
        task_.tools.push_back({.name = name, .parameters = schema});
        task_.prompt_bytes += name.size();
        return std::nullopt;
    }

    verdict read_choice() {
        auto const* choice = given("tool_choice");
        if (choice == nullptr) return std::nullopt;
        auto const type = text_member(*choice, "type");
        auto const* single = member(*choice, "disable_parallel_tool_use");
        task_.parallel = single == nullptr || *single != json::value(true);
        if (type == "none") {
            task_.policy = tool_policy::none;
            return single == nullptr
                       ? std::nullopt
                       : verdict{bad("tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted")};
        }
        if (type != "auto" && type != "any" && type != "tool")
            return bad("tool_choice: Input tag '" + std::string{type} +
                       "' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'");
        if (given("tools") == nullptr) return bad("tool_choice: may only be given together with tools");
        if (type == "any") task_.policy = tool_policy::required;
        if (type != "tool") return std::nullopt;
        task_.policy = tool_policy::named;
        task_.named_tool = text_member(*choice, "name");
        if (std::ranges::find(task_.tools, task_.named_tool, &tool_spec::name) == task_.tools.end())
            return bad("tool_choice.tool.name: Tool '" + std::string{task_.named_tool} +
                       "' not found in provided tools");
        return std::nullopt;
    }

    // -- form of the answer --

    verdict read_format() {
        auto const* config = given("output_config");
        if (config != nullptr && !config->is_object()) return bad("output_config: Input should be a valid dictionary");
        if (config != nullptr)
            for (auto const& [name, value] : config->get_object())
                if (name != "effort" && name != "format")
                    return bad("output_config." + std::string{name.data(), name.size()} +
                               ": Extra inputs are not permitted");
        auto const effort = config != nullptr ? text_member(*config, "effort") : std::string_view{};
        constexpr std::array<std::string_view, 5> efforts{"low", "medium", "high", "xhigh", "max"};
        if (!effort.empty() && std::ranges::find(efforts, effort) == efforts.end())
            return bad("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'");
        auto const* format = config != nullptr ? member(*config, "format") : given("output_format");
        return format != nullptr ? read_schema(*format) : std::nullopt;
    }

    verdict read_schema(json::value const& format) {
        if (text_member(format, "type") != "json_schema")
            return bad("output_config.format.type: Input should be 'json_schema'");
        for (auto const& [name, value] : format.get_object())
            if (name != "type" && name != "schema")
                return bad("output_config.format." + std::string{name.data(), name.size()} +
                           ": Extra inputs are not permitted");
        task_.schema = member(format, "schema");
        if (task_.schema == nullptr) return bad("output_config.format.schema: Field required");
        if (auto const fault = anthropic_schema_fault(*task_.schema))
            return bad("output_config.format.schema: " + *fault);
        return std::nullopt;
    }

    verdict read_rest() {
        if (auto const* stream = given("stream")) {
            if (!stream->is_bool()) return bad("stream: Input should be a valid boolean");
            task_.stream = stream->get_bool();
        }
        auto const* stops = given("stop_sequences");
        if (stops == nullptr) return std::nullopt;
        if (!stops->is_array()) return bad("stop_sequences: Input should be a valid list");
        for (auto const& stop : stops->get_array()) {
            if (!stop.is_string()) return bad("stop_sequences: Input should be valid strings");
            task_.stops.emplace_back(view(stop.get_string()));
        }
        return std::nullopt;
    }

    json::value const& body_;
    request_view const& request_;
    bool counting_;
    chat_task& task_;
    std::vector<std::string_view> open_uses_;
};

// ---- writing -------------------------------------------------------------------------------------------------------

std::string_view stop_reason(finish ending) noexcept {
    switch (ending) {
        case finish::stop:
            return "end_turn";
        case finish::stop_sequence:
            return "stop_sequence";
        case finish::length:
            return "max_tokens";
        case finish::tool_calls:
            return "tool_use";
        case finish::filtered:
        case finish::refused:
            return "refusal";
    }
    return "end_turn";
}

bool declined(answer const& made) noexcept {
    return made.ending == finish::refused || made.ending == finish::filtered;
}

/// The members of `stop_reason` and those beside it.
std::string stop_members(answer const& made) {
    std::string text = R"("stop_reason":")" + std::string{stop_reason(made.ending)} + R"(","stop_sequence":)";
    if (made.ending == finish::stop_sequence)
        append_quoted(text, made.stop_sequence);
    else
        text += "null";
    text += R"(,"stop_details":)";
    return text + (declined(made) ? R"({"type":"refusal","category":null,"explanation":null})" : "null");
}

std::string usage_of(std::size_t input, std::size_t output) {
    return R"({"input_tokens":)" + std::to_string(input) +
           R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":)" +
           std::to_string(output) + R"(,"service_tier":"standard"})";
}

/// `input` is an object on this wire; one that a fault cut short goes out empty.
std::string whole_input(made_call const& call, finish ending) {
    return ending == finish::length ? "{}" : call.arguments;
}

std::string use_block(made_call const& call, std::string_view input) {
    std::string block = R"({"type":"tool_use","id":"toolu_)" + call.id + R"(","name":)";
    append_quoted(block, call.name);
    return block.append(R"(,"input":)").append(input).append("}");
}

std::string text_block(std::string_view text) {
    std::string block = R"({"type":"text","text":)";
    append_quoted(block, text);
    return block + "}";
}

std::string message_head(chat_task const& task, exchange const& with) {
    std::string head =
        R"({"id":"msg_01)" + make_id(with.id_seed, 22) + R"(","type":"message","role":"assistant","model":)";
    append_quoted(head, task.model);
    return head;
}

/// Writes the events of one streamed message.
class event_writer {
public:
    explicit event_writer(reply& out) noexcept : out_{out} {}

    void write(chat_task const& task, answer const& made, exchange const& with) {
        event("message_start",
              R"("message":)" + message_head(task, with) +
                  R"(,"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":)" +
                  usage_of(out_.prompt_tokens, 1) + "}");
        if (made.calls.empty() && !made.text.empty()) write_text(made.text);
        for (auto const& call : made.calls)
            write_use(call, made.ending == finish::length && &call == &made.calls.back());
        event("message_delta", R"("delta":{)" + stop_members(made) + R"(},"usage":{"output_tokens":)" +
                                   std::to_string(out_.completion_tokens) + "}");
        event("message_stop", {});
    }

private:
    void event(std::string_view type, std::string_view members) {
        std::string text{"event: "};
        text.append(type).append("\ndata: {\"type\":\"").append(type).append("\"");
        if (!members.empty()) text.append(",").append(members);
        out_.pieces.push_back(text.append("}\n\n"));
    }

    void open(std::string const& block) {
        event("content_block_start", R"("index":)" + std::to_string(index_) + R"(,"content_block":)" + block);
        if (index_ == 0) event("ping", {});
    }

    void delta(std::string_view type, std::string_view member_name, std::string_view text) {
        std::string members = R"("index":)" + std::to_string(index_) + R"(,"delta":{"type":")";
        members.append(type).append("\",\"").append(member_name).append("\":");
        append_quoted(members, text);
        event("content_block_delta", members + "}");
    }

    void close() { event("content_block_stop", R"("index":)" + std::to_string(index_++)); }

    void write_text(std::string_view text) {
        open(text_block({}));
        for (auto const part : split_deltas(text)) delta("text_delta", "text", part);
        close();
    }

    /// A block that the token limit cuts is not closed, as recorded.
    void write_use(made_call const& call, bool cut) {
        open(use_block(call, "{}"));
        delta("input_json_delta", "partial_json", {});
        if (call.arguments != "{}")
            for (auto const part : split_deltas(call.arguments)) delta("input_json_delta", "partial_json", part);
        if (!cut) close();
    }

    reply& out_;
    int index_{0};
};

std::string_view error_type(int status) noexcept {
    switch (status) {
        case 401:
            return "authentication_error";
        case 402:
            return "billing_error";
        case 403:
            return "permission_error";
        case 404:
            return "not_found_error";
        case 409:
            return "conflict_error";
        case 413:
            return "request_too_large";
        case 429:
            return "rate_limit_error";
        case 504:
            return "timeout_error";
        case 529:
            return "overloaded_error";
        default:
            return status >= 500 ? "api_error" : "invalid_request_error";
    }
}

// ---- the form ------------------------------------------------------------------------------------------------------

class anthropic final : public wire_form {
public:
    /// The newer version takes the key as a bearer token only; the older one either way.
    verdict authorize(request_view const& request, std::string_view key) const override {
        bool const by_header = !is_newer(request) && request.x_api_key == key;
        if (by_header || bearer_token(request.authorization) == key) return std::nullopt;
        bool const none = request.x_api_key.empty() && request.authorization.empty();
        return wire_error{.status = 401, .message = none ? "x-api-key header is required" : "invalid x-api-key"};
    }

    verdict check_request(request_view const& request, route const& /*asked*/) const override {
        if (request.anthropic_version.empty()) return bad("anthropic-version: header is required");
        if (request.anthropic_version != "2023-06-01" && !is_newer(request))
            return bad("anthropic-version: \"" + std::string{request.anthropic_version} + "\" is not a valid version");
        return std::nullopt;
    }

    verdict read_chat(json::value const& body, request_view const& request, route const& asked,
                      chat_task& task) const override {
        return message_reader{body, request, asked.what == endpoint::count_tokens, task}.read();
    }

    void write_chat(reply& out, chat_task const& task, std::vector<answer> const& answers,
                    exchange const& with) const override {
        auto const& made = answers.front();
        if (task.stream) {
            event_writer{out}.write(task, made, with);
            return;
        }
        out.body = message_head(task, with) + R"(,"content":[)";
        if (made.calls.empty() && !made.text.empty()) out.body += text_block(made.text);
        for (auto const& call : made.calls) {
            if (&call != &made.calls.front()) out.body += ',';
            out.body += use_block(call, &call == &made.calls.back() ? whole_input(call, made.ending) : call.arguments);
        }
        out.body +=
            "]," + stop_members(made) + R"(,"usage":)" + usage_of(out.prompt_tokens, out.completion_tokens) + "}";
    }

    std::string error_body(wire_error const& why, exchange const& with) const override {
        return R"({"type":"error","error":)" + inner(why) + R"(,"request_id":")" + with.request_id + "\"}";
    }
    std::string error_event(wire_error const& why) const override {
        return "event: error\ndata: {\"type\":\"error\",\"error\":" + inner(why) + "}\n\n";
    }

    wire_error failure(int status) const override {
        switch (status) {
            case 401:
                return {.status = status, .message = "invalid x-api-key"};
            case 403:
                return {.status = status,
                        .message = "Your API key does not have permission to use the specified resource."};
            case 404:
                return {.status = status, .message = "Not found"};
            case 429:
                return {.status = status,
                        .message = "This request would exceed your organization's rate limit. Please try again later."};
            case 529:
                return {.status = status, .message = "Overloaded"};
            default:
                break;
        }
        return {.status = status, .message = status >= 500 ? "Internal server error" : "The request cannot be served."};
    }

    wire_error unknown_model(std::string_view model, route const& /*asked*/) const override {
        return {.status = 404, .message = "model: " + std::string{model}};
    }

    wire_error limited(limit_refusal const& why, std::string_view /*model*/, double limit) const override {
        std::string const what = why.which == limited_by::requests ? " requests per minute" : " tokens per minute";
        return {
            .status = 429,
            .message = "This request would exceed your organization's rate limit of " + to_json(limit) + what + "."};
    }

    wire_error filtered() const override { return bad("Output blocked by content filtering policy"); }
    bool filters_with_error() const noexcept override { return false; }

    wire_error quota_exhausted() const override {
        return {.status = 429,
                .message = "Your organization has reached its spend limit.",
                .details = R"({"error_code":"enforced_spend_limit_reached"})"};
    }

    wire_error context_too_long() const override { return bad("prompt is too long: 250000 tokens > 200000 maximum"); }

    void tell_ids(std::string& headers, exchange const& with) const override {
        add_header(headers, "request-id", with.request_id);
        add_header(headers, "anthropic-organization-id", "00000000-0000-4000-a000-000000000000");
    }

    void tell_limits(std::string& headers, limits& kept, exchange const& with) const override {
        for (auto const which : {limited_by::requests, limited_by::tokens}) {
            auto const state = kept.state(which, with.now.steady);
            if (!state) continue;
            std::string const name =
                which == limited_by::requests ? "anthropic-ratelimit-requests" : "anthropic-ratelimit-tokens";
            auto remaining = static_cast<std::int64_t>(state->remaining);
            if (which == limited_by::tokens) remaining = (remaining + 500) / 1000 * 1000;
            add_header(headers, name + "-limit", std::to_string(static_cast<std::int64_t>(state->limit)));
            add_header(headers, name + "-remaining", std::to_string(remaining));
            add_header(headers, name + "-reset",
                       rfc3339(with.now.wall + std::chrono::seconds{ceil_seconds(state->reset)}));
        }
    }

    void tell_wait(std::string& headers, limit_refusal const& why) const override {
        if (!why.never) add_header(headers, "retry-after", std::to_string(ceil_seconds(why.wait)));
    }

    int overloaded_status() const noexcept override { return 529; }
    member_order order() const noexcept override { return member_order::required_first; }

private:
    static std::string inner(wire_error const& why) {
        std::string text = R"({"type":")" + std::string{error_type(why.status)} + R"(","message":)";
        append_quoted(text, why.message);
        if (!why.details.empty()) text += R"(,"details":)" + why.details;
        return text + "}";
    }
};

}  // namespace

wire_form const& anthropic_form() noexcept {
    static anthropic const form;
    return form;
}

}  // namespace coax::sim
