// JSON as models write it, with every leniency alone and all at once: it ends without harm, what strict reading takes
// reads the same, and what was read writes and reads back as the same.
#include "unit/bind/types.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>

#include <cstdint>
#include <cstdlib>

namespace {

using namespace coax;

template <class T>
void check(std::string_view text, json::read_options const& options) {
    auto const strict = json::read<T>(text);
    auto const read = json::read<T>(text, options);
    if (strict && !read) std::abort();
    if (!read) {
        auto const violations = json::find_violations<T>(text, options);
        if (violations.empty() || violations.front().pointer != read.error().where) std::abort();
        return;
    }
    auto const written = json::write(*read);
    if (strict && json::write(*strict) != written) std::abort();
    if (written.find("null") != std::string::npos) return;  // NaN has no text
    auto const again = json::read<T>(written, {.check_docs = false});
    if (!again || json::write(*again) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const text{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    json::leniency one;
    reinterpret_cast<bool*>(&one)[bytes[0] % sizeof one] = true;
    for (auto const& options :
         {json::read_options{.leniency = json::full_leniency}, json::read_options{.leniency = one}}) {
        check<types::everything>(text, options);
        check<types::node>(text, options);
        check<std::vector<types::plain>>(text, options);
        check<std::map<std::string, types::judgement>>(text, options);
    }
    return 0;
}
