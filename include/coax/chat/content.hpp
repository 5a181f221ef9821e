#pragma once

#include <coax/core/detail/opaque.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coax {

/// Bytes in base64. They never change and all copies share them: what every request of a batch shows is encoded once.
class base64_data {
public:
    base64_data() noexcept = default;
    /// What is in base64 already: not checked.
    explicit(false) base64_data(std::string text);
    explicit(false) base64_data(char const* text) : base64_data{std::string{text}} {}
    [[nodiscard]] static base64_data encode(std::string_view bytes);

    [[nodiscard]] bool empty() const noexcept { return !text_; }
    /// The text, without a prefix. Lives as long as any copy.
    [[nodiscard]] std::string_view text() const noexcept;
    /// The bytes; empty for what is no base64.
    [[nodiscard]] std::string decode() const;

    [[nodiscard]] bool operator==(base64_data const& other) const noexcept { return text() == other.text(); }

private:
    core::detail::shared_opaque<std::string> text_{};
};

/// Text as a part of a message.
struct text_part {
    std::string text{};

    [[nodiscard]] bool operator==(text_part const& other) const;
};

/// An image: one of `url`, `data` and `file_id`. `image_file` reads one from disk.
struct image_part {
    std::string url{};         ///< "https://…".
    std::string media_type{};  ///< Of `data`, such as "image/png".
    base64_data data{};
    std::string detail{};  ///< OpenAI's "low", "high", "auto" or "original". Empty: "high" is sent, as what the service
                           ///< does otherwise costs 14,000 tokens for a photo of a phone, and "high" 3,000 at most.
    std::string file_id{};  ///< Of a file that the service keeps.

    [[nodiscard]] bool operator==(image_part const& other) const;
};

/// A document or another file: one of `data`, `text`, `url` and `file_id`. `pdf_file` and `text_file` read one from
/// disk.
struct file_part {
    std::string name{};        ///< As the model sees it, such as "report.pdf"; empty: "document" and the type's ending.
    std::string media_type{};  ///< Of `data` or `url`, such as "application/pdf".
    base64_data data{};
    std::string text{};  ///< A document of plain text.
    std::string url{};
    std::string file_id{};  ///< Of a file that the service keeps.
    std::string context{};  ///< Anthropic: what the model should know of the document and not cite.
    bool citations{false};  ///< Anthropic: the response quotes from it, see `response_details::citations`.

    [[nodiscard]] bool operator==(file_part const& other) const;
};

/// Sound: one of `data`, `url` and `file_id`. `audio_file` reads it from disk.
struct audio_part {
    std::string media_type{};  ///< "audio/wav" or "audio/mpeg"; some services take more.
    base64_data data{};
    std::string url{};
    std::string file_id{};  ///< Of a file that the service keeps.

    [[nodiscard]] bool operator==(audio_part const& other) const;
};

/// One piece of a message's content. What is no text is shared by all copies.
class content_part {
public:
    explicit(false) content_part(text_part text) noexcept : text_{std::move(text)} {}
    explicit(false) content_part(image_part image);
    explicit(false) content_part(file_part file);
    explicit(false) content_part(audio_part audio);

    /// Null: it is something else.
    [[nodiscard]] text_part const* text() const noexcept { return media_ ? nullptr : &text_; }
    [[nodiscard]] image_part const* image() const noexcept;
    [[nodiscard]] file_part const* file() const noexcept;
    [[nodiscard]] audio_part const* audio() const noexcept;

    [[nodiscard]] bool operator==(content_part const& other) const;

private:
    struct media;

    text_part text_{};
    core::detail::shared_opaque<media> media_{};
};

}  // namespace coax
