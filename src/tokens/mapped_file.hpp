#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace coax::tokens::detail {

/// A file mapped into memory, to be read.
class mapped_file {
public:
    mapped_file() noexcept = default;
    mapped_file(mapped_file&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}
    mapped_file& operator=(mapped_file&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~mapped_file();

    /// Errors: `errc::io_failed`, `where` is the path.
    [[nodiscard]] static result<mapped_file> open(std::string const& path);

    [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return bytes_; }

private:
    explicit mapped_file(std::span<std::byte const> bytes) noexcept : bytes_{bytes} {}

    std::span<std::byte const> bytes_{};
};

}  // namespace coax::tokens::detail
