#include "client/prompt_limit.hpp"

namespace coax::detail {

result<std::unique_ptr<fitted_request>> fit_prompt(token_options const& options, std::string_view service,
                                                   chat_request const& request) {
    std::unique_ptr<fitted_request> none;
    if (!options.count) return none;
    auto const* const facts = options.facts.find(request.model, service);
    if (facts == nullptr || !facts->max_input_tokens) return none;
    if (options.fit) {
        auto made = fit(request, *max_prompt_tokens(request, *facts), *options.fit, options.count);
        if (!made) return std::move(made).error();
        return std::make_unique<fitted_request>(*std::move(made));
    }
    auto const tokens = estimate_prompt_tokens(request, options.count);
    if (tokens <= *facts->max_input_tokens) return none;
    return error{.code = errc::context_too_long,
                 .message = "the prompt is about " + std::to_string(tokens) + " tokens, and \"" + request.model +
                            "\" takes " + std::to_string(*facts->max_input_tokens),
                 .where = "messages"};
}

}  // namespace coax::detail
