#pragma once

#include "provider/openai_wire.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/json/writer.hpp>

#include <cstddef>
#include <string_view>

/// What `chat_request::advanced` and the prompt cache are on the chat completions wire.
/// Source: reference openai.md, section 2.1; openai-since-08.md, A3.
namespace coax::detail {

/// Errors: `errc::invalid_argument`.
[[nodiscard]] result<void> check_openai_advanced(openai_profile const& profile, advanced_options const& options,
                                                 bool streaming);

void write_openai_advanced(json::writer& out, advanced_options const& options);

/// Which messages end a part of the prompt that the service's cache keeps.
class openai_cache_marks {
public:
    /// None, where the service caches what is best without a word: those but OpenAI's, and models before gpt-5.6.
    openai_cache_marks(openai_profile const& profile, std::string_view model, chat_request const& request);

    [[nodiscard]] bool any() const noexcept { return count_ > 0; }
    /// Whether the message at this index bears a mark.
    [[nodiscard]] bool at(chat_request const& request, std::size_t index) const noexcept;
    /// Without this the service would write the whole prompt into its cache, too, for a quarter more than it costs.
    void write_options(json::writer& out, advanced_options const& options) const;

private:
    std::size_t prefix_end_{0};  ///< Index after the leading messages that instruct; 0: not marked.
    std::size_t count_{0};
};

}  // namespace coax::detail
