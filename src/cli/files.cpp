#include "cli/files.hpp"

#include "table/internal/input_file.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace coax::cli {

using coax::detail::file_error;
using coax::detail::file_handle;

namespace {

/// Reads a file ("-": standard input) to its end and gives each piece to `take`, whose error ends it.
template <class Take>
result<void> read_pieces(std::string const& path, Take take) {
    bool const from_stdin = path == "-";
    file_handle const file{from_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                      : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return file_error("cannot open", path, errno);
    std::array<char, 16'384> piece{};
    for (;;) {
        auto const got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_error("cannot read", path, errno);
        if (got == 0) return {};
        if (auto taken = take(std::string_view{piece.data(), static_cast<std::size_t>(got)}); !taken) return taken;
    }
}

/// A file without a name in the folder for temporary ones.
file_handle open_temporary() {
    auto const folder = std::filesystem::temp_directory_path().string();
    file_handle nameless{::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)};
    if (nameless.get() >= 0) return nameless;
    auto path = folder + "/coax.XXXXXX";  // a file system that has no nameless files
    file_handle named{::mkostemp(path.data(), O_CLOEXEC)};
    if (named.get() >= 0) ::unlink(path.c_str());
    return named;
}

/// Turns lines of text into lines of JSON, piece by piece: no line has to fit memory.
class line_wrapper {
public:
    std::string wrap(std::string_view piece) {
        std::string out;
        for (char const c : piece) {
            if (c == '\n')
                end_line(out);
            else
                add(out, c);
        }
        return out;
    }
    std::string finish() {
        std::string out;
        if (open_) end_line(out);
        return out;
    }

private:
    void add(std::string& out, char c) {
        if (std::exchange(returned_, false)) append(out, '\r');  // it ended no line
        if (c == '\r')
            returned_ = true;
        else
            append(out, c);
    }
    void append(std::string& out, char c) {
        if (!std::exchange(open_, true)) out += R"({"text":")";
        constexpr std::string_view digits = "0123456789abcdef";
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x20)
            out.append("\\u00") += {digits[byte >> 4U], digits[byte & 15U]};
        else
            out.append(c == '"' || c == '\\' ? "\\" : "") += c;
    }
    void end_line(std::string& out) {
        returned_ = false;
        out += std::exchange(open_, false) ? "\"}\n" : "\n";
    }

    bool open_{false};      ///< Something of the line is written.
    bool returned_{false};  ///< A carriage return came, which may be part of the line's end.
};

}  // namespace

result<std::string> read_file(std::string const& path, std::size_t max_bytes) {
    std::string text;
    auto const read = read_pieces(path, [&](std::string_view piece) -> result<void> {
        text += piece;
        if (text.size() <= max_bytes) return {};
        return error{
            .code = errc::too_large, .message = "larger than " + std::to_string(max_bytes) + " bytes", .where = path};
    });
    if (!read) return read.error();
    return text;
}

result<file_handle> copy_to_temporary(std::string const& path) {
    auto copy = open_temporary();
    if (copy.get() < 0) return file_error("cannot make a temporary file for it", path, errno);
    auto const copied = read_pieces(path, [&](std::string_view piece) {
        return coax::detail::write_all(copy, piece, "the temporary copy of " + path);
    });
    if (!copied) return copied.error();
    return copy;
}

result<file_handle> copy_lines_as_records(std::string const& path) {
    auto copy = open_temporary();
    if (copy.get() < 0) return file_error("cannot make a temporary file for it", path, errno);
    auto whole = path == "-" ? copy_to_temporary(path) : result<file_handle>{file_handle{}};
    if (!whole) return whole.error();
    auto file = table::detail::input_file::open_decompressed(path == "-" ? path_of(*whole) : path, path);
    if (!file) return file.error();
    line_wrapper wrapper;
    auto const name = "the temporary copy of " + path;
    for (;;) {
        auto const piece = file->next();
        if (!piece) return piece.error();
        auto const wrapped = piece->empty() ? wrapper.finish() : wrapper.wrap(*piece);
        if (auto copied = coax::detail::write_all(copy, wrapped, name); !copied) return copied.error();
        if (piece->empty()) return copy;
    }
}

std::string path_of(file_handle const& file) { return "/proc/self/fd/" + std::to_string(file.get()); }

void reserve_standard_files() {
    for (int const descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) >= 0) continue;
        // The lowest free number is taken. Open for the other direction, so that using it fails as if it were closed.
        (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

result<void> write_file(std::string const& path, std::string const& text) {
    file_handle const file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.get() < 0) return file_error("cannot write", path, errno);
    return coax::detail::write_all(file, text, path);
}

bool file_exists(std::string const& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0;
}

bool reads_once(std::string const& path) {
    if (path == "-") return true;
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode);
}

void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    // Refused: the smaller limit then bounds the connections, and says so where it is met.
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace coax::cli
