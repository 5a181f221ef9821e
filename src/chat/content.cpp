#include <coax/bind/detail/formatted_types.hpp>
#include <coax/chat/content.hpp>

#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace coax {

struct content_part::media {
    std::variant<image_part, file_part, audio_part> any;

    bool operator==(media const& other) const = default;
};

base64_data::base64_data(std::string text) {
    if (!text.empty()) text_ = std::make_shared<std::string>(std::move(text));
}

base64_data base64_data::encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    auto const raw = std::as_bytes(std::span{bytes});
    bind::detail::append_base64(text, raw.data(), raw.size());
    return base64_data{std::move(text)};
}

std::string_view base64_data::text() const noexcept { return text_ ? std::string_view{*text_} : std::string_view{}; }

std::string base64_data::decode() const {
    std::vector<std::byte> bytes;
    if (!bind::detail::parse_base64(text(), bytes)) return {};
    std::string out(bytes.size(), '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) out[i] = std::to_integer<char>(bytes[i]);
    return out;
}

bool text_part::operator==(text_part const& other) const = default;
bool image_part::operator==(image_part const& other) const = default;
bool file_part::operator==(file_part const& other) const = default;
bool audio_part::operator==(audio_part const& other) const = default;

content_part::content_part(image_part image) : media_{std::make_shared<media>(media{std::move(image)})} {}
content_part::content_part(file_part file) : media_{std::make_shared<media>(media{std::move(file)})} {}
content_part::content_part(audio_part audio) : media_{std::make_shared<media>(media{std::move(audio)})} {}

image_part const* content_part::image() const noexcept {
    return media_ ? std::get_if<image_part>(&media_->any) : nullptr;
}
file_part const* content_part::file() const noexcept { return media_ ? std::get_if<file_part>(&media_->any) : nullptr; }
audio_part const* content_part::audio() const noexcept {
    return media_ ? std::get_if<audio_part>(&media_->any) : nullptr;
}

bool content_part::operator==(content_part const& other) const {
    if (!media_ || !other.media_) return !media_ && !other.media_ && text_ == other.text_;
    return media_.get() == other.media_.get() || *media_ == *other.media_;
}

}  // namespace coax
