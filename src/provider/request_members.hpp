#pragma once

#include <coax/chat/request.hpp>
#include <coax/core/result.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

/// Which members of a chat completions request a service knows.
namespace coax::detail {

/// A member, or a form of one, that services may lack. The order is that of `member_table`.
enum class request_member : unsigned char {
    temperature,
    top_p,
    top_k,
    presence_penalty,
    frequency_penalty,
    max_completion_tokens,
    max_tokens,
    stop,
    seed,
    random_seed,
    reasoning_effort,
    reasoning_object,
    thinking,
    metadata,
    user,
    several,
    logprobs,
    logit_bias,
    service_tier,
    verbosity,
    store,
    prediction,
    safety_identifier,
    prompt_cache_key,
    parallel_tool_calls,
    tool_choice,
    named_tool_choice,
    strict_tools,
    empty_parameters,
    stream_options,
    json_object,
    json_schema,
    named_schema,
    developer_role,
    speaker_name,
    refusal,
    reasoning_content,
    reasoning,
    reasoning_details,
    extra_content,
    content_parts,
    user_parts,
    image,
    image_url,
    image_detail,
    sound,
    file,
    cache_marks,
    embeddings,
    embedding_base64,
    embedding_choices,
    embedding_input_type,
    rerank,
    count,
};

/// Some of the members.
class member_set {
public:
    constexpr member_set() = default;
    constexpr member_set& add(request_member one, bool wanted = true) noexcept {
        bits_ |= std::uint64_t{wanted} << static_cast<unsigned>(one);
        return *this;
    }
    constexpr member_set& remove(request_member one) noexcept {
        bits_ &= ~(std::uint64_t{1} << static_cast<unsigned>(one));
        return *this;
    }
    [[nodiscard]] constexpr bool has(request_member one) const noexcept {
        return (bits_ >> static_cast<unsigned>(one) & 1U) != 0;
    }
    [[nodiscard]] constexpr member_set without(member_set const& other) const noexcept {
        return member_set{bits_ & ~other.bits_};
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
    /// All of them, for servers of which nothing is known.
    [[nodiscard]] static constexpr member_set all() noexcept { return member_set{~std::uint64_t{0}}; }

private:
    constexpr explicit member_set(std::uint64_t bits) noexcept : bits_{bits} {}
    std::uint64_t bits_{0};
};

struct member_row {
    std::string_view name;   ///< As in `service_profile::members`.
    std::string_view field;  ///< Of the request; empty: none is refused for it.
    std::string_view meaning;
};

[[nodiscard]] member_row const& row_of(request_member one) noexcept;

/// Errors: `errc::invalid_argument`, `where` is "profile.members", naming the first that is unknown.
[[nodiscard]] result<member_set> to_member_set(std::vector<std::string> const& names);

/// Whether the request can be said in these members.
/// Errors: `errc::invalid_argument`; `where` is the request's field.
[[nodiscard]] result<void> check_members(std::string_view service, member_set const& known,
                                         chat_request const& request);

}  // namespace coax::detail
