#include "tokens/mapped_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coax::tokens::detail {

mapped_file::~mapped_file() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

result<mapped_file> mapped_file::open(std::string const& path) {
    auto const failed = [&path](char const* what) {
        return error{.code = errc::io_failed,
                     .message = what,
                     .where = path,
                     .cause = {errno, boost::system::system_category()}};
    };
    int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return failed("cannot be opened");
    struct ::stat facts{};
    bool const known = ::fstat(file, &facts) == 0;
    auto const size = known ? static_cast<std::size_t>(facts.st_size) : 0;
    auto* const begin = size == 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    if (begin == MAP_FAILED) return failed(known && size == 0 ? "is empty" : "cannot be mapped into memory");
    return mapped_file{{static_cast<std::byte const*>(begin), size}};
}

}  // namespace coax::tokens::detail
