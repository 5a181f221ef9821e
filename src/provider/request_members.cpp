#include "provider/request_members.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/provider/service_profile.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace coax {
namespace detail {
namespace {

constexpr std::size_t member_count = static_cast<std::size_t>(request_member::count);
static_assert(member_count <= 64);

constexpr std::array<member_row, member_count> member_table{{
    {"temperature", "temperature", "Sampling temperature."},
    {"top_p", "top_p", "Share of the likeliest tokens."},
    {"top_k", "top_k", "Number of the likeliest tokens."},
    {"presence_penalty", "presence_penalty", "Against words that occurred."},
    {"frequency_penalty", "frequency_penalty", "Against words that occur often."},
    {"max_completion_tokens", "max_output_tokens",
     "The token limit; where it is known as well, in place of `max_tokens`."},
    {"max_tokens", "max_output_tokens", "The token limit."},
    {"stop", "stop", "Texts that end the response."},
    {"seed", "seed", "Best-effort repeatability."},
    {"random_seed", "seed", "The seed, by another name."},
    {"reasoning_effort", "reasoning_effort", "How much the model reasons."},
    {"reasoning.effort", "reasoning_effort", "The effort, as a member of an object."},
    {"thinking", "", "`{\"type\":\"disabled\"}` for the effort \"none\"."},
    {"metadata", "metadata", "Labels that the service stores."},
    {"user", "user", "The end user's id."},
    {"n", "advanced.n", "Several responses at once."},
    {"logprobs", "advanced.logprobs", "Probabilities of tokens, with `top_logprobs`."},
    {"logit_bias", "advanced.logit_bias", "Likelier and less likely tokens."},
    {"service_tier", "advanced.service_tier", "The service's tier."},
    {"verbosity", "advanced.verbosity", "How long responses are."},
    {"store", "advanced.store", "Whether the service keeps the response."},
    {"prediction", "advanced.prediction", "Text that is expected."},
    {"safety_identifier", "advanced.safety_identifier", "The end user's id, for the service's own checks."},
    {"prompt_cache_key", "advanced.prompt_cache_key", "Requests that share a prompt cache."},
    {"parallel_tool_calls", "parallel_tool_calls", "Whether a turn may have several calls."},
    {"tool_choice", "tool_choice", "\"none\", \"auto\" or \"required\"; where it is not known, \"auto\" is left out."},
    {"tool_choice.function", "tool_choice", "A choice that names the tool."},
    {"tools.strict", "", "Whether the service enforces a tool's schema; left out where it is not known."},
    {"tools.parameters", "", "Are sent of a tool without parameters too: the service wants them."},
    {"stream_options", "", "Asks for the usage of a stream; left out where it is not known."},
    {"response_format.json_object", "response_format.kind", "Any JSON object."},
    {"response_format.json_schema", "", "A schema; where it is not known, a system message tells the model of it."},
    {"response_format.json_schema.name", "", "Beside the schema its name, description and `strict`."},
    {"messages.developer", "", "The role; where it is not known, the system's."},
    {"messages.name", "messages.name", "The speaker's name."},
    {"messages.refusal", "", "The assistant's refusal; where it is not known, it is the content."},
    {"messages.reasoning_content", "", "Goes back with tool calls, where it is known."},
    {"messages.reasoning", "", "Goes back with tool calls, where it is known."},
    {"messages.reasoning_details", "", "Go back, where they are known."},
    {"messages.extra_content", "", "Signatures of thoughts, which go back where they are known."},
    {"messages.content[]", "", "A content of several parts, whoever speaks; else texts are joined."},
    {"messages.user.content[]", "", "The same of the user alone."},
    {"messages.image_url", "messages.parts", "Images."},
    {"messages.image_url.url", "messages.parts", "Images by address; else by content only."},
    {"messages.image_url.detail", "messages.parts", "The detail in which an image is seen."},
    {"messages.input_audio", "messages.parts", "Sound."},
    {"messages.file", "messages.parts", "Files."},
    {"messages.prompt_cache_breakpoint", "", "Marks for the prompt cache; left out where they are not known."},
    {"embeddings", "", "It makes vectors of texts."},
    {"embeddings.encoding_format", "", "Vectors may come in base64; else as numbers."},
    {"embeddings.dimensions", "", "The length of vectors can be chosen."},
    {"embeddings.input_type", "", "What texts are for, such as a query."},
    {"rerank", "", "It puts documents in order (`/rerank`)."},
}};

/// One member under two names, and members that need another one.
void add_aliases(member_set& known) {
    using enum request_member;
    known.add(seed, known.has(random_seed));
    known.add(reasoning_effort, known.has(reasoning_object));
    known.add(json_schema, known.has(named_schema));
    known.add(tool_choice, known.has(named_tool_choice));
    known.add(user_parts, known.has(content_parts));
    known.add(max_tokens, known.has(max_completion_tokens));
}

void add_members(member_set& used, advanced_options const& options) {
    using enum request_member;
    used.add(several, options.n > 1)
        .add(logprobs, options.logprobs || options.top_logprobs > 0)
        .add(logit_bias, !options.logit_bias.empty())
        .add(service_tier, !options.service_tier.empty())
        .add(verbosity, !options.verbosity.empty())
        .add(store, options.store.has_value())
        .add(prediction, !options.prediction.empty())
        .add(safety_identifier, !options.safety_identifier.empty())
        .add(prompt_cache_key, !options.prompt_cache_key.empty());
}

member_set members_of(chat_request const& request) {
    using enum request_member;
    member_set used;
    used.add(temperature, request.temperature.has_value())
        .add(top_p, request.top_p.has_value())
        .add(top_k, request.top_k.has_value())
        .add(presence_penalty, request.presence_penalty.has_value())
        .add(frequency_penalty, request.frequency_penalty.has_value())
        .add(max_tokens, request.max_output_tokens.has_value())
        .add(stop, !request.stop.empty())
        .add(seed, request.seed.has_value())
        .add(reasoning_effort, !request.reasoning_effort.empty())
        .add(metadata, !request.metadata.empty())
        .add(user, !request.user.empty())
        .add(json_object, request.response_format.kind == response_format_kind::json_object);
    if (request.advanced) add_members(used, *request.advanced);
    if (request.tools.empty()) return used;
    auto const mode = request.tool_choice.mode;
    used.add(parallel_tool_calls, request.parallel_tool_calls.has_value());
    used.add(tool_choice, mode == tool_choice_mode::none || mode == tool_choice_mode::required);
    used.add(named_tool_choice, mode == tool_choice_mode::named);
    return used;
}

member_set members_of(message const& msg) {
    using enum request_member;
    member_set used;
    used.add(speaker_name, !msg.name.empty());
    for (auto const& part : msg.parts) {
        used.add(sound, part.audio() != nullptr).add(file, part.file() != nullptr);
        auto const* const picture = part.image();
        if (picture == nullptr) continue;
        used.add(image).add(image_url, picture->data.empty()).add(image_detail, !picture->detail.empty());
    }
    return used;
}

error unknown_member(std::string_view service, member_set const& unknown, std::string_view index) {
    auto const at = std::ranges::find_if(member_table, [&](member_row const& row) {
        return unknown.has(static_cast<request_member>(&row - member_table.data()));
    });
    std::string where{at->field};
    if (!index.empty()) where.replace(0, std::string_view{"messages"}.size(), index);
    return invalid_argument(std::move(where), std::string{service} + " does not know `" + std::string{at->name} + "`");
}

}  // namespace

member_row const& row_of(request_member one) noexcept { return member_table[static_cast<std::size_t>(one)]; }

result<member_set> to_member_set(std::vector<std::string> const& names) {
    member_set known;
    for (auto const& name : names) {
        auto const at = std::ranges::find(member_table, name, &member_row::name);
        if (at == member_table.end())
            return invalid_argument("profile.members", "coax sends no member '" + name + "': see profile_members()");
        known.add(static_cast<request_member>(at - member_table.begin()));
    }
    add_aliases(known);
    return known;
}

result<void> check_members(std::string_view service, member_set const& known, chat_request const& request) {
    if (auto const unknown = members_of(request).without(known); !unknown.empty())
        return unknown_member(service, unknown, {});
    for (std::size_t i = 0; i < request.messages.size(); ++i)
        if (auto const unknown = members_of(request.messages[i]).without(known); !unknown.empty())
            return unknown_member(service, unknown, "messages[" + std::to_string(i) + "]");
    return {};
}

}  // namespace detail

std::vector<profile_member> profile_members() {
    std::vector<profile_member> all;
    all.reserve(std::size(detail::member_table));
    for (auto const& row : detail::member_table) all.push_back({.name = row.name, .meaning = row.meaning});
    return all;
}

}  // namespace coax
