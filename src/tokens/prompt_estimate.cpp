#include <coax/tokens/image_tokens.hpp>
#include <coax/tokens/prompt_estimate.hpp>

#include <algorithm>

namespace coax {
namespace {

// What OpenAI published of its chat format, as others found it to be (npm gpt-tokenizer, src/functionCalling.ts).
constexpr std::int64_t around_message = 3;
constexpr std::int64_t for_name = 1;
constexpr std::int64_t for_response = 3;
constexpr std::int64_t around_tools = 9;
constexpr std::int64_t around_call = 4;
constexpr std::int64_t tools_with_system = -4;
/// "type name = (_: {…}) => any;" and the lines of its comments.
constexpr std::int64_t around_tool = 8;

constexpr std::int64_t kept_elsewhere = 2'000;      ///< A file or an image that only the service has.
constexpr std::size_t bytes_per_pdf_token = 40;     ///< Of base64: a page is some 80 kB and 2,000 tokens.
constexpr std::size_t bytes_per_audio_token = 400;  ///< Of base64: a second is 32 tokens, of MP3 12 kB or more.

std::int64_t about(std::string_view text) { return static_cast<std::int64_t>((text.size() + 3) / 4); }
std::int64_t bytes_of(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

std::int64_t share_of(base64_data const& data, std::size_t bytes_per_token) {
    return data.empty() ? kept_elsewhere : static_cast<std::int64_t>(data.text().size() / bytes_per_token);
}

/// Of which the header is enough to know the size: a JPEG may have 64 kB and more before it.
std::optional<image_size> size_of(image_part const& image) {
    constexpr std::size_t enough = std::size_t{4} << 16U;
    auto const text = image.data.text().substr(0, enough);
    return text.empty() ? std::nullopt : size_of_image(base64_data{std::string{text}}.decode());
}

std::int64_t tokens_of(image_part const& image, std::string_view model) {
    constexpr image_size usual{1'568, 1'176};
    auto const size = size_of(image).value_or(usual);
    return estimate_image_tokens(model, size, image.detail).value_or(kept_elsewhere);
}

std::int64_t tokens_of(content_part const& part, count_text const& count, std::string_view model) {
    if (auto const* text = part.text()) return count(text->text);
    if (auto const* image = part.image()) return tokens_of(*image, model);
    if (auto const* file = part.file())
        return file->text.empty() ? share_of(file->data, bytes_per_pdf_token)
                                  : count(file->text) + count(file->context);
    return part.audio() == nullptr ? 0 : share_of(part.audio()->data, bytes_per_audio_token);
}

bool has_system(chat_request const& request) {
    return std::ranges::any_of(
        request.messages, [](message const& one) { return one.role == role::system || one.role == role::developer; });
}

std::int64_t tokens_of_tools(chat_request const& request, count_text const& count) {
    if (request.tools.empty()) return 0;
    auto tokens = around_tools + (has_system(request) ? tools_with_system : 0);
    for (auto const& tool : request.tools)
        tokens += around_tool + count(tool.name) + count(tool.description) + count(tool.parameters) +
                  (tool.raw.is_null() ? 0 : count(tool.raw.text()));
    return tokens;
}

std::string_view model_of(chat_request const& request, std::string_view model) {
    return model.empty() ? std::string_view{request.model} : model;
}

std::int64_t tokens_of_prompt(chat_request const& request, count_text const& count, std::string_view model) {
    auto tokens = for_response + count(request.response_format.schema) + tokens_of_tools(request, count);
    for (auto const& one : request.messages) tokens += estimate_message_tokens(one, count, model);
    return tokens;
}

}  // namespace

count_text count_with(tokenizer with) {
    return [with = std::move(with)](std::string_view text) { return with.count(text); };
}

std::int64_t estimate_message_tokens(message const& one, count_text const& count, std::string_view model) {
    auto const& text_tokens = count ? count : count_text{about};
    auto tokens = around_message + text_tokens(one.text) + text_tokens(one.refusal);
    if (!one.name.empty()) tokens += for_name + text_tokens(one.name);
    for (auto const& part : one.parts) tokens += tokens_of(part, text_tokens, model);
    for (auto const& call : one.tool_calls)
        tokens += around_call + text_tokens(call.name) + text_tokens(call.arguments);
    if (!one.raw_content.is_null()) tokens = std::max(tokens, around_message + text_tokens(one.raw_content.text()));
    return tokens;
}

std::int64_t estimate_prompt_tokens(chat_request const& request, count_text const& count, std::string_view model) {
    return tokens_of_prompt(request, count ? count : count_text{about}, model_of(request, model));
}

std::int64_t most_prompt_tokens(chat_request const& request, std::string_view model) {
    constexpr std::int64_t more_around_message = 10;  // than the rules above say, whatever the service
    constexpr std::int64_t more_around_all = 500;     // a prompt of the service's own for tools
    auto const around = more_around_all + more_around_message * static_cast<std::int64_t>(request.messages.size());
    return around + tokens_of_prompt(request, bytes_of, model_of(request, model));
}

result<request_estimate> estimate(chat_request const& request, model_facts const& of, count_text const& count) {
    auto const input = estimate_prompt_tokens(request, count, of.id);
    auto const most = of.max_output_tokens.value_or(0);
    auto const output = request.max_output_tokens.value_or(most);
    auto const cost = most_cost_of(input, output, of);
    if (!cost) return cost.error();
    return request_estimate{.input_tokens = input, .output_tokens = output, .at_most = *cost};
}

}  // namespace coax
