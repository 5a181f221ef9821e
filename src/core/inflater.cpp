#include "core/internal/inflater.hpp"

#include <algorithm>
#include <new>

namespace coax::core::detail {

namespace {

constexpr std::size_t most_at_once = 1U << 30U;  // zlib counts in 32 bits

}  // namespace

inflater::inflater(int window) {
    if (inflateInit2(&stream_, window) != Z_OK) throw std::bad_alloc{};
}

inflater::~inflater() { inflateEnd(&stream_); }

inflater::step_result inflater::step(std::string_view& encoded, std::span<char> out) noexcept {
    auto const given = std::min(encoded.size(), most_at_once);
    auto const room = std::min(out.size(), most_at_once);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(encoded.data()));
    stream_.avail_in = static_cast<uInt>(given);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(room);
    auto const code = inflate(&stream_, Z_NO_FLUSH);
    encoded.remove_prefix(given - stream_.avail_in);
    auto const written = room - stream_.avail_out;
    if (code == Z_STREAM_END) return {status::end, written};
    return {code == Z_OK || code == Z_BUF_ERROR ? status::more : status::damaged, written};
}

void inflater::reset() noexcept { inflateReset(&stream_); }

}  // namespace coax::core::detail
