#include "batch/output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace coax::detail {

namespace {

constexpr int open_flags = O_RDWR | O_APPEND | O_CLOEXEC;

/// Gives a file that takes another's place the same mode and, where the system allows it, the same owner.
result<void> copy_permissions(file_handle const& from, file_handle const& to, std::string const& path) {
    struct stat facts{};
    if (::fstat(from.get(), &facts) != 0 || ::fchmod(to.get(), facts.st_mode & 07777U) != 0)
        return file_error("cannot set the mode", path, errno);
    if (::fchown(to.get(), facts.st_uid, facts.st_gid) != 0) (void)::fchown(to.get(), -1U, facts.st_gid);
    return {};
}

/// The file that a path stands for, symbolic links followed.
std::string real_path(std::string const& path) {
    std::unique_ptr<char, void (*)(void*)> const found{::realpath(path.c_str(), nullptr), std::free};
    return found ? found.get() : path;
}

/// Waits until the disk has the name of a file, too.
void sync_folder_of(std::string const& path) noexcept {
    auto const end = path.rfind('/');
    auto const folder = end == std::string::npos ? std::string{"."} : path.substr(0, end + 1);
    file_handle const opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (opened.get() >= 0) (void)::fsync(opened.get());
}

}  // namespace

output_file::output_file(std::string path, file_handle file) noexcept
    : path_{std::move(path)}, file_{std::move(file)} {}

result<output_file> output_file::open(std::string path) {
    if (path == "-") return open_stream(std::move(path), ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    struct stat facts{};
    // Write-only: a pipe that is open for reading as well never learns that its reader has left.
    if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
        int const descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
        return open_stream(std::move(path), descriptor);
    }
    file_handle file{::open(path.c_str(), open_flags | O_CREAT | O_EXCL, 0644)};
    bool const created = file.get() >= 0;
    // Again O_CREAT: a symbolic link may point to a file that is not there yet.
    if (!created && errno == EEXIST) file = file_handle{::open(path.c_str(), open_flags | O_CREAT, 0644)};
    if (file.get() < 0) return file_error("cannot write", path, errno);
    output_file opened{std::move(path), std::move(file)};
    opened.created_ = created;
    // First the lock: until then another process may replace or lengthen it.
    if (auto locked = opened.lock(); !locked) return locked.error();
    if (::fstat(opened.file_.get(), &facts) != 0) return file_error("cannot write", opened.path_, errno);
    struct stat named{};
    if (::stat(opened.path_.c_str(), &named) != 0 || named.st_ino != facts.st_ino || named.st_dev != facts.st_dev)
        return error{.code = errc::io_failed, .message = "another batch has just replaced it", .where = opened.path_};
    opened.size_ = static_cast<std::uint64_t>(facts.st_size);
    return opened;
}

/// Takes a descriptor that may be a pipe or terminal.
result<output_file> output_file::open_stream(std::string path, int descriptor) {
    if (descriptor < 0) return file_error("cannot write", path, errno);
    output_file opened{std::move(path), file_handle{descriptor}};
    opened.regular_ = false;
    return opened;
}

result<void> output_file::lock() const {
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK)
        return error{.code = errc::io_failed, .message = "another batch is writing it", .where = path_};
    return file_error("cannot lock", path_, errno);
}

result<void> output_file::append(std::string_view text) {
    auto written = write_all(file_, text, path_);
    if (written) {
        size_ += text.size();
    } else if (regular_ && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
        auto why = std::move(written).error();
        why.message += "; its last line may be torn";
        return why;
    }
    return written;
}

result<void> output_file::truncate(std::uint64_t size) {
    if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
        return file_error("cannot cut the torn last line", path_, errno);
    size_ = size;
    return {};
}

result<void> output_file::sync() {
    if (!regular_ || !is_open() || ::fsync(file_.get()) == 0) return {};
    return file_error("the disk did not take what was written", path_, errno);
}

result<std::string> output_file::read(std::uint64_t offset, std::size_t most) const {
    std::string text(most, '\0');
    auto const got = ::pread(file_.get(), text.data(), text.size(), static_cast<off_t>(offset));
    if (got < 0) return file_error("cannot read", path_, errno);
    text.resize(static_cast<std::size_t>(got));
    return text;
}

result<void> output_file::replace(std::function<result<void>(output_file& fresh)> const& fill) {
    auto const place = real_path(path_);
    auto fresh_path = place + ".XXXXXX";
    output_file fresh{path_, file_handle{::mkostemp(fresh_path.data(), O_APPEND | O_CLOEXEC)}};
    if (!fresh.is_open()) return file_error("cannot write", fresh_path, errno);
    auto done = fill(fresh);
    if (done) done = fresh.lock();
    if (done) done = copy_permissions(file_, fresh.file_, path_);
    if (done) done = fresh.sync();
    if (done && std::rename(fresh_path.c_str(), place.c_str()) != 0) done = file_error("cannot replace", path_, errno);
    if (!done) return ::unlink(fresh_path.c_str()), done;
    sync_folder_of(place);
    file_ = std::move(fresh.file_);
    size_ = fresh.size_;
    return {};
}

void output_file::discard_if_unused() noexcept {
    if (!is_open() || !created_ || size_ > 0) return;
    ::unlink(path_.c_str());
    close();
}

}  // namespace coax::detail
