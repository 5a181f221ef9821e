#pragma once

#include <coax/chat/request.hpp>
#include <coax/tokens/model_facts.hpp>
#include <coax/tokens/tokenizer.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace coax {

/// How texts are counted: exactly by a tokenizer, or in some other way. Empty: about four bytes are a token.
using count_text = std::function<std::int64_t(std::string_view text)>;

[[nodiscard]] count_text count_with(tokenizer with);

/// The tokens of a chat's prompt, as an estimate: its texts, and what services add around them by the rules that OpenAI
/// published: 3 for each message and 1 for a name, 3 for the response that begins, tools as the declarations that a
/// model reads, images by their size. `client::count_tokens` asks the service, which is exact.
/// @param model  Whose images are counted; empty: the request's.
[[nodiscard]] std::int64_t estimate_prompt_tokens(chat_request const& request, count_text const& count = {},
                                                  std::string_view model = {});

/// The same of one message, as it stands among others.
[[nodiscard]] std::int64_t estimate_message_tokens(message const& one, count_text const& count, std::string_view model);

/// More than the prompt can be: a token is at least one byte.
[[nodiscard]] std::int64_t most_prompt_tokens(chat_request const& request, std::string_view model = {});

/// What a request will come to, before it is sent.
struct request_estimate {
    std::int64_t input_tokens{0};
    std::int64_t output_tokens{0};  ///< At most: the request's limit, or the model's; 0: neither is known.
    usd at_most{};                  ///< Of both.
};

/// Errors: `errc::invalid_argument`: the model or a price is not known.
[[nodiscard]] result<request_estimate> estimate(chat_request const& request, model_facts const& of,
                                                count_text const& count = {});

}  // namespace coax
