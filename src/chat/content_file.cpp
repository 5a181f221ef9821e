#include "chat/media_type.hpp"

#include <coax/chat/content_file.hpp>
#include <coax/core/result.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace coax {
namespace {

using chat::detail::is_plain_text;
using chat::detail::sniff_media_type;

class descriptor {
public:
    explicit descriptor(int open) noexcept : open_{open} {}
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor() {
        if (open_ >= 0) ::close(open_);
    }
    [[nodiscard]] int get() const noexcept { return open_; }

private:
    int open_;
};

error unreadable(std::string const& path, int os_error) {
    boost::system::error_code const cause{os_error, boost::system::system_category()};
    return {.code = errc::io_failed, .message = "cannot read: " + cause.message(), .where = path, .cause = cause};
}

error too_large(std::string const& path, std::size_t most) {
    return {.code = errc::too_large,
            .message = "the file is larger than `max_bytes`, " + std::to_string(most) + " bytes",
            .where = path};
}

/// Reads what is there, up to a byte more than `most`.
result<std::string> read_up_to(descriptor const& file, std::size_t expected, std::size_t most,
                               std::string const& path) {
    std::string bytes(std::min(expected, most) + 1, '\0');
    std::size_t filled = 0;
    for (;;) {
        auto const count = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return unreadable(path, errno);
        filled += static_cast<std::size_t>(count);
        if (filled > most) return too_large(path, most);
        if (count == 0) break;
        if (filled == bytes.size()) bytes.resize(std::min(most + 1, 2 * bytes.size()));  // it grew meanwhile
    }
    bytes.resize(filled);
    return bytes;
}

result<std::string> read_file(std::string const& path, content_file_options options) {
    if (options.max_bytes == 0) return invalid_argument("max_bytes", "must be > 0");
    // Opened so, a pipe without a writer does not block.
    descriptor const file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (file.get() < 0) return unreadable(path, errno);
    struct stat facts{};
    if (::fstat(file.get(), &facts) != 0) return unreadable(path, errno);
    if (!S_ISREG(facts.st_mode)) return error{.code = errc::io_failed, .message = "is no regular file", .where = path};
    auto const size = static_cast<std::size_t>(std::max<off_t>(facts.st_size, 0));
    if (size > options.max_bytes) return too_large(path, options.max_bytes);
    auto bytes = read_up_to(file, size, options.max_bytes, path);
    if (bytes && bytes->empty()) return invalid_argument(path, "the file is empty");
    return bytes;
}

std::string file_name(std::string const& path) { return path.substr(path.find_last_of('/') + 1); }

/// What a function takes, and how that is called.
struct kind {
    std::string_view type_prefix;
    std::string_view names;
};
constexpr kind image_kind{"image/", "PNG, JPEG, GIF or WebP"};
constexpr kind pdf_kind{"application/pdf", "PDF"};
constexpr kind audio_kind{"audio/", "WAV, MP3, FLAC or Ogg"};

error wrong_type(std::string_view bytes, std::string_view wanted, std::string where) {
    auto const found = sniff_media_type(bytes);
    auto message = "is no " + std::string{wanted};
    if (!found.empty()) message.append(", but ").append(found);
    return invalid_argument(std::move(where), std::move(message));
}

/// The media type of the bytes. @throws coax::exception  It is not of this kind.
std::string checked_type(std::string_view bytes, kind const& wanted, std::string where) {
    auto const found = sniff_media_type(bytes);
    if (!found.starts_with(wanted.type_prefix)) throw_error(wrong_type(bytes, wanted.names, std::move(where)));
    return std::string{found};
}

image_part to_image(std::string_view bytes, std::string where) {
    return {.media_type = checked_type(bytes, image_kind, std::move(where)), .data = base64_data::encode(bytes)};
}
file_part to_pdf(std::string_view bytes, std::string name, std::string where) {
    return {.name = std::move(name),
            .media_type = checked_type(bytes, pdf_kind, std::move(where)),
            .data = base64_data::encode(bytes)};
}
audio_part to_audio(std::string_view bytes, std::string where) {
    return {.media_type = checked_type(bytes, audio_kind, std::move(where)), .data = base64_data::encode(bytes)};
}
file_part to_text(std::string bytes, std::string const& path) {
    if (!is_plain_text(bytes)) throw_error(wrong_type(bytes, "plain text in UTF-8", path));
    return {.name = file_name(path), .media_type = "text/plain", .text = std::move(bytes)};
}

}  // namespace

image_part image_file(std::string const& path, content_file_options options) {
    return to_image(value_or_throw(read_file(path, options)), path);
}
file_part pdf_file(std::string const& path, content_file_options options) {
    return to_pdf(value_or_throw(read_file(path, options)), file_name(path), path);
}
file_part text_file(std::string const& path, content_file_options options) {
    return to_text(value_or_throw(read_file(path, options)), path);
}
audio_part audio_file(std::string const& path, content_file_options options) {
    return to_audio(value_or_throw(read_file(path, options)), path);
}

content_part content_file(std::string const& path, content_file_options options) {
    auto bytes = value_or_throw(read_file(path, options));
    auto const type = sniff_media_type(bytes);
    if (type.starts_with(image_kind.type_prefix)) return to_image(bytes, path);
    if (type.starts_with(audio_kind.type_prefix)) return to_audio(bytes, path);
    if (type == pdf_kind.type_prefix) return to_pdf(bytes, file_name(path), path);
    if (is_plain_text(bytes)) return to_text(std::move(bytes), path);
    throw_error(invalid_argument(path, "is no image, PDF, sound or text that models take"));
}

image_part image_bytes(std::string_view bytes) { return to_image(bytes, "bytes"); }
file_part pdf_bytes(std::string_view bytes, std::string name) { return to_pdf(bytes, std::move(name), "bytes"); }
audio_part audio_bytes(std::string_view bytes) { return to_audio(bytes, "bytes"); }

}  // namespace coax
