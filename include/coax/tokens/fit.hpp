#pragma once

#include <coax/chat/fit_report.hpp>
#include <coax/chat/request.hpp>
#include <coax/tokens/model_facts.hpp>
#include <coax/tokens/prompt_estimate.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace coax {

/// What may be left out of a prompt that is too long, and what goes first. What must stay: system and developer
/// messages, the last turn (the last message of the user and all behind it), what is pinned; a call of a tool and its
/// result stay or go together.
struct fit_policy {
    /// Messages that must stay. Empty: none but the above.
    std::function<bool(message const&)> pinned{};
    /// Messages that can be spared, before any turn is: the lowest number first, of equals the oldest. Nothing: this
    /// one goes with its turn. Not asked about what must stay, calls and results of tools. Empty: there are none.
    std::function<std::optional<int>(message const&)> priority{};
    /// When all turns that may go are gone, the middle of the longest texts of the last turn is cut out.
    bool cut_texts{true};
    /// Stands where a text was cut.
    std::string mark{"\n[...]\n"};
};

/// A prompt that fits.
struct fitted_request {
    chat_request request{};
    fit_report report{};
};

/// Leaves out of a prompt what is needed to make it `max_tokens` or less, as `estimate_prompt_tokens` counts it, and no
/// more: oldest turns go first, and one less would be too many. Pure: the same request gives the same.
/// @param count  Empty: four bytes are a token.
/// Errors: `errc::context_too_long`, with the numbers: what must stay is more.
[[nodiscard]] result<fitted_request> fit(chat_request request, std::int64_t max_tokens, fit_policy const& policy = {},
                                         count_text const& count = {});

/// The longest prompt that leaves room for the response: what the facts say the model takes, less `max_output_tokens`
/// where it takes no more than both together. Nothing: it is not known.
[[nodiscard]] std::optional<std::int64_t> max_prompt_tokens(chat_request const& request, model_facts const& of);

}  // namespace coax
