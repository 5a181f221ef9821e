#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

class spending_limit;

namespace core::detail {

/// Whether both are the same one.
[[nodiscard]] inline bool operator==(shared_opaque<spending_limit> const& a,
                                     shared_opaque<spending_limit> const& b) noexcept {
    return a.get() == b.get();
}

}  // namespace core::detail

/// Whether the model thinks before it answers. Anthropic and Gemini; others have `chat_request::reasoning_effort`.
enum class thinking_mode {
    service_default,  ///< Not sent.
    off,
    adaptive,      ///< As much as the model sees fit.
    budget,        ///< Up to `thinking_options::budget_tokens`.
    between_tools  ///< Anthropic: only between calls of tools.
};

struct thinking_options {
    thinking_mode mode{thinking_mode::service_default};
    std::int64_t budget_tokens{0};  ///< With `budget`. Anthropic: from 1,024 up to less than `max_output_tokens`.
    std::optional<bool> show{};  ///< Whether the response holds a summary of the thoughts. None: as the service does.

    [[nodiscard]] bool operator==(thinking_options const& other) const;
};

/// Makes one token likelier or less likely.
struct token_bias {
    std::int64_t token{0};  ///< Its number in the model's vocabulary.
    int bias{0};            ///< [-100, 100]; the ends force or ban it.

    [[nodiscard]] bool operator==(token_bias const& other) const;
};

/// A header field of one request.
struct request_header {
    std::string name{};
    std::string value{};

    [[nodiscard]] bool operator==(request_header const& other) const;
};

/// What few requests need, of what more than one service knows. A service that knows no such thing refuses it as
/// `errc::invalid_argument` before anything is sent. The rest goes into `chat_request::extra`.
struct advanced_options {
    /// How many responses are made of the prompt; all but the first are in `response_details::choices`. Not with
    /// streams, whose deltas are one text to whoever puts them together: open a stream for each. OpenAI [1, 128],
    /// Gemini [1, 8].
    int n{1};
    bool logprobs{false};  ///< `response_details::logprobs` has those of the response's tokens. OpenAI, Gemini.
    int top_logprobs{0};   ///< And those of so many of the likeliest others at each place, [0, 20].
    std::vector<token_bias> logit_bias{};  ///< OpenAI; each token once.
    std::string service_tier{};   ///< OpenAI "auto", "default", "flex", "scale", "priority", "fast"; Anthropic "auto",
                                  ///< "standard_only". `chat_response::service_tier` tells what it was.
    std::string verbosity{};      ///< OpenAI "low", "medium" or "high".
    std::optional<bool> store{};  ///< OpenAI: whether the service keeps the response.
    /// OpenAI: text that most of the response is expected to be, which makes it come sooner. What the model writes
    /// otherwise is billed all the same.
    std::string prediction{};
    std::string safety_identifier{};  ///< OpenAI: who the end user is, hashed by you; at most 64 characters.
    thinking_options thinking{};
    std::string prompt_cache_key{};  ///< OpenAI: requests with the same key and beginning meet the same cache.
    std::string cache_ttl{};  ///< How long the prompt cache keeps what `cache_prefix` and `cache_breakpoint` mark:
                              ///< Anthropic "5m" or "1h", OpenAI "30m" or "12h". Empty: the shorter.
    /// Added to the request; a name that the provider sends as well replaces its field, but in "anthropic-beta", which
    /// holds both then. Names and values as HTTP allows them.
    std::vector<request_header> headers{};
    /// `chat_response::raw` holds the service's response as it came, `chat_delta::raw_event` each event of a stream.
    bool keep_raw{false};
    /// A `std::shared_ptr<spending_limit>` (`coax/tokens/spending_limit.hpp`): the most that this call may cost, its
    /// retries, re-asks and tool rounds together, besides what the client's own limit allows. Empty: no limit.
    core::detail::shared_opaque<spending_limit> spending{};

    [[nodiscard]] bool operator==(advanced_options const& other) const;
};

/// Checks what no service accepts. Errors: `errc::invalid_argument`; `where` is the field, such as "advanced.n".
[[nodiscard]] result<void> validate(advanced_options const& options);

}  // namespace coax
