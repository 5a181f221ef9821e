// Compressed bodies: whatever the bytes are and however they are cut, the same comes out, within its bound, and it ends
// without harm. The first byte of the input says which coding and how to cut.
#include "http/content_decoder.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using coax::http::detail::content_decoder;

constexpr std::size_t most_bytes = 64U << 10U;

/// What comes out of `encoded` fed in pieces of `piece_bytes`; then how it ended.
std::string decode(content_decoder::coding which, std::string_view encoded, std::size_t piece_bytes) {
    content_decoder decoder{which, most_bytes};
    std::string out;
    boost::system::error_code ec;
    while (!encoded.empty() && !ec) {
        decoder.decode(encoded.substr(0, piece_bytes), out, ec);
        encoded.remove_prefix(std::min(piece_bytes, encoded.size()));
    }
    if (out.size() > most_bytes) std::abort();
    // How much of a damaged body comes out before the damage depends on how it is cut.
    return ec ? ec.message() : out + (decoder.at_end() ? "whole" : "cut");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    auto const which = bytes[0] % 2 == 0 ? content_decoder::coding::gzip : content_decoder::coding::deflate;
    std::string_view const text{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    auto const whole = decode(which, text, size);
    if (decode(which, text, 1) != whole || decode(which, text, std::size_t{bytes[0]} + 1) != whole) std::abort();
    return 0;
}
