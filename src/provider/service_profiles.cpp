#include "provider/request_members.hpp"

#include <coax/provider/service_profile.hpp>

#include <algorithm>
#include <string>

namespace coax {
namespace {

/// A profile with its members as one text, divided by blanks.
struct profile_row {
    char const* name;
    char const* base_url;
    char const* key_variable;
    char const* key_header;
    schema_dialect dialect;
    bool needs_model;
    char const* members;
    char const* more{""};
};

constexpr auto bearer = "Authorization";

/// Of OpenAI's own API. Source: reference openai.md, section 2.
constexpr auto openai_members =
    "temperature top_p presence_penalty frequency_penalty max_completion_tokens stop seed reasoning_effort metadata "
    "user n logprobs logit_bias service_tier verbosity store prediction safety_identifier prompt_cache_key "
    "parallel_tool_calls tool_choice tool_choice.function tools.strict stream_options response_format.json_object "
    "response_format.json_schema.name messages.developer messages.name messages.refusal messages.content[] "
    "messages.image_url messages.image_url.url messages.image_url.detail messages.input_audio messages.file embeddings "
    "embeddings.encoding_format embeddings.dimensions";

constexpr profile_row profile_rows[]{
    {"openai", "https://api.openai.com/v1", "OPENAI_API_KEY", bearer, schema_dialect::openai_strict, true,
     openai_members, " messages.prompt_cache_breakpoint"},
    {"azure", "", "AZURE_OPENAI_API_KEY", "api-key", schema_dialect::azure_strict, true, openai_members},
    // Source: reference azure.md, section 7.3.
    {"azure_ai", "", "AZURE_INFERENCE_CREDENTIAL", "api-key", schema_dialect::azure_strict, false,
     "temperature top_p presence_penalty frequency_penalty max_tokens stop seed tool_choice tool_choice.function "
     "response_format.json_object response_format.json_schema.name messages.developer messages.user.content[] "
     "messages.image_url messages.image_url.url messages.image_url.detail messages.input_audio embeddings "
     "embeddings.encoding_format embeddings.dimensions embeddings.input_type"},
    // Any server of that wire: the oldest form of everything that has two, no model asked for, as many have but one,
    // and what it sent of its reasoning it is sent back.
    {"compatible", "", "COAX_API_KEY", bearer, schema_dialect::openai_strict, false,
     "temperature top_p top_k presence_penalty frequency_penalty max_tokens stop seed reasoning_effort metadata user n "
     "logprobs logit_bias service_tier verbosity store prediction safety_identifier prompt_cache_key "
     "parallel_tool_calls tool_choice tool_choice.function tools.strict stream_options response_format.json_object "
     "response_format.json_schema.name messages.name messages.refusal messages.reasoning_content messages.reasoning "
     "messages.reasoning_details messages.extra_content messages.content[] messages.image_url messages.image_url.url "
     "messages.image_url.detail messages.input_audio messages.file embeddings embeddings.dimensions "
     "embeddings.input_type rerank"},
    // Source: llama.cpp, tools/server/README.md and its reader of chat completions.
    {"llama.cpp", "http://localhost:8080/v1", "", bearer, schema_dialect::grammar, false,
     "temperature top_p top_k presence_penalty frequency_penalty max_tokens stop seed logprobs logit_bias "
     "parallel_tool_calls tool_choice stream_options response_format.json_object response_format.json_schema "
     "messages.reasoning_content messages.content[] messages.image_url messages.image_url.url messages.input_audio "
     "embeddings embeddings.encoding_format rerank"},
    // Source: vLLM, vllm/entrypoints/openai/chat_completion/protocol.py.
    {"vllm", "http://localhost:8000/v1", "", bearer, schema_dialect::json_schema, false,
     "temperature top_p top_k presence_penalty frequency_penalty max_completion_tokens stop seed reasoning_effort user "
     "n logprobs logit_bias parallel_tool_calls tool_choice tool_choice.function stream_options "
     "response_format.json_object response_format.json_schema.name messages.name messages.reasoning messages.content[] "
     "messages.image_url messages.image_url.url messages.image_url.detail messages.input_audio embeddings "
     "embeddings.encoding_format embeddings.dimensions rerank"},
    // Source: Ollama, openai/openai.go and docs/api/openai-compatibility.mdx. Images come with the request, and its
    // grammars are llama.cpp's.
    {"ollama", "http://localhost:11434/v1", "", bearer, schema_dialect::grammar, true,
     "temperature top_p presence_penalty frequency_penalty max_tokens stop seed reasoning_effort stream_options "
     "response_format.json_object response_format.json_schema messages.name messages.reasoning messages.content[] "
     "messages.image_url embeddings embeddings.encoding_format embeddings.dimensions"},
    // Source: lmstudio.ai, docs/developer/openai-compat; it refuses json_object and a choice of one tool by name.
    {"lmstudio", "http://localhost:1234/v1", "", bearer, schema_dialect::grammar, false,
     "temperature top_p top_k presence_penalty frequency_penalty max_tokens stop seed logit_bias tool_choice "
     "stream_options response_format.json_schema.name messages.content[] messages.image_url embeddings"},
    // Source: openrouter.ai, docs/api-reference/parameters and docs/use-cases/reasoning-tokens.
    {"openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", bearer, schema_dialect::openai_strict, true,
     "temperature top_p top_k presence_penalty frequency_penalty max_tokens stop seed reasoning.effort metadata user "
     "logprobs logit_bias service_tier verbosity prediction parallel_tool_calls tool_choice tool_choice.function "
     "tools.strict stream_options response_format.json_object "
     "response_format.json_schema.name messages.developer messages.name messages.refusal messages.reasoning "
     "messages.reasoning_details messages.content[] messages.image_url messages.image_url.url "
     "messages.image_url.detail messages.input_audio messages.file embeddings embeddings.encoding_format "
     "embeddings.dimensions"},
    // Source: Mistral's own client, ChatCompletionRequest: what it does not know is a 422.
    {"mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", bearer, schema_dialect::openai_strict, true,
     "temperature top_p presence_penalty frequency_penalty max_tokens stop random_seed reasoning_effort metadata n "
     "prediction parallel_tool_calls tool_choice tool_choice.function tools.strict tools.parameters "
     "response_format.json_object "
     "response_format.json_schema.name messages.content[] messages.image_url messages.image_url.url "
     "messages.image_url.detail embeddings embeddings.encoding_format"},
    // Source: api-docs.deepseek.com, api/create-chat-completion and guides/thinking_mode. It enforces no schema.
    {"deepseek", "https://api.deepseek.com", "DEEPSEEK_API_KEY", bearer, schema_dialect::json_schema, true,
     "temperature top_p presence_penalty frequency_penalty max_tokens stop reasoning_effort thinking logprobs "
     "tool_choice tool_choice.function stream_options response_format.json_object messages.name "
     "messages.reasoning_content"},
    // Source: console.groq.com, docs/openai and docs/api-reference: `messages[].name` is a 400.
    {"groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", bearer, schema_dialect::openai_strict, true,
     "temperature top_p presence_penalty frequency_penalty max_completion_tokens stop seed reasoning_effort user "
     "service_tier parallel_tool_calls tool_choice tool_choice.function tools.strict response_format.json_object "
     "response_format.json_schema.name messages.reasoning messages.content[] messages.image_url messages.image_url.url "
     "messages.image_url.detail"},
};

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        auto const word = text.substr(0, text.find(' '));
        words.emplace_back(word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return words;
}

std::vector<service_profile> read_rows() {
    std::vector<service_profile> profiles;
    for (auto const& row : profile_rows)
        profiles.push_back({.name = row.name,
                            .base_url = row.base_url,
                            .key_variable = row.key_variable,
                            .key_header = row.key_header,
                            .dialect = row.dialect,
                            .needs_model = row.needs_model,
                            .members = words_of(std::string{row.members} + row.more)});
    return profiles;
}

bool is_header_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

}  // namespace

std::vector<service_profile> const& service_profiles() {
    static std::vector<service_profile> const profiles = read_rows();
    return profiles;
}

result<service_profile> find_service_profile(std::string_view name) {
    auto const& all = service_profiles();
    auto const found = std::ranges::find(all, name, &service_profile::name);
    if (found != all.end()) return *found;
    std::string names;
    for (auto const& profile : all) names.append(names.empty() ? "" : ", ").append(profile.name);
    return invalid_argument("name", "no profile of '" + std::string{name} + "'; there are " + names);
}

result<void> validate(service_profile const& profile) {
    if (profile.name.empty()) return invalid_argument("profile.name", "must not be empty");
    if (!is_header_name(profile.key_header))
        return invalid_argument("profile.key_header", "must be the name of a header field");
    auto const known = detail::to_member_set(profile.members);
    return known ? result<void>{} : known.error();
}

}  // namespace coax
