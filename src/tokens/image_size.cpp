#include <coax/tokens/image_tokens.hpp>

#include <cstddef>

namespace coax {
namespace {

constexpr std::int64_t byte_at(std::string_view bytes, std::size_t at) noexcept {
    return static_cast<unsigned char>(bytes[at]);
}
constexpr std::int64_t big_16(std::string_view bytes, std::size_t at) noexcept {
    return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}
constexpr std::int64_t big_32(std::string_view bytes, std::size_t at) noexcept {
    return big_16(bytes, at) << 16 | big_16(bytes, at + 2);
}
constexpr std::int64_t little_16(std::string_view bytes, std::size_t at) noexcept {
    return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8;
}
constexpr std::int64_t little_24(std::string_view bytes, std::size_t at) noexcept {
    return little_16(bytes, at) | byte_at(bytes, at + 2) << 16;
}

using found_size = std::optional<image_size>;

/// Source: PNG, section 11.2.2 (IHDR is the first chunk).
found_size size_of_png(std::string_view bytes) noexcept {
    if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") return std::nullopt;
    return image_size{big_32(bytes, 16), big_32(bytes, 20)};
}

/// Source: GIF89a, section 18.
found_size size_of_gif(std::string_view bytes) noexcept {
    if (bytes.size() < 10) return std::nullopt;
    return image_size{little_16(bytes, 6), little_16(bytes, 8)};
}

/// A marker that begins a frame: SOF0 to SOF15, without DHT, JPG and DAC.
constexpr bool begins_frame(std::int64_t marker) noexcept {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}
/// A marker without a length behind it.
constexpr bool stands_alone(std::int64_t marker) noexcept {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

/// Source: ITU T.81, annex B.
found_size size_of_jpeg(std::string_view bytes) noexcept {
    std::size_t at = 2;
    while (at + 9 <= bytes.size()) {
        if (byte_at(bytes, at) != 0xFF) return std::nullopt;
        auto const marker = byte_at(bytes, at + 1);
        if (begins_frame(marker)) return image_size{big_16(bytes, at + 7), big_16(bytes, at + 5)};
        if (marker == 0xFF) {  // a byte that fills
            ++at;
        } else if (stands_alone(marker)) {
            at += 2;
        } else if (auto const length = big_16(bytes, at + 2); length >= 2) {
            at += 2 + static_cast<std::size_t>(length);
        } else {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

/// Source: RFC 9649, section 2.
found_size size_of_webp(std::string_view bytes) noexcept {
    if (bytes.size() < 30 || bytes.substr(8, 4) != "WEBP") return std::nullopt;
    auto const chunk = bytes.substr(12, 4);
    if (chunk == "VP8X") return image_size{little_24(bytes, 24) + 1, little_24(bytes, 27) + 1};
    if (chunk == "VP8 " && bytes.substr(23, 3) == "\x9D\x01\x2A")
        return image_size{little_16(bytes, 26) & 0x3FFF, little_16(bytes, 28) & 0x3FFF};
    if (chunk == "VP8L" && bytes[20] == '\x2F') {
        auto const bits = little_24(bytes, 21) | byte_at(bytes, 24) << 24;
        return image_size{(bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1};
    }
    return std::nullopt;
}

}  // namespace

std::optional<image_size> size_of_image(std::string_view bytes) noexcept {
    auto const has = [bytes](std::string_view beginning) { return bytes.starts_with(beginning); };
    found_size size;
    if (has("\x89PNG\r\n\x1A\n")) size = size_of_png(bytes);
    if (has("GIF87a") || has("GIF89a")) size = size_of_gif(bytes);
    if (has("\xFF\xD8\xFF")) size = size_of_jpeg(bytes);
    if (has("RIFF")) size = size_of_webp(bytes);
    return size && size->width > 0 && size->height > 0 ? size : std::nullopt;
}

}  // namespace coax
