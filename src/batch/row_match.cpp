#include "batch/row_match.hpp"

#include <algorithm>

namespace coax::detail {

namespace {

std::uint64_t identity_by(row_identity const& row, known_by how) noexcept {
    if (how == known_by::row) return row.sent ^ (std::uint64_t{row.key} * 0x9E37'79B9'7F4A'7C15U);
    return how == known_by::record ? row.record : row.key;
}

}  // namespace

void row_match::set(bits& all, std::uint64_t index) {
    if (index >= all.size()) all.resize(index + 1 + index / 2);
    all[index] = true;
}

bool row_match::add(std::uint64_t index, row_identity const& identity, known_by how, bool failed, bool retried) {
    if (has(seen_, index)) return false;
    set(seen_, index);
    if (failed) set(failed_, index);
    if (retried && (limit_ == 0 || index < limit_)) set(retried_, index);
    auto const place = static_cast<std::uint32_t>(index << 2U | static_cast<std::uint64_t>(how));
    lines_.push_back({identity_by(identity, how), identity.key, place});
    return true;
}

void row_match::lines_ended() {
    std::ranges::sort(lines_, {}, &line::index);
    if (lines_.empty()) pass_ = 2;
}

void row_match::row(journal_row const& given) {
    if (limit_ != 0 && given.index >= limit_) return;
    if (pass_ == 0)
        match_by_index(given);
    else if (!has(settled_, given.index))
        match_elsewhere(given);
}

/// A key that is known without its kind is compared without it.
bool row_match::is_same(line const& one, journal_row const& given) {
    auto const how = one.how();
    if (how == known_by::row) return one.identity == identity_by(given.identity, how);
    if (how == known_by::record && given.identity.record != 0) return one.identity == given.identity.record;
    return one.key == digest_of(given.key);
}

void row_match::match_by_index(journal_row const& given) {
    ++counts_.missing;
    while (next_ < lines_.size() && lines_[next_].index() < given.index) ++next_;
    if (next_ == lines_.size() || lines_[next_].index() != given.index || !is_same(lines_[next_], given)) return;
    settle(lines_[next_], given.index);
}

/// A line has found its row.
void row_match::settle(line const& one, std::uint64_t row_index) {
    set(matched_, one.index());
    set(settled_, row_index);
    --counts_.missing;
    if (has(retried_, one.index())) {
        ++counts_.retried;
        return;
    }
    set(kept_, one.index());
    set(done_, row_index);
    ++counts_.kept;
    if (has(failed_, one.index())) ++counts_.failed;
    if (one.how() == known_by::key) ++counts_.by_key;
}

void row_match::match_elsewhere(journal_row const& given) {
    if (auto const found = by_identity_.find(identity_by(given.identity, known_by::row)); found != by_identity_.end()) {
        auto const& one = lines_[found->second];
        settle(one, given.index);
        moved_.emplace(one.index(), given.index);
        if (has(kept_, one.index())) ++counts_.moved;
        by_identity_.erase(found);
        return;
    }
    // Rows without a key are all alike: no more of them than there are lines.
    bool const keyless = given.identity.key == 0;
    candidate const one{given.index, given.identity.key, digest_of(given.key)};
    bool const has_line = by_key_.contains(one.key) || by_key_.contains(one.plain_key);
    if (has_line && (!keyless || candidates_.size() < by_key_.size())) candidates_.push_back(one);
}

void row_match::take_changed_rows() {
    for (auto const& one : candidates_) {
        if (!take_changed(one.key) && !take_changed(one.plain_key)) continue;
        --counts_.missing;
        ++counts_.changed;
        if (!first_changed_) first_changed_ = one.index;
    }
    candidates_ = {};
}

/// Takes a line of that key whose row is not found: it is this one, and was another question.
bool row_match::take_changed(std::uint32_t key) {
    for (auto found = by_key_.find(key); found != by_key_.end(); found = by_key_.find(key)) {
        auto const index = lines_[found->second].index();
        by_key_.erase(found);
        if (has(matched_, index)) continue;
        set(matched_, index);
        return true;
    }
    return false;
}

void row_match::rows_ended() {
    if (++pass_ == 1) collect_unmatched();
    if (by_key_.empty()) pass_ = 2;
    if (pass_ == 2) end();
}

void row_match::collect_unmatched() {
    for (std::size_t at = 0; at < lines_.size(); ++at) {
        auto const& one = lines_[at];
        if (has(matched_, one.index())) continue;
        if (limit_ != 0 && one.index() >= limit_) {
            set(kept_, one.index());
            continue;
        }
        if (one.how() == known_by::row) by_identity_.emplace(one.identity, at);
        by_key_.emplace(one.key, at);
    }
}

/// Takes stock, and keeps no more than a bit for a row.
void row_match::end() {
    take_changed_rows();
    for (auto const& [key, at] : by_key_) {
        auto const index = lines_[at].index();
        if (has(matched_, index)) continue;
        ++counts_.removed;
        first_removed_ = std::min(first_removed_.value_or(index), index);
    }
    lines_ = {};
    by_identity_ = {};
    by_key_ = {};
    seen_ = failed_ = retried_ = matched_ = settled_ = {};
}

std::optional<std::uint64_t> row_match::new_index(std::uint64_t index) const {
    if (!has(kept_, index)) return std::nullopt;
    auto const found = moved_.find(index);
    return found == moved_.end() ? index : found->second;
}

}  // namespace coax::detail
