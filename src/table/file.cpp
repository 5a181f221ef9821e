#include "table/internal/file.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace coax::table::detail {

error file_error(std::string message, std::string const& path, int os_error) {
    boost::system::error_code const cause{os_error, boost::system::system_category()};
    return {
        .code = errc::io_failed, .message = std::move(message) + ": " + cause.message(), .where = path, .cause = cause};
}

file_handle::file_handle(file_handle&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

file_handle& file_handle::operator=(file_handle&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

file_handle::~file_handle() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

namespace {

/// Waits until a pipe or terminal that does not block takes more.
bool wait_writable(file_handle const& file) noexcept {
    pollfd wanted{.fd = file.get(), .events = POLLOUT, .revents = 0};
    return ::poll(&wanted, 1, -1) > 0 || errno == EINTR;
}

}  // namespace

result<void> write_all(file_handle const& file, std::string_view text, std::string const& path) {
    while (!text.empty()) {
        auto const written = ::write(file.get(), text.data(), text.size());
        if (written < 0 && (errno == EINTR || (errno == EAGAIN && wait_writable(file)))) continue;
        if (written < 0) return file_error("cannot write", path, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace coax::table::detail
