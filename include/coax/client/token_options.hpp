#pragma once

#include <coax/tokens/fit.hpp>
#include <coax/tokens/model_facts.hpp>
#include <coax/tokens/prompt_estimate.hpp>
#include <coax/tokens/shared_quota.hpp>
#include <coax/tokens/spending_limit.hpp>

#include <memory>

namespace coax {

/// What a client does with the tokens of its requests before it sends them: `client_options::tokens`.
struct token_options {
    /// The most that may be spent by all who share it: each request, retries, hedges, re-asks and tool rounds included,
    /// sets aside what it can cost before it is sent. Empty: no limit, but what `advanced_options::spending` sets to
    /// one call.
    std::shared_ptr<spending_limit> spending{};
    /// What is shared with clients of other processes: requests, tokens, places and money (`make_fleet_quota`). Money
    /// is counted where `spending` is set, too, which gives the prices. Empty: nothing.
    std::shared_ptr<shared_quota> shared{};
    /// How texts are counted: `count_with(tokenizer)`. The rate limiter then reserves by these counts, and a prompt
    /// that is longer than the model takes is refused before it is sent, as `errc::context_too_long`. Empty: the rate
    /// limiter assumes four bytes a token, and nothing is refused.
    count_text count{};
    /// What is left out of a prompt that is longer than the model takes, instead of refusing it;
    /// `response_details::fitted` tells what was. Needs `count`. Off unless given.
    std::shared_ptr<fit_policy const> fit{};
    /// The limits of models.
    model_table facts{};
};

}  // namespace coax
