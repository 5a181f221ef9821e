#pragma once

#include <coax/chat/request.hpp>
#include <coax/chat/response.hpp>
#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
#include <coax/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace coax::detail {

struct call_origin;

/// How a service was asked for a format.
struct asked_format {
    bool wrapped{false};  ///< The value is the property of an object.
    std::string note{};   ///< Why the service does not enforce the schema; empty: it does.
};

/// Puts the format into the request, in the service's dialect. A format of any text changes nothing.
/// @param relax  Where a strict form cannot express the schema, the request has plain JSON Schema, which the service
///               does not enforce. Otherwise that is an error.
[[nodiscard]] result<asked_format> ask_for(output_format const& format, schema_dialect dialect, bool relax,
                                           chat_request& request);

/// The message that asks again: what is wrong with the last response.
[[nodiscard]] std::string reask_prompt(error const& why, std::vector<json::violation> const& violations);

/// The error of a `parse` that gave up: `errc::invalid_output` with the last violation in it.
[[nodiscard]] error reasks_exhausted(error violation, chat_response const& last, int reasks);

/// A response that is not asked for again: checked against its format, with the value as its text.
[[nodiscard]] result<chat_response> check_once(client::impl const& owner, chat_response response,
                                               output_format const& format);

/// Judges the responses of one call until one has the wanted format. Everything referred to outlives it.
class format_judge {
public:
    /// @param origin  Null: nobody observes.
    format_judge(client::impl& owner, output_format const& format, asked_format asked, call_origin* origin)
        : owner_{owner}, format_{format}, asked_{std::move(asked)}, origin_{origin} {}

    [[nodiscard]] asked_format const& asked() const noexcept { return asked_; }
    /// A response with the usage of the whole call so far: whether it is accepted, its text then being the value. If it
    /// is not, the request now asks again. @param tokens  Of this response alone.
    /// Errors: the response cannot be used, or has been asked for often enough.
    [[nodiscard]] result<bool> judge(chat_response& response, std::int64_t tokens, chat_request& request);

    /// Whether the response cache is to hear of the last verdict: it has a response that does not fit, or one that was
    /// asked for again does.
    [[nodiscard]] bool changes_cache() const noexcept {
        return verdict_ == verdict::violates || (verdict_ == verdict::fits && reasks_ > 0);
    }
    /// Tells it. @param request, response  As `judge` left them.
    asio::awaitable<void> update_cache(chat_request request, chat_response response);

private:
    enum class verdict { unusable, violates, fits };

    void tell(error why, std::vector<json::violation> const& violations, chat_response const& response);

    client::impl& owner_;
    output_format const& format_;
    asked_format asked_;
    call_origin* origin_;
    int reasks_{0};
    std::int64_t tokens_{0};        ///< Of all responses that were judged.
    verdict verdict_{};             ///< On the last one.
    std::string whole_{};           ///< Its text, where that is wrapped.
    std::size_t message_count_{0};  ///< Of the request for it.
    std::size_t asked_count_{0};    ///< Of the request for the first one.
};

}  // namespace coax::detail
