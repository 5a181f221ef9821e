#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>

namespace coax::test {

/// zlib's numbers for the formats around the same data.
enum class compression { gzip = 15 + 16, zlib = 15, raw = -15 };

inline std::string compressed(std::string const& plain, compression format) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, static_cast<int>(format), 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error{"zlib refused to start"};
    std::string out(deflateBound(&stream, static_cast<uLong>(plain.size())) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    auto const status = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (status != Z_STREAM_END) throw std::runtime_error{"zlib gave no whole stream"};
    return out;
}

}  // namespace coax::test
