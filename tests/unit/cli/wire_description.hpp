#pragma once

#include <boost/json.hpp>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// Chat completions requests of services that the simulator does not play, described from their documents and read as
/// strictly as the strictest of them does: what a description does not have is a fault.
namespace coax::test {

/// Words divided by blanks.
struct wire_description {
    char const* service;
    char const* members;    ///< Of the body, each with its type: "temperature:number".
    char const* messages;   ///< Of messages besides role and content, each after its role: "assistant.tool_calls".
    char const* lists;      ///< Roles whose content may be a list of parts.
    char const* parts;      ///< Kinds of parts, and members of theirs: "image_url image_url.detail".
    char const* functions;  ///< Members of a tool's function; those with "!" must be there.
    char const* choices;    ///< Texts of `tool_choice`, and "function" for its object.
    char const* formats;    ///< Types of `response_format`, and members of `json_schema`: "json_schema.name".
};

inline void PrintTo(wire_description const& row, std::ostream* out) { *out << row.service; }

inline constexpr wire_description wire_descriptions[]{
    // Azure/azure-rest-api-specs, ModelInference, 2025-05-01
    {"azure_ai",
     "model:string messages:array frequency_penalty:number stream:bool presence_penalty:number temperature:number "
     "top_p:number max_tokens:integer response_format:object stop:strings modalities:strings tools:array "
     "tool_choice:any "
     "seed:integer user_security_context:object",
     "assistant.tool_calls tool.tool_call_id developer.", "user",
     "text image_url image_url.detail input_audio audio_url", "name! description parameters",
     "none auto required function",
     "text json_object json_schema json_schema.name json_schema.schema json_schema.description json_schema.strict"},
    // llama.cpp, tools/server: what oaicompat_chat_params_parse and the sampling parameters of /completion read
    {"llama.cpp",
     "model:string messages:array stream:bool stream_options:object temperature:number top_k:integer top_p:number "
     "min_p:number max_tokens:integer n_predict:integer stop:strings presence_penalty:number frequency_penalty:number "
     "repeat_penalty:number seed:integer logit_bias:object logprobs:bool top_logprobs:integer response_format:object "
     "tools:array tool_choice:any parallel_tool_calls:bool grammar:string reasoning_format:string "
     "chat_template_kwargs:object",
     "assistant.tool_calls assistant.reasoning_content tool.tool_call_id tool.name", "system user assistant tool",
     "text image_url input_audio", "name! description parameters", "none auto required",
     "text json_object json_schema json_schema.schema"},
    // vLLM, chat_completion/protocol.py
    {"vllm",
     "messages:array model:string frequency_penalty:number logit_bias:object logprobs:bool top_logprobs:integer "
     "max_tokens:integer max_completion_tokens:integer n:integer presence_penalty:number response_format:object "
     "seed:integer stop:strings stream:bool stream_options:object temperature:number top_p:number tools:array "
     "tool_choice:any reasoning_effort:string include_reasoning:bool parallel_tool_calls:bool user:string "
     "top_k:integer "
     "min_p:number repetition_penalty:number structured_outputs:object chat_template_kwargs:object",
     "system.name user.name assistant.name assistant.tool_calls assistant.reasoning tool.tool_call_id",
     "system user assistant tool", "text image_url image_url.detail input_audio", "name! description parameters",
     "none auto required function",
     "text json_object json_schema json_schema.name json_schema.schema json_schema.description json_schema.strict"},
    // Ollama, openai/openai.go
    {"ollama",
     "model:string messages:array stream:bool stream_options:object max_tokens:integer seed:integer stop:strings "
     "temperature:number frequency_penalty:number presence_penalty:number top_p:number response_format:object "
     "tools:array reasoning:object reasoning_effort:string",
     "system.name user.name assistant.name assistant.tool_calls assistant.reasoning tool.tool_call_id tool.name",
     "system user assistant tool", "text image_url image_url.data", "name! description parameters", "",
     "text json_object json_schema json_schema.schema"},
    // lmstudio.ai, docs/developer/openai-compat
    {"lmstudio",
     "model:string top_p:number top_k:integer messages:array temperature:number max_tokens:integer stream:bool "
     "stream_options:object stop:strings presence_penalty:number frequency_penalty:number logit_bias:object "
     "repeat_penalty:number seed:integer tools:array tool_choice:any response_format:object",
     "assistant.tool_calls tool.tool_call_id", "system user assistant tool", "text image_url image_url.data",
     "name! description parameters", "none auto required",
     "text json_schema json_schema.name json_schema.schema json_schema.description json_schema.strict"},
    // openrouter.ai, docs/api-reference
    {"openrouter",
     "model:string messages:array response_format:object stop:strings stream:bool stream_options:object "
     "max_tokens:integer max_completion_tokens:integer temperature:number seed:integer top_p:number top_k:integer "
     "frequency_penalty:number presence_penalty:number repetition_penalty:number logit_bias:object logprobs:bool "
     "top_logprobs:integer min_p:number tools:array tool_choice:any parallel_tool_calls:bool prediction:object "
     "user:string reasoning:object metadata:object service_tier:string verbosity:string provider:object models:strings",
     "system.name user.name developer.name assistant.name assistant.tool_calls assistant.refusal assistant.reasoning "
     "assistant.reasoning_details tool.tool_call_id developer.",
     "system developer user assistant tool", "text image_url image_url.detail input_audio file",
     "name! description parameters strict", "none auto required function",
     "text json_object json_schema json_schema.name json_schema.schema json_schema.description json_schema.strict"},
    // mistralai/client-python, ChatCompletionRequest and its parts
    {"mistral",
     "model:string messages:array temperature:number top_p:number max_tokens:integer stream:bool stop:strings "
     "random_seed:integer metadata:object response_format:object tools:array tool_choice:any presence_penalty:number "
     "frequency_penalty:number n:integer prediction:object parallel_tool_calls:bool reasoning_effort:string "
     "prompt_mode:string guardrails:array safe_prompt:bool",
     "assistant.tool_calls assistant.prefix tool.tool_call_id tool.name", "system user assistant tool",
     "text image_url image_url.detail", "name! parameters! description strict", "none auto any required function",
     "text json_object json_schema json_schema.name json_schema.schema json_schema.description json_schema.strict"},
    // api-docs.deepseek.com, api/create-chat-completion and guides/thinking_mode
    {"deepseek",
     "messages:array model:string thinking:object reasoning_effort:string frequency_penalty:number max_tokens:integer "
     "presence_penalty:number response_format:object stop:strings stream:bool stream_options:object temperature:number "
     "top_p:number tools:array tool_choice:any logprobs:bool top_logprobs:integer",
     "system.name user.name assistant.name assistant.tool_calls assistant.reasoning_content assistant.prefix "
     "tool.tool_call_id",
     "", "text", "name! description parameters", "none auto required function", "text json_object"},
    // groq/groq-python, completion_create_params.py, less what console.groq.com/docs/openai calls a 400
    {"groq",
     "messages:array model:string frequency_penalty:number include_reasoning:bool max_completion_tokens:integer "
     "max_tokens:integer parallel_tool_calls:bool presence_penalty:number reasoning_effort:string "
     "reasoning_format:string response_format:object seed:integer service_tier:string stop:strings stream:bool "
     "temperature:number tool_choice:any tools:array top_p:number user:string",
     "assistant.tool_calls assistant.reasoning tool.tool_call_id", "system user assistant tool",
     "text image_url image_url.detail", "name! description parameters strict", "none auto required function",
     "text json_object json_schema json_schema.name json_schema.schema json_schema.description json_schema.strict"},
};

/// Reads a body by a description. What it finds is the first fault.
class wire_reader {
public:
    explicit wire_reader(wire_description const& wire) : wire_{wire} {}

