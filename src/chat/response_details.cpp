#include "core/internal/boxed.hpp"

#include <coax/chat/response_details.hpp>

namespace coax {

bool token_probability::operator==(token_probability const& other) const = default;
bool token_logprob::operator==(token_logprob const& other) const = default;
bool citation::operator==(citation const& other) const = default;
bool chat_choice::operator==(chat_choice const& other) const = default;
bool response_details::operator==(response_details const& other) const = default;

template class boxed<response_details>;

std::string const& chat_response::raw() const noexcept { return details->raw; }

}  // namespace coax
