#pragma once

#include <coax/chat/tool.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

namespace coax {

/// Who speaks.
enum class role { system, developer, user, assistant, tool };

struct text_part {
    std::string text{};
};

/// A picture, by address or by content.
struct image_part {
    std::string url{};         ///< "https://…"; empty when `data` is given.
    std::string media_type{};  ///< Of `data`, such as "image/png".
    std::string data{};        ///< Base64, without a prefix.
    std::string detail{};      ///< OpenAI's "low", "high" or "auto"; empty: not sent.
};

/// One piece of a message's content: a text or a picture.
class content_part {
public:
    explicit(false) content_part(text_part text) noexcept : text_{std::move(text)} {}
    explicit(false) content_part(image_part image) noexcept : image_{std::move(image)}, is_image_{true} {}

    /// Null: it is something else.
    [[nodiscard]] text_part const* text() const noexcept { return is_image_ ? nullptr : &text_; }
    [[nodiscard]] image_part const* image() const noexcept { return is_image_ ? &image_ : nullptr; }

private:
    text_part text_{};
    image_part image_{};
    bool is_image_{false};
};

/// One turn of a conversation. Make it with the functions below, or in full where they do not reach.
struct message {
    coax::role role{coax::role::user};
    std::string text{};                   ///< The content, when it is text alone.
    std::vector<content_part> parts{};    ///< The content, when it is more; then `text` must be empty.
    std::string name{};                   ///< The speaker's name where the service knows one; empty: not sent.
    std::string refusal{};                ///< What the assistant said when it refused.
    std::vector<tool_call> tool_calls{};  ///< What the assistant asked for.
    std::string tool_call_id{};           ///< The call that a `role::tool` message answers.
    bool tool_failed{false};              ///< The tool's answer is an error text.
    json_value raw_content{};             ///< The service's own content blocks, sent back unchanged where it wants them
                                          ///< (Anthropic's thinking); null: none.
};

[[nodiscard]] message system(std::string text);
/// Makes `system("...")` after `using namespace coax` ambiguous instead of a call of the C library's shell.
[[nodiscard]] message system(char const* text);
[[nodiscard]] message developer(std::string text);
[[nodiscard]] message user(std::string text);
[[nodiscard]] message assistant(std::string text);

/// What a tool answered to one call. `failed`: the text tells the model what went wrong.
[[nodiscard]] message tool_result(std::string tool_call_id, std::string text, bool failed = false);

}  // namespace coax
