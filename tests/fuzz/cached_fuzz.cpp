// Cached responses: whatever the bytes behind a right header and checksum are, they end in an error or a response, of
// which the same bytes are made again and again.
#include "cache/internal/response_codec.hpp"

#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using coax::cache::detail::pack;
using coax::cache::detail::unpack;

constexpr std::size_t layout_end = 6 + 8;

std::string with_header(std::string_view content) {
    static auto const header = pack({}).substr(0, layout_end);
    auto whole = header;
    auto const sum = crc32_z(0, reinterpret_cast<unsigned char const*>(content.data()), content.size());
    for (unsigned shift = 0; shift < 32; shift += 8) whole.push_back(static_cast<char>((sum >> shift) & 0xFFU));
    return whole.append(content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    std::string_view const content{reinterpret_cast<char const*>(bytes), size};
    (void)unpack(content);
    auto const read = unpack(with_header(content));
    if (!read) return 0;
    auto const packed = pack(*read);
    auto const again = unpack(packed);
    if (!again || pack(*again) != packed) std::abort();
    return 0;
}
