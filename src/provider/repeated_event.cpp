#include "provider/repeated_event.hpp"

#include "json/internal/pointer.hpp"
#include "json/internal/scanner.hpp"

#include <algorithm>
#include <charconv>

namespace coax::detail {
namespace {

constexpr int most_in_vain = 8;
constexpr std::size_t most_digits = 18;

/// A string with escapes at the beginning of a text.
class string_decoder : json::detail::scanner {
public:
    explicit string_decoder(std::string_view text) : scanner{text, 1, true} {}

    /// @returns Its length with the quotes; 0: it is none.
    std::size_t decode(std::string& into) {
        if (!take('"') || !decode_string(into)) return 0;
        return static_cast<std::size_t>(at_ - text().data());
    }
};

std::size_t take_text(std::string_view rest, std::string& into) {
    if (!rest.starts_with('"')) return 0;
    char const* const begin = rest.data() + 1;
    char const* const end = json::detail::find_simple_string_end(begin, rest.data() + rest.size(), true);
    if (end == nullptr) return string_decoder{rest}.decode(into);
    into.assign(begin, end);
    return static_cast<std::size_t>(end + 1 - rest.data());
}

/// Without decoding it: one with escapes counts as none.
std::size_t skip_text(std::string_view rest) {
    if (!rest.starts_with('"')) return 0;
    char const* const end = json::detail::find_simple_string_end(rest.data() + 1, rest.data() + rest.size(), true);
    return end == nullptr ? 0 : static_cast<std::size_t>(end + 1 - rest.data());
}

std::size_t take_number(std::string_view rest, std::int64_t& into) {
    if (rest.empty() || rest.front() < '1' || rest.front() > '9') return 0;
    std::int64_t number = 0;
    auto const read = std::from_chars(rest.data(), rest.data() + std::min(rest.size(), most_digits), number);
    auto const size = static_cast<std::size_t>(read.ptr - rest.data());
    if (size == rest.size() || (rest[size] != ',' && rest[size] != '}')) return 0;
    into = number;
    return size;
}

/// How often the last key of a pointer comes in a text; more than once is 2. Of a key that comes twice the last one
/// counts: then the place of the first says nothing.
int count_key(std::string_view data, std::string_view pointer) {
    auto const key = std::string{'"'}.append(pointer.substr(pointer.rfind('/') + 1)).append(1, '"');
    auto const at = data.find(key);
    if (at == data.npos) return 0;
    return data.find(key, at + 1) == data.npos ? 1 : 2;
}

}  // namespace

void repeated_event::remember(sse_event const& event, std::string_view text) {
    if (in_vain_ >= most_in_vain) return;
    ++in_vain_;
    forget();
    number_ = -1;
    data_ = event.data;
    type_ = event.type;
    if (!find_holes(text)) forget();
}

bool repeated_event::find_holes(std::string_view text) {
    for (auto const& hole : wanted_) {
        auto const count = count_key(data_, hole.pointer);
        if (count == 0 && hole.what != event_hole::kind::text) continue;
        if (count != 1) return false;
        auto const begin = json::detail::locate_pointer(data_, hole.pointer);
        auto const size = take(hole.what, std::string_view{data_}.substr(begin));
        if (hole.what == event_hole::kind::text && (size == 0 || text_ != text)) return false;
        if (size != 0) holes_.push_back({hole.what, begin, begin + size});
    }
    std::ranges::sort(holes_, {}, &place::begin);
    return true;
}

bool repeated_event::matches(sse_event const& event) {
    if (holes_.empty() || event.type != type_) return false;
    auto rest = event.data;
    std::size_t from = 0;
    for (auto const& hole : holes_) {
        auto const before = std::string_view{data_}.substr(from, hole.begin - from);
        if (!rest.starts_with(before)) return false;
        rest.remove_prefix(before.size());
        auto const size = take(hole.what, rest);
        if (size == 0) return false;
        rest.remove_prefix(size);
        from = hole.end;
    }
    if (rest != std::string_view{data_}.substr(from)) return false;
    in_vain_ = 0;
    return true;
}

/// @returns How long the value is; 0: it is another one.
std::size_t repeated_event::take(event_hole::kind what, std::string_view rest) {
    switch (what) {
        case event_hole::kind::text: return take_text(rest, text_);
        case event_hole::kind::ignored_text: return skip_text(rest);
        case event_hole::kind::number: return take_number(rest, number_);
    }
    return 0;
}

}  // namespace coax::detail
