#include "cli/display_text.hpp"

#include "json/internal/text.hpp"

#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cwchar>
#include <locale.h>

namespace coax::cli {

namespace {

/// What the C library knows of Unicode, whatever the user's locale is.
class unicode_locale {
public:
    unicode_locale() : made_{::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)} {}
    unicode_locale(unicode_locale const&) = delete;
    unicode_locale& operator=(unicode_locale const&) = delete;
    ~unicode_locale() {
        if (made_ != nullptr) ::freelocale(made_);
    }
    /// -1: no character that can be shown.
    [[nodiscard]] int width(std::uint32_t code_point) const {
        if (made_ == nullptr) return 1;
        auto* const old = ::uselocale(made_);
        auto const columns = ::wcwidth(static_cast<wchar_t>(code_point));
        ::uselocale(old);
        return columns;
    }

private:
    ::locale_t made_;
};

int columns_of(std::uint32_t code_point) {
    static unicode_locale const locale;
    if (code_point < 0x7F) return code_point < 0x20 ? -1 : 1;
    return locale.width(code_point);
}

bool turns_direction(std::uint32_t code_point) {
    return (code_point >= 0x202A && code_point <= 0x202E) || (code_point >= 0x2066 && code_point <= 0x2069) ||
           code_point == 0x200E || code_point == 0x200F || code_point == 0x061C;
}

/// The code point at the front of valid UTF-8.
std::uint32_t code_point_of(std::string_view bytes) {
    auto const lead = static_cast<unsigned char>(bytes[0]);
    if (bytes.size() == 1) return lead;
    std::uint32_t value = lead & (0x7FU >> bytes.size());
    for (char const c : bytes.substr(1)) value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
    return value;
}

std::size_t sequence_bytes(std::string_view text) {
    auto const lead = static_cast<unsigned char>(text[0]);
    std::size_t const wanted = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (wanted == 0 || wanted > text.size()) return 0;
    return json::detail::find_invalid_utf8(text.data(), text.data() + wanted) == text.data() + wanted ? wanted : 0;
}

std::string escaped(char const* format, unsigned value) {
    char text[16];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

/// Takes what belongs together off the front: a character, or its escape.
display_text take_glyph(std::string_view& text) {
    auto const bytes = sequence_bytes(text);
    auto const piece = text.substr(0, bytes == 0 ? 1 : bytes);
    text.remove_prefix(piece.size());
    auto const byte = static_cast<unsigned char>(piece[0]);
    if (bytes == 0) return {escaped("\\x%02x", byte), 4};
    auto const code_point = code_point_of(piece);
    if (code_point == '\n') return {"\\n", 2};
    if (code_point == '\t') return {"\\t", 2};
    if (code_point == '\r') return {"\\r", 2};
    auto const columns = columns_of(code_point);
    if (columns < 0 && code_point < 0x100) return {escaped("\\x%02x", code_point), 4};
    if (columns < 0 || turns_direction(code_point)) {
        auto code = escaped(code_point > 0xFFFF ? "\\U%08x" : "\\u%04x", code_point);
        auto const width = code.size();
        return {std::move(code), width};
    }
    return {std::string{piece}, static_cast<std::size_t>(columns)};
}

}  // namespace

display_text to_display(std::string_view text, std::size_t width) {
    constexpr std::size_t most_bytes = 64U << 10U;  // of marks on one letter
    display_text all;
    display_text fits;  // what stays with a "…" behind it
    while (!text.empty() && all.text.size() < most_bytes) {
        auto const glyph = take_glyph(text);
        if (all.width + glyph.width > width) {
            if (width == 0) return {};
            return {fits.text + "…", fits.width + 1};
        }
        all.text += glyph.text;
        all.width += glyph.width;
        if (all.width + 1 <= width) fits = all;
    }
    return all;
}

}  // namespace coax::cli
