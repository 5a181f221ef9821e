#include "cli/files.hpp"

#include "batch/internal/file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coax::cli {

result<std::string> read_file(std::string const& path, std::size_t max_bytes) {
    bool const from_stdin = path == "-";
    coax::detail::file_handle file{from_stdin ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return coax::detail::file_error("cannot open", path, errno);
    std::string text;
    std::array<char, 16'384> piece{};
    for (;;) {
        auto const got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return coax::detail::file_error("cannot read", path, errno);
        if (got == 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(got));
        if (text.size() > max_bytes)
            return error{.code = errc::too_large,
                         .message = "larger than " + std::to_string(max_bytes) + " bytes",
                         .where = path};
    }
}

result<void> write_file(std::string const& path, std::string const& text) {
    coax::detail::file_handle file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.get() < 0) return coax::detail::file_error("cannot write", path, errno);
    return coax::detail::write_all(file, text, path);
}

bool file_exists(std::string const& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0;
}

bool reads_once(std::string const& path) {
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
