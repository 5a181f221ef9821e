#include "telemetry/gzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace coax::telemetry::detail {
namespace {

std::string unpacked(std::string const& packed, std::size_t most) {
    constexpr int gzip_window = 15 + 16;
    z_stream stream{};
    std::string plain(most, '\0');
    EXPECT_EQ(inflateInit2(&stream, gzip_window), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    EXPECT_EQ(stream.avail_in, 0U);
    plain.resize(stream.total_out);
    inflateEnd(&stream);
    return plain;
}

TEST(TelemetryGzip, UnpacksToWhatItWas) {
    std::string noise;
    for (unsigned i = 0, number = 1; i < 100'000; ++i)
        noise.push_back(static_cast<char>((number = number * 1'103'515'245U + 12'345U) >> 24U));
    for (auto const& plain : {std::string{}, std::string{"{}"}, std::string(1'000'000, 'a'), noise})
        EXPECT_TRUE(unpacked(gzip(plain), plain.size() + 1) == plain) << plain.size();
    EXPECT_LT(gzip(std::string(1'000'000, 'a')).size(), 10'000U);
}

}  // namespace
}  // namespace coax::telemetry::detail