    [[nodiscard]] std::string fault(std::string_view body) {
        boost::system::error_code failed;
        auto const value = boost::json::parse(body, failed);
        if (failed || !value.is_object()) return "not an object";
        auto const& object = value.get_object();
        if (!object.contains("messages")) return "no messages";
        for (auto const& member : object) read_member(member.key(), member.value());
        return fault_;
    }

private:
    using text = std::string_view;

    static std::vector<std::string> words(char const* of) {
        std::istringstream in{of};
        return {std::istream_iterator<std::string>{in}, {}};
    }
    static bool lists(char const* of, std::string const& word) {
        auto const all = words(of);
        return std::find(all.begin(), all.end(), word) != all.end();
    }
    void expect(bool good, std::string what) {
        if (!good && fault_.empty()) fault_ = std::move(what);
    }

    void read_member(text name, boost::json::value const& value) {
        std::string type;
        for (auto const& word : words(wire_.members))
            if (word.starts_with(std::string{name} + ':')) type = word.substr(name.size() + 1);
        expect(!type.empty(), "unknown member " + std::string{name});
        expect(has_type(value, type), std::string{name} + " is no " + type);
        if (!fault_.empty()) return;
        if (name == "messages") read_list(value, &wire_reader::read_message);
        if (name == "tools") read_list(value, &wire_reader::read_tool);
        if (name == "tool_choice") read_choice(value);
        if (name == "response_format") read_format(value.get_object());
    }

