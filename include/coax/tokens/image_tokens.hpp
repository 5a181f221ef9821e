#pragma once

#include <coax/core/result.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace coax {

/// The width and height of an image, in pixels.
struct image_size {
    std::int64_t width{0};
    std::int64_t height{0};

    [[nodiscard]] bool operator==(image_size const&) const = default;
};

/// The size that the header of a PNG, JPEG, GIF or WebP image tells: the beginning of the file is enough, of a JPEG up
/// to its frame. As it is stored: a turned photo is not turned. Nothing: it is another format, or is cut before that.
[[nodiscard]] std::optional<image_size> size_of_image(std::string_view bytes) noexcept;

/// What an image costs as input, as an estimate: by formulas that give the counts which were measured of these models.
/// @param model   The families of OpenAI, Anthropic and Gemini are told apart by the name.
/// @param detail  OpenAI's "low", "high", "auto" or "original"; empty: "high", which coax sends.
/// @returns Nothing: no formula is known for the model.
[[nodiscard]] std::optional<std::int64_t> estimate_image_tokens(std::string_view model, image_size size,
                                                                std::string_view detail = {}) noexcept;

}  // namespace coax
