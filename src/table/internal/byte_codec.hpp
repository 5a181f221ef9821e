#pragma once

#include <coax/core/result.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace coax::table::detail {

/// How a file is compressed.
enum class compression : unsigned char { none, gzip, zstd };

/// By the name's end: ".gz", ".zst".
[[nodiscard]] compression compression_of(std::string_view path) noexcept;
/// The name without the end that tells the compression.
[[nodiscard]] std::string_view without_compression(std::string_view path) noexcept;
/// By the first four bytes.
[[nodiscard]] compression compression_of_bytes(std::string_view head) noexcept;
[[nodiscard]] std::string_view to_string(compression which) noexcept;

/// What one step of a decoder did.
struct decode_step {
    std::size_t written{0};
    bool damaged{false};
};

/// Takes a compression off bytes that come piece by piece; streams may follow one another.
class byte_decoder {
public:
    byte_decoder() = default;
    byte_decoder(byte_decoder const&) = delete;
    byte_decoder& operator=(byte_decoder const&) = delete;
    virtual ~byte_decoder() = default;

    /// Takes bytes off the front of `encoded`. It wants more of them where `out` is not filled.
    [[nodiscard]] virtual decode_step step(std::string_view& encoded, std::span<char> out) = 0;
    /// Whether the data may end here.
    [[nodiscard]] virtual bool at_end() const noexcept = 0;
};

/// Compresses bytes that come piece by piece.
class byte_encoder {
public:
    byte_encoder() = default;
    byte_encoder(byte_encoder const&) = delete;
    byte_encoder& operator=(byte_encoder const&) = delete;
    virtual ~byte_encoder() = default;

    /// Appends what there is to write to `out`. @param last  Nothing comes after `plain`.
    virtual void encode(std::string_view plain, bool last, std::string& out) = 0;
};

/// Null for `compression::none`. Errors: `errc::invalid_argument`: this build has no zstd.
[[nodiscard]] result<std::unique_ptr<byte_decoder>> make_decoder(compression which);
[[nodiscard]] result<std::unique_ptr<byte_encoder>> make_encoder(compression which);

[[nodiscard]] result<std::unique_ptr<byte_decoder>> make_zstd_decoder();
[[nodiscard]] result<std::unique_ptr<byte_encoder>> make_zstd_encoder();

}  // namespace coax::table::detail
