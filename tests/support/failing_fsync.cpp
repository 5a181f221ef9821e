// For LD_PRELOAD: a disk whose fsync fails with EIO from the COAX_FAIL_FSYNC_AT-th call on, for files whose path ends
// in COAX_FAIL_FSYNC_OF.
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace {

bool is_meant(int file) {
    auto const* const end = std::getenv("COAX_FAIL_FSYNC_OF");
    std::error_code failed;
    auto const path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), failed);
    return end != nullptr && !failed && path.native().ends_with(end);
}

}  // namespace

extern "C" int fsync(int file) {
    static std::atomic<int> calls{0};
    auto const* const at = std::getenv("COAX_FAIL_FSYNC_AT");
    if (at != nullptr && is_meant(file) && ++calls >= std::atoi(at)) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_fsync, file));
}
