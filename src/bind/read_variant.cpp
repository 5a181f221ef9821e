#include "bind/internal/messages.hpp"
#include "bind/reader.hpp"
#include "bind/type_names.hpp"

#include <optional>
#include <utility>

namespace coax::bind::detail {
namespace {

/// Looks for one member of an object, without reading the rest.
class member_finder : json::detail::scanner {
public:
    member_finder(std::string_view object, json::leniency const& allowed) : scanner{object, 1000, false} {
        set_leniency(allowed);
    }

    /// Goes to the value of the member `key`. False: there is none, or the text is not JSON.
    [[nodiscard]] bool find(std::string_view key) {
        std::string spare;
        ++at_;
        while (true) {
            skip_space();
            std::string_view name;
            if (!take_key(name, spare)) return false;
            bool const is_wanted = name == key;
            skip_space();
            if (!take(':')) return false;
            skip_space();
            if (is_wanted) return true;
            if (!skip_value()) return false;
            skip_space();
            if (!take(',')) return false;
        }
    }
    /// The string that was found; nothing: it is another value.
    [[nodiscard]] std::optional<std::string> string_value() {
        std::string spare;
        std::string_view content;
        if (leniency_.single_quotes && take('\'') && take_nonstandard_string(spare, '\'')) return spare;
        if (!take('"') || !take_string(content, spare)) return std::nullopt;
        return std::string{content};
    }

private:
    [[nodiscard]] bool take_key(std::string_view& name, std::string& spare) {
        if (take('"')) return take_string(name, spare);
        bool const is_key = take_nonstandard_key(spare);
        name = spare;
        return is_key;
    }
};

/// The alternative with a tag; where leniency allows, the only one whose tag is similar. `count`: there is none.
std::size_t find_tagged(variant_descriptor const& variant, std::string_view tag, bool allows_similar) {
    std::size_t similar = variant.count;
    std::size_t similar_count = 0;
    for (std::size_t i = 0; i < variant.count; ++i) {
        if (variant.alternatives[i].constant == tag) return i;
        if (!are_similar(variant.alternatives[i].constant, tag)) continue;
        similar = i;
        ++similar_count;
    }
    return allows_similar && similar_count == 1 ? similar : variant.count;
}

}  // namespace

/// Reads the first alternative that fits: first one that knows every key, then one that skips unknown keys.
/// If none does, the errors are those of the alternative whose first error comes last when unknown keys count as
/// errors.
bool reader::read_variant(type_descriptor const& type, void* into) {
    auto const& variant = *type.variant;
    char const first = peek();
    if (first == '{' && !variant.tag.empty()) return read_tagged(variant, into);
    std::size_t candidates = 0;
    std::size_t best = no_field;
    for (std::size_t i = variant.count; i-- != 0;) {
        if (!may_start(*variant.alternatives[i].type, first)) continue;
        ++candidates;
        best = i;
    }
    if (candidates == 0) return read_mismatch(type, into);
    if (candidates > 1) {
        auto outcome = try_alternatives(variant, into, true, best);
        if (outcome == attempt::differs && !options_.refuse_unknown_keys)
            outcome = try_alternatives(variant, into, false, best);
        if (outcome != attempt::differs) return outcome == attempt::fits;
    }
    auto const& alternative = variant.alternatives[best];
    return read(*alternative.type, alternative.emplace(into));
}

/// @param exact  Unknown keys are errors. `best` is then the alternative whose first error comes last.
reader::attempt reader::try_alternatives(variant_descriptor const& variant, void* into, bool exact, std::size_t& best) {
    char const* const start = at_;
    char const* farthest = nullptr;
    for (std::size_t i = 0; i < variant.count; ++i) {
        auto const& alternative = variant.alternatives[i];
        if (!may_start(*alternative.type, *start)) continue;
        auto const outcome = try_alternative(alternative, into, start, exact);
        if (outcome != attempt::differs) return outcome;
        if (!exact || (farthest != nullptr && failed_at_ <= farthest)) continue;
        farthest = failed_at_;
        best = i;
    }
    return attempt::differs;
}

/// Reads the alternative that the tag names.
bool reader::read_tagged(variant_descriptor const& variant, void* into) {
    std::string found{missing_key};
    if (member_finder finder{text().substr(offset()), options_.leniency}; finder.find(variant.tag)) {
        auto const tag = finder.string_value();
        auto const index = tag ? find_tagged(variant, *tag, options_.leniency.enum_case) : variant.count;
        if (index != variant.count)
            return read(*variant.alternatives[index].type, variant.alternatives[index].emplace(into));
        found = tag ? quoted(json::detail::shorten(*tag)) : "another value";
    }
    char const* const where = at_;
    if (!skip_value()) return false;
    std::string place;
    json::detail::append_pointer(place, variant.tag);
    return add_violation_below(
        place, one_of(variant.count, [&](std::size_t i) { return quoted(variant.alternatives[i].constant); }),
        std::move(found), where);
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
    if (is_malformed_) return attempt::ended;
    if (whole && violations_.size() == before) return attempt::fits;
    failed_at_ = text().data() + violations_.back().offset;
    violations_.resize(before);
    spend_retry_budget(static_cast<std::size_t>(at_ - start));
    at_ = start;
    path_ = path;
    restore_depth(levels);
    if (retry_budget_ != 0) return attempt::differs;
    fail("a value that fewer alternatives must be tried for");
    return attempt::ended;
}

/// Alternatives inside alternatives could take exponential time.
void reader::spend_retry_budget(std::size_t bytes) {
    retry_budget_ -= bytes + 1 < retry_budget_ ? bytes + 1 : retry_budget_;
}

}  // namespace coax::bind::detail
