#pragma once

#include <coax/core/result.hpp>
#include <coax/schema/dialect.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// What one service on the chat completions wire knows, as data: no other field is ever sent to it. Those that this
/// build has are in `service_profiles()`; one of yours goes into `provider_options::profile`.
struct service_profile {
    /// As it is called in errors and by `provider::name`.
    std::string name{};
    /// Empty: `provider_options::base_url` has to be set.
    std::string base_url{};
    /// Variable of the environment that holds its key. Empty: COAX_API_KEY.
    std::string key_variable{};
    /// Header field of the key; in "Authorization" it is a bearer token.
    std::string key_header{"Authorization"};
    /// Of the schemas of responses and tools.
    schema_dialect dialect{schema_dialect::openai_strict};
    /// A request without a model is an error.
    bool needs_model{true};
    /// The members of a request that it knows, of `profile_members()`. A request that needs another one is refused as
    /// `errc::invalid_argument` before it is sent, where coax has no other way to say it. Model, messages, `stream` and
    /// `tools` need not be listed.
    std::vector<std::string> members{};

    [[nodiscard]] bool operator==(service_profile const& other) const;
};

/// A member of a request that services may lack.
struct profile_member {
    std::string_view name{};     ///< As in `service_profile::members`.
    std::string_view meaning{};  ///< What it is, and what coax does where it is not known.
};

/// All that `service_profile::members` may list.
[[nodiscard]] std::vector<profile_member> profile_members();

/// The services on this wire that have a name in `provider_names()`.
[[nodiscard]] std::vector<service_profile> const& service_profiles();

/// The profile of one of them, to be changed and given as one of yours. Errors: `errc::invalid_argument`.
[[nodiscard]] result<service_profile> find_service_profile(std::string_view name);

/// Errors: `errc::invalid_argument`; `where` is the member, such as "profile.members".
[[nodiscard]] result<void> validate(service_profile const& profile);

}  // namespace coax
