#include "telemetry/gzip.hpp"

#include <coax/core/error.hpp>

#include <zlib.h>

#include <limits>
#include <memory>

namespace coax::telemetry::detail {

std::string gzip(std::string_view plain) {
    constexpr int gzip_window = 15 + 16;
    z_stream stream{};
    bool const begun = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    if (!begun || plain.size() > std::numeric_limits<uInt>::max())
        throw_error({.code = errc::internal, .message = "zlib cannot compress this"});
    std::unique_ptr<z_stream, int (*)(z_stream*)> const ending{&stream, deflateEnd};
    std::string packed(deflateBound(&stream, plain.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        throw_error({.code = errc::internal, .message = "zlib cannot compress this"});
    packed.resize(stream.total_out);
    return packed;
}

}  // namespace coax::telemetry::detail
