#include "table/internal/output_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace coax::table::detail {

namespace {

constexpr std::size_t buffered_bytes = 64U << 10U;

/// The file that a path stands for, symbolic links followed.
std::string followed(std::string const& path) {
    std::unique_ptr<char, void (*)(void*)> const found{::realpath(path.c_str(), nullptr), std::free};
    return found ? found.get() : path;
}

/// A name beside the file that nothing has.
std::string beside(std::string const& path) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device source;
    auto name = path + ".part-";
    for (int i = 0; i < 8; ++i) name += letters[source() % letters.size()];
    return name;
}

std::string folder_of(std::string const& path) {
    auto const slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

output_file::output_file(std::string path, std::string real_path, std::string temporary, file_handle file)
    : path_{std::move(path)},
      real_path_{std::move(real_path)},
      temporary_{std::move(temporary)},
      file_{std::move(file)} {}

output_file::~output_file() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

result<output_file> output_file::create(std::string path) {
    auto encoder = make_encoder(compression_of(path));
    if (!encoder) {
        auto why = std::move(encoder).error();
        why.where = path;
        return why;
    }
    auto real_path = followed(path);
    auto temporary = beside(real_path);
    struct stat old{};
    bool const is_old = ::stat(real_path.c_str(), &old) == 0;
    if (is_old && !S_ISREG(old.st_mode))
        return invalid_argument(path, "no regular file: a table is written to a file, whole or not at all");
    file_handle file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)};
    if (file.get() < 0) return file_error("cannot write", path, errno);
    if (is_old) (void)::fchmod(file.get(), old.st_mode & 07777U);
    output_file made{std::move(path), std::move(real_path), std::move(temporary), std::move(file)};
    made.encoder_ = std::move(*encoder);
    return made;
}

result<void> output_file::write(std::string_view text) {
    plain_ += text;
    return plain_.size() < buffered_bytes ? result<void>{} : flush(false);
}

result<void> output_file::flush(bool last) {
    encoded_.clear();
    if (encoder_) encoder_->encode(plain_, last, encoded_);
    auto written = write_all(file_, encoder_ ? encoded_ : plain_, path_);
    plain_.clear();
    return written;
}

result<void> output_file::commit() {
    if (auto flushed = flush(true); !flushed) return flushed;
    if (::fsync(file_.get()) != 0) return file_error("cannot write", path_, errno);
    if (std::rename(temporary_.c_str(), real_path_.c_str()) != 0) return file_error("cannot replace", path_, errno);
    temporary_.clear();
    file_handle const folder{::open(folder_of(real_path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.get() >= 0) (void)::fsync(folder.get());  // not every file system does
    return {};
}

}  // namespace coax::table::detail
