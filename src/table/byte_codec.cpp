#include "table/internal/byte_codec.hpp"

#include "core/internal/inflater.hpp"

#include <algorithm>
#include <array>
#include <new>

namespace coax::table::detail {

namespace {

using core::detail::inflater;

constexpr std::string_view gzip_head{"\x1f\x8b"};
constexpr std::string_view zstd_head{"\x28\xb5\x2f\xfd"};

/// Source: RFC 1952; further members, and zeros that fill a block of a tape, may follow the first.
class gzip_decoder final : public byte_decoder {
public:
    decode_step step(std::string_view& encoded, std::span<char> out) override {
        if (ended_) {
            while (encoded.starts_with('\0')) encoded.remove_prefix(1);
            if (encoded.empty()) return {};
            inflater_.reset();
        }
        auto const done = inflater_.step(encoded, out);
        ended_ = done.status == inflater::status::end;
        return {done.written, done.status == inflater::status::damaged};
    }
    bool at_end() const noexcept override { return ended_; }

private:
    inflater inflater_{inflater::gzip_window};
    bool ended_{false};
};

class gzip_encoder final : public byte_encoder {
public:
    gzip_encoder() {
        if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, inflater::gzip_window, 8, Z_DEFAULT_STRATEGY) !=
            Z_OK)
            throw std::bad_alloc{};
    }
    ~gzip_encoder() override { deflateEnd(&stream_); }

    void encode(std::string_view plain, bool last, std::string& out) override {
        constexpr std::size_t piece_bytes = 1U << 20U;  // zlib counts in 32 bits
        do {
            auto const piece = plain.substr(0, piece_bytes);
            plain.remove_prefix(piece.size());
            deflate_piece(piece, last && plain.empty() ? Z_FINISH : Z_NO_FLUSH, out);
        } while (!plain.empty());
    }

private:
    void deflate_piece(std::string_view piece, int flush, std::string& out) {
        std::array<char, 16U << 10U> buffer;
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        stream_.avail_in = static_cast<uInt>(piece.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
            stream_.avail_out = static_cast<uInt>(buffer.size());
            deflate(&stream_, flush);
            out.append(buffer.data(), buffer.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

    z_stream stream_{};
};

}  // namespace

compression compression_of(std::string_view path) noexcept {
    if (path.ends_with(".gz")) return compression::gzip;
    if (path.ends_with(".zst")) return compression::zstd;
    return compression::none;
}

std::string_view without_compression(std::string_view path) noexcept {
    auto const which = compression_of(path);
    if (which != compression::none) path.remove_suffix(which == compression::gzip ? 3 : 4);
    return path;
}

compression compression_of_bytes(std::string_view head) noexcept {
    if (head.starts_with(gzip_head)) return compression::gzip;
    if (head.starts_with(zstd_head)) return compression::zstd;
    return compression::none;
}

std::string_view to_string(compression which) noexcept {
    constexpr std::array<std::string_view, 3> names{"none", "gzip", "zstd"};
    return names[static_cast<std::size_t>(which)];
}

result<std::unique_ptr<byte_decoder>> make_decoder(compression which) {
    if (which == compression::zstd) return make_zstd_decoder();
    std::unique_ptr<byte_decoder> made;
    if (which == compression::gzip) made = std::make_unique<gzip_decoder>();
    return made;
}

result<std::unique_ptr<byte_encoder>> make_encoder(compression which) {
    if (which == compression::zstd) return make_zstd_encoder();
    std::unique_ptr<byte_encoder> made;
    if (which == compression::gzip) made = std::make_unique<gzip_encoder>();
    return made;
}

}  // namespace coax::table::detail
