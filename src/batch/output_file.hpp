#pragma once

#include "batch/internal/file.hpp"

#include <coax/core/result.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace coax::detail {

/// A locked file to which whole pieces are appended; or a pipe, which takes them too.
class output_file {
public:
    /// Errors: `errc::io_failed`: it cannot be opened, or another process has it.
    /// @param path  "-": standard output.
    [[nodiscard]] static result<output_file> open(std::string path);

    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    [[nodiscard]] bool regular() const noexcept { return regular_; }
    [[nodiscard]] bool is_open() const noexcept { return file_.get() >= 0; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// What does not fit is taken back.
    [[nodiscard]] result<void> append(std::string_view text);
    [[nodiscard]] result<void> truncate(std::uint64_t size);
    /// Waits for the disk.
    [[nodiscard]] result<void> sync();
    /// Up to `most` bytes from `offset` on; fewer at the end.
    [[nodiscard]] result<std::string> read(std::uint64_t offset, std::size_t most) const;

    /// Has `fill` write a new file that takes this one's place in one step, with its mode and owner; a crash leaves one
    /// or the other.
    [[nodiscard]] result<void> replace(std::function<result<void>(output_file& fresh)> const& fill);

    void close() noexcept { file_ = file_handle{}; }
    /// Removes it if it was made by `open` and is empty.
    void discard_if_unused() noexcept;

private:
    output_file(std::string path, file_handle file) noexcept;
    [[nodiscard]] static result<output_file> open_stream(std::string path, int descriptor);
    [[nodiscard]] result<void> lock() const;

    std::string path_;
    file_handle file_;
    bool created_{false};
    bool regular_{true};
    std::uint64_t size_{0};
};

}  // namespace coax::detail
