#pragma once

#include "table/internal/byte_codec.hpp"
#include "table/internal/file.hpp"

#include <coax/core/result.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace coax::table::detail {

/// A file that is there whole or not at all: it is written under another name, which `commit` changes. Compressed as
/// its name says. Errors of all: `errc::io_failed`, `where` is the path.
class output_file {
public:
    [[nodiscard]] static result<output_file> create(std::string path);
    output_file(output_file&&) noexcept = default;
    output_file& operator=(output_file&&) = delete;
    ~output_file();  ///< Without `commit`: what was written is removed.

    [[nodiscard]] result<void> write(std::string_view text);
    /// Waits for the disk, then takes the place of what has the name.
    [[nodiscard]] result<void> commit();

private:
    output_file(std::string path, std::string real_path, std::string temporary, file_handle file);
    [[nodiscard]] result<void> flush(bool last);

    std::string path_;
    std::string real_path_;
    std::string temporary_;  ///< Empty: it is gone.
    file_handle file_;
    std::unique_ptr<byte_encoder> encoder_{};
    std::string plain_{};  ///< Not written yet.
    std::string encoded_{};
};

}  // namespace coax::table::detail
