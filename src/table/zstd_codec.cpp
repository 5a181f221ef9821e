#include "table/internal/byte_codec.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <zstd.h>

namespace coax::table::detail {

namespace {

/// A file's checksums are kept and checked; a window that would take more than 128 MiB is refused.
class zstd_decoder final : public byte_decoder {
public:
    zstd_decoder() : stream_{ZSTD_createDStream()} {
        if (stream_ == nullptr) throw std::bad_alloc{};
    }
    ~zstd_decoder() override { ZSTD_freeDStream(stream_); }

    decode_step step(std::string_view& encoded, std::span<char> out) override {
        ZSTD_inBuffer from{encoded.data(), encoded.size(), 0};
        ZSTD_outBuffer into{out.data(), out.size(), 0};
        auto const left = ZSTD_decompressStream(stream_, &into, &from);
        encoded.remove_prefix(from.pos);
        if (from.pos > 0 || into.pos > 0) ended_ = left == 0;
        return {into.pos, ZSTD_isError(left) != 0};
    }
    bool at_end() const noexcept override { return ended_; }

private:
    ZSTD_DStream* stream_;
    bool ended_{false};
};

class zstd_encoder final : public byte_encoder {
public:
    zstd_encoder() : stream_{ZSTD_createCStream()} {
        if (stream_ == nullptr) throw std::bad_alloc{};
        ZSTD_CCtx_setParameter(stream_, ZSTD_c_checksumFlag, 1);
    }
    ~zstd_encoder() override { ZSTD_freeCStream(stream_); }

    void encode(std::string_view plain, bool last, std::string& out) override {
        std::array<char, 16U << 10U> buffer;
        ZSTD_inBuffer from{plain.data(), plain.size(), 0};
        for (std::size_t left = 1; left != 0;) {
            ZSTD_outBuffer into{buffer.data(), buffer.size(), 0};
            left = ZSTD_compressStream2(stream_, &into, &from, last ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left) != 0) throw std::bad_alloc{};  // nothing else can go wrong with these parameters
            out.append(buffer.data(), into.pos);
            if (!last && from.pos == from.size) return;
        }
    }

private:
    ZSTD_CStream* stream_;
};

}  // namespace

result<std::unique_ptr<byte_decoder>> make_zstd_decoder() {
    return std::unique_ptr<byte_decoder>{std::make_unique<zstd_decoder>()};
}

result<std::unique_ptr<byte_encoder>> make_zstd_encoder() {
    return std::unique_ptr<byte_encoder>{std::make_unique<zstd_encoder>()};
}

}  // namespace coax::table::detail
