// A byte stream into server-sent events: whatever the bytes are and however they are cut, the events are the same, fit
// their bound, and it ends without harm. The first byte of the input says how to cut.
#include <coax/http/sse.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

constexpr std::size_t most_event_bytes = 256;

/// What the decoder gives for `text` fed in pieces of `piece_bytes`, as one comparable text.
std::string decode(std::string_view text, std::size_t piece_bytes) {
    coax::sse_decoder decoder{most_event_bytes};
    std::string told;
    while (!text.empty()) {
        decoder.feed(text.substr(0, piece_bytes));
        text.remove_prefix(std::min(piece_bytes, text.size()));
        for (;;) {
            auto const each = decoder.next();
            if (!each) {
                if (each.error().code != coax::errc::too_large) std::abort();
                return told + "too large";
            }
            if (!*each) break;
            auto const& [type, data] = **each;
            if (data.empty() || type.size() + data.size() > most_event_bytes) std::abort();
            told.append(type).append(1, '\0').append(data).append(1, '\0');
        }
    }
    return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const text{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    auto const whole = decode(text, size);
    if (decode(text, 1) != whole || decode(text, std::size_t{bytes[0]} + 1) != whole) std::abort();
    return 0;
}
