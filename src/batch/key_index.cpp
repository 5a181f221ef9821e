#include "batch/internal/key_index.hpp"

#include <coax/table/table_source.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace coax {

namespace detail {

std::optional<std::uint64_t> key_index::take_repeated() {
    auto all = std::exchange(digests_, {});
    std::ranges::sort(all);
    auto const twice = std::ranges::adjacent_find(all);
    return twice == all.end() ? std::nullopt : std::optional{*twice};
}

/// FNV-1a, its bits then spread; 1 and "1" are two keys.
std::uint64_t key_index::digest(batch_record const& record) noexcept {
    std::uint64_t hash = record.numeric_key ? 0x9ae16a3b2f90404fULL : 0xcbf29ce484222325ULL;
    for (char const c : record.key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdULL;
    return hash ^ (hash >> 33U);
}

}  // namespace detail

namespace {

/// Finds the two records whose keys have a digest.
result<void> tell_repeated(table_opener const& open, record_options const& options, std::uint64_t digest) {
    auto rows = open();
    if (!rows) return rows.error();
    std::map<std::string, std::string> places;  // of the keys that have this digest
    auto const check = [&](batch_record const& record) -> result<void> {
        if (detail::key_index::digest(record) != digest) return {};
        auto const [first, is_new] = places.emplace(record.key, record.where);
        if (is_new) return {};
        return invalid_argument({}, "its key \"" + record.key + "\" is that of " + first->second +
                                        ", too: name another key, or none and have records told by their index");
    };
    auto const checked = check_records(std::move(*rows), options, check, true);
    return checked ? result<void>{} : result<void>{checked.error()};
}

}  // namespace

result<void> check_unique_keys(table_opener const& open, record_options const& options) {
    auto rows = open();
    if (!rows) return rows.error();
    detail::key_index keys;
    auto const add = [&](batch_record const& record) -> result<void> {
        keys.add(record);
        return {};
    };
    auto const checked = check_records(std::move(*rows), options, add, true);
    if (!checked) return checked.error();
    auto const repeated = keys.take_repeated();
    return repeated ? tell_repeated(open, options, *repeated) : result<void>{};
}

}  // namespace coax
