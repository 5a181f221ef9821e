#pragma once

#include <coax/core/result.hpp>

#include <string>
#include <string_view>

namespace coax::table::detail {

/// The error for a file, in the operating system's words: "cannot read: No such file or directory", `where` the path.
[[nodiscard]] error file_error(std::string message, std::string const& path, int os_error);

/// Owns a file descriptor.
class file_handle {
public:
    explicit file_handle(int descriptor = -1) noexcept : descriptor_{descriptor} {}
    file_handle(file_handle&& other) noexcept;
    file_handle& operator=(file_handle&& other) noexcept;
    ~file_handle();
    [[nodiscard]] int get() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

/// Writes all of `text`. After an error some of it may be written.
[[nodiscard]] result<void> write_all(file_handle const& file, std::string_view text, std::string const& path);

}  // namespace coax::table::detail
