#pragma once

#include <coax/chat/content.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// Content parts from files. What a file is is told by its first bytes, not by its name.
///
/// The functions that read files block while they do; read once and copy the part, whose bytes all copies share.
/// @throws coax::exception  `errc::io_failed`: no regular file, or unreadable; `errc::too_large`; and
///                          `errc::invalid_argument` for an empty file and one of another type. `where` is the path.
namespace coax {

struct content_file_options {
    /// Largest file. The services take requests of 32 MB and up; base64 makes a file a third larger. Must be > 0.
    std::size_t max_bytes{20U << 20U};
};

/// A PNG, JPEG, GIF or WebP.
[[nodiscard]] image_part image_file(std::string const& path, content_file_options options = {});
/// A PDF, named as the file.
[[nodiscard]] file_part pdf_file(std::string const& path, content_file_options options = {});
/// Plain text in UTF-8, named as the file.
[[nodiscard]] file_part text_file(std::string const& path, content_file_options options = {});
/// WAV, MP3, FLAC or Ogg.
[[nodiscard]] audio_part audio_file(std::string const& path, content_file_options options = {});
/// Whichever of these it is.
[[nodiscard]] content_part content_file(std::string const& path, content_file_options options = {});

/// The same from memory.
[[nodiscard]] image_part image_bytes(std::string_view bytes);
[[nodiscard]] file_part pdf_bytes(std::string_view bytes, std::string name = {});
[[nodiscard]] audio_part audio_bytes(std::string_view bytes);

}  // namespace coax