    static bool has_type(boost::json::value const& value, std::string const& type) {
        if (type == "string") return value.is_string();
        if (type == "bool") return value.is_bool();
        if (type == "integer") return value.is_int64() || value.is_uint64();
        if (type == "number") return value.is_number();
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "any") return true;
        auto const* const list = value.if_array();
        return list != nullptr &&
               std::all_of(list->begin(), list->end(), [](auto const& item) { return item.is_string(); });
    }

    void read_list(boost::json::value const& list, void (wire_reader::*each)(boost::json::object const&)) {
        expect(!list.get_array().empty(), "an empty list");
        for (auto const& item : list.get_array()) {
            expect(item.is_object(), "an item that is no object");
            if (item.is_object()) (this->*each)(item.get_object());
        }
    }

    void read_message(boost::json::object const& message) {
        auto const* const role = message.if_contains("role");
        if (role == nullptr || !role->is_string()) return expect(false, "a message without a role");
        std::string const speaker{role->get_string().c_str()};
        bool const is_common = speaker == "system" || speaker == "user" || speaker == "assistant" || speaker == "tool";
        expect(is_common || lists(wire_.messages, speaker + '.'), "unknown role " + speaker);
        for (auto const& member : message) {
            std::string const name{member.key()};
            if (name == "content")
                read_content(speaker, member.value(), message.contains("tool_calls") || message.contains("refusal"));
            else if (name != "role")
                expect(lists(wire_.messages, speaker + '.' + name), "unknown member " + speaker + '.' + name);
        }
    }

    void read_content(std::string const& speaker, boost::json::value const& content, bool may_be_null) {
        if (content.is_string() || (content.is_null() && may_be_null)) return;
        expect(content.is_array() && lists(wire_.lists, speaker), "content of " + speaker + " is no text");
        if (content.is_array()) read_list(content, &wire_reader::read_part);
    }

    void read_part(boost::json::object const& part) {
        auto const* const type = part.if_contains("type");
        if (type == nullptr || !type->is_string()) return expect(false, "a part without a type");
        std::string const kind{type->get_string().c_str()};
        expect(lists(wire_.parts, kind), "unknown part " + kind);
        expect(part.size() == 2 && part.contains(kind), "a part with other members");
        if (kind != "image_url" || !fault_.empty()) return;
        auto const& image = part.at(kind).as_object();
        for (auto const& member : image)
            expect(member.key() == "url" || lists(wire_.parts, "image_url." + std::string{member.key()}),
                   "unknown member of an image: " + std::string{member.key()});
        bool const has_data = image.at("url").as_string().starts_with("data:");
        expect(has_data || !lists(wire_.parts, "image_url.data"), "an image that is not in the request");
    }

    void read_tool(boost::json::object const& tool) {
        expect(tool.size() == 2 && tool.contains("type") && tool.contains("function"), "a tool with other members");
        if (!fault_.empty()) return;
        auto const& function = tool.at("function").as_object();
        for (auto const& member : function) {
            std::string const name{member.key()};
            expect(lists(wire_.functions, name) || lists(wire_.functions, name + '!'),
                   "unknown member of a tool: " + name);
        }
        for (auto const& word : words(wire_.functions))
            if (word.ends_with('!'))
                expect(function.contains(word.substr(0, word.size() - 1)), "a tool without " + word);
    }

    void read_choice(boost::json::value const& choice) {
        if (choice.is_string()) return expect(lists(wire_.choices, choice.get_string().c_str()), "unknown tool_choice");
        expect(choice.is_object() && lists(wire_.choices, "function"), "tool_choice is no text");
    }

    void read_format(boost::json::object const& format) {
        std::string const type{format.at("type").as_string().c_str()};
        expect(lists(wire_.formats, type), "unknown format " + type);
        if (type != "json_schema" || !fault_.empty()) return;
        expect(format.size() == 2 && format.contains(type), "a format with other members");
        auto const& schema = format.at(type).as_object();
        expect(schema.contains("schema"), "no schema");
        for (auto const& member : schema)
            expect(lists(wire_.formats, "json_schema." + std::string{member.key()}),
                   "unknown member of json_schema: " + std::string{member.key()});
    }

    wire_description const& wire_;
    std::string fault_{};
};

}  // namespace coax::test
