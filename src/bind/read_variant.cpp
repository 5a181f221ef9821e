#include "bind/reader.hpp"
#include "bind/type_names.hpp"
#include "json/internal/find_member.hpp"
#include "json/internal/messages.hpp"

#include <utility>

namespace coax::bind::detail {

/// Reads the first alternative that fits: first one that knows every key, then one that skips unknown keys.
/// If none does, the one that came farthest while every key counted says what is wrong.
bool reader::read_variant(type_descriptor const& type, void* into) {
    auto const& variant = *type.variant;
    char const first = peek();
    if (first == '{' && !variant.tag.empty() && !is_lenient_) return read_tagged(variant, into);
    std::size_t candidates = 0;
    std::size_t best = no_field;
    for (std::size_t i = variant.count; i-- != 0;) {
        if (!may_start(*variant.alternatives[i].type, first)) continue;
        ++candidates;
        best = i;
    }
    if (candidates == 0) return refuse(type);
    if (candidates > 1) {
        auto outcome = try_alternatives(variant, into, true, best);
        if (outcome == attempt::differs && !options_.refuse_unknown_keys)
            outcome = try_alternatives(variant, into, false, best);
        if (outcome != attempt::differs) return outcome == attempt::fits;
    }
    auto const& alternative = variant.alternatives[best];
    return read(*alternative.type, alternative.emplace(into));
}

/// @param exact  Every key counts. The alternative that then came farthest is the `best`.
reader::attempt reader::try_alternatives(variant_descriptor const& variant, void* into, bool exact, std::size_t& best) {
    char const* const start = at_;
    char const* farthest = nullptr;
    for (std::size_t i = 0; i < variant.count; ++i) {
        auto const& alternative = variant.alternatives[i];
        if (!may_start(*alternative.type, *start)) continue;
        auto const outcome = try_alternative(alternative, into, start, exact);
        if (outcome != attempt::differs) return outcome;
        if (!exact || (farthest != nullptr && stopped_at_ <= farthest)) continue;
        farthest = stopped_at_;
        best = i;
    }
    return attempt::differs;
}

/// The tag says which alternative it is.
bool reader::read_tagged(variant_descriptor const& variant, void* into) {
    std::string tag;
    switch (json::detail::find_member(text(), at_, variant.tag, tag)) {
        case json::detail::member_found::no: break;
        case json::detail::member_found::other: tag = "another value"; break;
        case json::detail::member_found::string:
            for (std::size_t i = 0; i < variant.count; ++i)
                if (auto const& each = variant.alternatives[i]; each.constant == tag)
                    return read(*each.type, each.emplace(into));
            tag = "\"" + json::detail::shorten(tag) + "\"";
            break;
    }
    char const* const where = at_;
    if (!skip_value()) return false;
    auto const expected = json::detail::one_of(
        variant.count, [&](std::size_t i) { return json::detail::quoted(variant.alternatives[i].constant); });
    return note_below(
        variant.tag, "expected " + expected + ", found " + (tag.empty() ? std::string{json::detail::missing_key} : tag),
        where);
}

reader::attempt reader::try_alternative(alternative_descriptor const& alternative, void* into, char const* start,
                                        bool exact) {
    auto const before = violations_.size();
    auto const limit = std::exchange(violation_limit_, before + 1);
    auto const unknown = std::exchange(refuse_unknown_, exact || refuse_unknown_);
    auto const levels = depth();
    auto const* const path = path_;
    bool const whole = read(*alternative.type, alternative.emplace(into));
    violation_limit_ = limit;
    refuse_unknown_ = unknown;
    if (broken_) return attempt::ended;
    if (whole && violations_.size() == before) return attempt::fits;
    stopped_at_ = text().data() + violations_.back().offset;
    violations_.resize(before);
    spend(static_cast<std::size_t>(at_ - start));
    at_ = start;
    path_ = path;
    restore_depth(levels);
    if (retry_budget_ != 0) return attempt::differs;
    fail("a value that fewer alternatives must be tried for");
    return attempt::ended;
}

/// Alternatives inside alternatives could take exponential time.
void reader::spend(std::size_t bytes) { retry_budget_ -= bytes + 1 < retry_budget_ ? bytes + 1 : retry_budget_; }

}  // namespace coax::bind::detail
