#pragma once

#include <coax/core/error.hpp>
#include <coax/tokens/spending_limit.hpp>

/// What a request came to cost, for all who count it.
namespace coax::tokens::detail {

/// Whether it was refused, with nothing done.
[[nodiscard]] bool is_refusal(error const& why) noexcept;

/// Where the response told nothing, all that was set aside.
[[nodiscard]] usd cost_of_response(spending_plan const& plan, usage const& used);
/// Nothing where it was refused; what was cut or timed out may have been billed in full, and counts so.
[[nodiscard]] usd cost_of_failure(spending_plan const& plan, error const& why);

}  // namespace coax::tokens::detail
