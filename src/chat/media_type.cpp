#include "chat/media_type.hpp"

#include "json/internal/text.hpp"

#include <algorithm>
#include <cstddef>

namespace coax::chat::detail {
namespace {

using namespace std::string_view_literals;

struct signature {
    std::string_view media_type;
    std::string_view bytes;
    std::size_t at{0};
    std::string_view container{};  ///< At the beginning, where `at` is not 0.
};

constexpr signature signatures[]{
    {"image/png", "\x89PNG\r\n\x1A\n"sv},
    {"image/jpeg", "\xFF\xD8\xFF"sv},
    {"image/gif", "GIF87a"sv},
    {"image/gif", "GIF89a"sv},
    {"image/webp", "WEBP"sv, 8, "RIFF"sv},
    {"audio/wav", "WAVE"sv, 8, "RIFF"sv},
    {"application/pdf", "%PDF-"sv},
    {"audio/mpeg", "ID3"sv},
    {"audio/flac", "fLaC"sv},
    {"audio/ogg", "OggS\0"sv},
};

/// A frame of MPEG-1 or -2, layer III: its sync word, and neither a reserved bit rate nor sampling rate.
bool is_mp3_frame(std::string_view bytes) noexcept {
    if (bytes.size() < 4) return false;
    auto const at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    bool const syncs = at(0) == 0xFF && (at(1) & 0xE6U) == 0xE2 && (at(1) & 0x18U) != 0x08;
    return syncs && (at(2) & 0xF0U) != 0xF0 && (at(2) & 0x0CU) != 0x0C;
}

}  // namespace

std::string_view sniff_media_type(std::string_view bytes) noexcept {
    for (auto const& [media_type, mark, at, container] : signatures)
        if (bytes.starts_with(container) && bytes.size() >= at && bytes.substr(at).starts_with(mark)) return media_type;
    return is_mp3_frame(bytes) ? "audio/mpeg" : "";
}

bool is_plain_text(std::string_view bytes) noexcept {
    auto const is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
    };
    auto const* const end = bytes.data() + bytes.size();
    return std::ranges::none_of(bytes, is_control) && json::detail::find_invalid_utf8(bytes.data(), end) == end;
}

}  // namespace coax::chat::detail
