#pragma once

#include "table/internal/byte_codec.hpp"
#include "table/internal/file.hpp"

#include <coax/core/result.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace coax::table::detail {

/// The bytes of a file, piece by piece, through fixed buffers.
class input_file {
public:
    /// @param name  What the file is called in errors.
    [[nodiscard]] static result<input_file> open(std::string const& path, std::string name);
    /// The same; what is compressed, as its first bytes tell, is decompressed.
    /// Errors of this and of `next`: `errc::io_failed`, `where` is the name: it cannot be read, is damaged or cut
    /// short.
    [[nodiscard]] static result<input_file> open_decompressed(std::string const& path, std::string name);

    /// The next piece; empty: the end. Lifetime: until the next call.
    [[nodiscard]] result<std::string_view> next();
    [[nodiscard]] std::string const& name() const noexcept { return name_; }

private:
    input_file(std::string name, file_handle file);
    [[nodiscard]] result<void> fill();
    [[nodiscard]] result<void> begin_decoding();

    std::string name_;
    file_handle file_;
    std::string buffer_{};
    std::string_view rest_{};  ///< Of the buffer; not given out or decoded yet.
    bool at_end_{false};
    compression coding_{compression::none};
    std::unique_ptr<byte_decoder> decoder_{};
    std::string decoded_{};
};

}  // namespace coax::table::detail
