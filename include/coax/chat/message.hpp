#pragma once

#include <coax/chat/tool.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

namespace coax {

/// Who wrote a message.
enum class role { system, developer, user, assistant, tool };

/// Text as a part of a message.
struct text_part {
    std::string text{};

    [[nodiscard]] bool operator==(text_part const& other) const;
};

/// An image, by address or by content.
struct image_part {
    std::string url{};         ///< "https://…"; empty when `data` is given.
    std::string media_type{};  ///< Of `data`, such as "image/png".
    std::string data{};        ///< Base64, without a prefix.
    std::string detail{};      ///< OpenAI's "low", "high" or "auto"; empty: not sent.

    [[nodiscard]] bool operator==(image_part const& other) const;
};

/// One piece of a message's content: a text or an image.
class content_part {
public:
    explicit(false) content_part(text_part text) noexcept : text_{std::move(text)} {}
    explicit(false) content_part(image_part image) noexcept : image_{std::move(image)}, is_image_{true} {}

    /// Null: it is something else.
    [[nodiscard]] text_part const* text() const noexcept { return is_image_ ? nullptr : &text_; }
    [[nodiscard]] image_part const* image() const noexcept { return is_image_ ? &image_ : nullptr; }

    [[nodiscard]] bool operator==(content_part const& other) const;

private:
    text_part text_{};
    image_part image_{};
    bool is_image_{false};
};

/// One message of a conversation. The functions below make the common ones.
struct message {
    coax::role role{coax::role::user};
    std::string text{};                   ///< The content, when it is text alone.
    std::vector<content_part> parts{};    ///< The content, when it is more; then `text` must be empty.
    std::string name{};                   ///< The speaker's name where the service knows one; empty: not sent.
    std::string refusal{};                ///< The assistant's own words when it declined.
    std::vector<tool_call> tool_calls{};  ///< The calls that the assistant asks for.
    std::string tool_call_id{};           ///< Of a `role::tool` message: the call whose result it holds.
    bool tool_failed{false};              ///< Of a `role::tool` message: its text is an error.
    json_value raw_content{};             ///< The service's own content blocks, sent back unchanged where it wants them
                                          ///< (Anthropic's thinking); null: none.

    [[nodiscard]] bool operator==(message const& other) const;
};

[[nodiscard]] message system(std::string text);
/// Makes `system("...")` after `using namespace coax` ambiguous instead of a call of the C library's shell.
[[nodiscard]] message system(char const* text);
[[nodiscard]] message developer(std::string text);
[[nodiscard]] message user(std::string text);
[[nodiscard]] message assistant(std::string text);

/// The result of one tool call. `failed`: the text tells the model what went wrong.
[[nodiscard]] message tool_result(std::string tool_call_id, std::string text, bool failed = false);

}  // namespace coax
