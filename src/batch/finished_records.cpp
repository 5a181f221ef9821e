#include <coax/batch/jsonl_writer.hpp>

#include <algorithm>

namespace coax {

namespace {

/// A mark that is never 0: odd for a digest of the whole record, even for one of its key.
std::uint32_t mark_of(std::string_view key, std::uint32_t record) {
    if (record != 0) return record | 1U;
    auto const mark = digest_of(key) & ~1U;
    return mark == 0 ? 2 : mark;
}

}  // namespace

void finished_records::add(std::uint64_t index, std::string_view key, bool failed, std::uint32_t record) {
    if (index >= marks_.size()) marks_.resize(index + 1 + index / 2);
    if (marks_[index] == 0) ++count_;
    last_index_ = std::max(last_index_, index);
    if (failed) ++failed_;
    if (record == 0) ++known_by_key_;
    marks_[index] = mark_of(key, record);
}

bool finished_records::contains(std::uint64_t index) const noexcept {
    return index < marks_.size() && marks_[index] != 0;
}

bool finished_records::contradicts(std::uint64_t index, std::string_view key, std::uint32_t record) const noexcept {
    if (!contains(index)) return false;
    bool const by_record = (marks_[index] & 1U) != 0;
    if (by_record && record == 0) return false;  // cannot be compared
    return marks_[index] != mark_of(key, by_record ? record : 0);
}

}  // namespace coax
