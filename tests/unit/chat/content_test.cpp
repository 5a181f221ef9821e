#include <coax/chat/content_file.hpp>
#include <coax/chat/message.hpp>
#include <coax/core/error.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

namespace coax {
namespace {

using namespace std::string_view_literals;

constexpr auto png = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"sv;
constexpr auto wav = "RIFF\x24\0\0\0WAVEfmt "sv;
constexpr auto mp3_frame = "\xFF\xFB\x90\x64\0\0"sv;

/// A folder that goes with its files.
class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "coax-content-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    folder(folder const&) = delete;
    folder& operator=(folder const&) = delete;
    ~folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string path(std::string const& name) const { return (path_ / name).string(); }
    [[nodiscard]] std::string with(std::string const& name, std::string_view bytes) const {
        std::ofstream{path(name), std::ios::binary}.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return path(name);
    }

private:
    std::filesystem::path path_;
};

error failure_of(std::function<void()> const& action) {
    try {
        action();
    } catch (exception const& thrown) {
        return thrown.why();
    }
    return {};
}

// --- base64 ---

TEST(Base64Data, EncodesAndDecodes) {
    EXPECT_EQ(base64_data::encode("").text(), "");
    EXPECT_TRUE(base64_data::encode("").empty());
    EXPECT_EQ(base64_data::encode("coax\xFF").text(), "Y29heP8=");
    EXPECT_EQ(base64_data::encode("coax\xFF").decode(), "coax\xFF");
    EXPECT_EQ(base64_data{"no base64!"}.decode(), "");
}

TEST(Base64Data, IsSharedByCopies) {
    content_part const part = image_part{.media_type = "image/png", .data = base64_data::encode(png)};
    std::vector<message> const batch(3, message{.parts = {part}});
    for (auto const& each : batch)
        EXPECT_EQ(each.parts[0].image()->data.text().data(), part.image()->data.text().data());
}

// --- types ---

struct type_case {
    char const* name;
    std::string_view bytes;
    std::string_view type;  ///< Empty: of no kind that is taken.
};
void PrintTo(type_case const& row, std::ostream* out) { *out << row.name; }
class SniffedType : public testing::TestWithParam<type_case> {};

std::string type_of(content_part const& part) {
    if (auto const* image = part.image()) return image->media_type;
    if (auto const* file = part.file()) return file->media_type;
    return part.audio() == nullptr ? "" : part.audio()->media_type;
}

TEST_P(SniffedType, IsToldByTheFirstBytesAndNotByTheName) {
    folder const here;
    auto const path = here.with("a.jpg", GetParam().bytes);
    std::string type;
    auto const why = failure_of([&] { type = type_of(content_file(path)); });
    EXPECT_EQ(type, GetParam().type);
    EXPECT_EQ(why.code, GetParam().type.empty() ? errc::invalid_argument : errc{});
    EXPECT_EQ(why.where, GetParam().type.empty() ? path : "");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SniffedType,
    testing::Values(
        type_case{"png", png, "image/png"}, type_case{"jpeg", "\xFF\xD8\xFF\xE0\0\x10JFIF"sv, "image/jpeg"},
        type_case{"gif_87", "GIF87a..."sv, "image/gif"}, type_case{"gif_89", "GIF89a..."sv, "image/gif"},
        type_case{"webp", "RIFF\x1A\0\0\0WEBPVP8 "sv, "image/webp"}, type_case{"wav", wav, "audio/wav"},
        type_case{"other_riff", "RIFF\x1A\0\0\0AVI LIST"sv, ""}, type_case{"cut_riff", "RIFF\x1A\0\0\0WA"sv, ""},
        type_case{"pdf", "%PDF-1.7\n"sv, "application/pdf"}, type_case{"mp3_with_tag", "ID3\x04\0"sv, "audio/mpeg"},
        type_case{"mp3_frame", mp3_frame, "audio/mpeg"}, type_case{"reserved_mp3_layer", "\xFF\xF9\x90\x64"sv, ""},
        type_case{"flac", "fLaC\0"sv, "audio/flac"}, type_case{"ogg", "OggS\0\2"sv, "audio/ogg"},
        type_case{"text",
                  "Gr\xC3\xBC\xC3\x9F"
                  "e\n"sv,
                  "text/plain"},
        type_case{"binary", "\x01\x02\x03"sv, ""}, type_case{"broken_utf8", "a\xC3"sv, ""},
        type_case{"elf",
                  "\x7F"
                  "ELF\2\1\1"sv,
                  ""}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ContentFile, HoldsTheBytesInBase64AndTheNameOfTheFile) {
    folder const here;
    auto const image = image_file(here.with("photo", png));
    EXPECT_EQ(image.data.decode(), png);
    auto const document = pdf_file(here.with("report.pdf", "%PDF-1.4 x"));
    EXPECT_EQ(document.name, "report.pdf");
    EXPECT_EQ(document.data.decode(), "%PDF-1.4 x");
    EXPECT_EQ(audio_file(here.with("sound", wav)).data.decode(), wav);
    auto const text = text_file(here.with("notes.txt", "Hello\n"));
    EXPECT_EQ(text.name + ' ' + text.text, "notes.txt Hello\n");
}

TEST(ContentBytes, AreCheckedAsFilesAre) {
    EXPECT_EQ(image_bytes(png).media_type, "image/png");
    EXPECT_EQ(pdf_bytes("%PDF-", "a.pdf").name, "a.pdf");
    EXPECT_EQ(audio_bytes(mp3_frame).media_type, "audio/mpeg");
    EXPECT_EQ(failure_of([] { (void)image_bytes(wav); }).code, errc::invalid_argument);
    EXPECT_EQ(failure_of([] { (void)pdf_bytes(""); }).code, errc::invalid_argument);
    EXPECT_EQ(failure_of([] { (void)audio_bytes(png); }).message, "is no WAV, MP3, FLAC or Ogg, but image/png");
}

// --- hostile files ---

struct hostile_case {
    char const* name;
    std::function<std::string(folder const&)> make;  ///< Makes it and returns its path.
    errc code;
};
void PrintTo(hostile_case const& row, std::ostream* out) { *out << row.name; }
class HostileFile : public testing::TestWithParam<hostile_case> {};

TEST_P(HostileFile, IsAnErrorThatNamesIt) {
    folder const here;
    auto const path = GetParam().make(here);
    auto const why = failure_of([&] { (void)image_file(path, {.max_bytes = 64}); });
    EXPECT_EQ(why.code, GetParam().code) << why.message;
    EXPECT_EQ(why.where, path);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HostileFile,
    testing::Values(
        hostile_case{"missing", [](auto& here) { return here.path("none"); }, errc::io_failed},
        hostile_case{"empty", [](auto& here) { return here.with("a.png", ""); }, errc::invalid_argument},
        hostile_case{"directory", [](auto& here) { return here.path("."); }, errc::io_failed},
        hostile_case{"pipe_without_a_writer",
                     [](auto& here) {
                         auto const path = here.path("pipe");
                         EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
                         return path;
                     },
                     errc::io_failed},
        hostile_case{"endless_device", [](auto&) { return std::string{"/dev/zero"}; }, errc::io_failed},
        hostile_case{"size_that_is_not_told", [](auto&) { return std::string{"/proc/self/maps"}; }, errc::too_large},
        hostile_case{"too_large",
                     [](auto& here) { return here.with("a.png", std::string{png} + std::string(60, 'x')); },
                     errc::too_large},
        hostile_case{"another_type", [](auto& here) { return here.with("a.png", "%PDF-1.7"); }, errc::invalid_argument},
        hostile_case{"a_type_that_is_cut", [](auto& here) { return here.with("a.png", "\x89PNG"); },
                     errc::invalid_argument},
        hostile_case{"link_to_itself",
                     [](auto& here) {
                         std::filesystem::create_symlink(here.path("loop"), here.path("loop"));
                         return here.path("loop");
                     },
                     errc::io_failed}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(ContentFile, MayBeAsLargeAsTheBoundAndNoLarger) {
    folder const here;
    auto const path = here.with("a.png", png);
    EXPECT_EQ(image_file(path, {.max_bytes = png.size()}).data.decode(), png);
    EXPECT_EQ(failure_of([&] { (void)image_file(path, {.max_bytes = png.size() - 1}); }).code, errc::too_large);
    EXPECT_EQ(failure_of([&] { (void)image_file(path, {.max_bytes = 0}); }).where, "max_bytes");
}

// --- parts ---

TEST(ContentPart, IsOneOfItsKinds) {
    content_part const text = text_part{"a"};
    content_part const image = image_part{.url = "https://x"};
    content_part const file = file_part{.text = "a"};
    content_part const audio = audio_part{.url = "https://x"};
    auto const kinds = [](content_part const& part) {
        return std::to_string(part.text() != nullptr) + std::to_string(part.image() != nullptr) +
               std::to_string(part.file() != nullptr) + std::to_string(part.audio() != nullptr);
    };
    EXPECT_EQ(kinds(text) + kinds(image) + kinds(file) + kinds(audio), "1000010000100001");
    EXPECT_EQ(image, content_part{image_part{.url = "https://x"}});
    EXPECT_NE(image, content_part{image_part{.url = "https://y"}});
    EXPECT_NE(image, audio);
    EXPECT_NE(image, text);
    EXPECT_NE(text, file);
}

}  // namespace
}  // namespace coax
