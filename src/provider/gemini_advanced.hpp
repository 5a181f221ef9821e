#pragma once

#include <coax/chat/advanced_options.hpp>
#include <coax/chat/request.hpp>
#include <coax/core/result.hpp>
#include <coax/json/writer.hpp>

#include <string_view>

/// What `reasoning_effort` and `chat_request::advanced` are on Gemini's wire.
/// Source: reference gemini.md, sections 2 and 8; gemini-since-08.md, A4.
namespace coax::detail {

/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<void> check_gemini_advanced(std::string_view service, chat_request const& request, bool streaming);

/// Adds members of `generationConfig`. The request has been checked.
void write_gemini_thinking(json::writer& out, chat_request const& request);
void write_gemini_choices(json::writer& out, advanced_options const& options);

}  // namespace coax::detail
