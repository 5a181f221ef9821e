#include "batch/batch_part.hpp"

#include <algorithm>
#include <utility>

namespace coax::detail {

waiting_row to_waiting(batch_record const& record, row_identity const& identity) {
    return {.index = record.index, .key = record.key, .numeric_key = record.numeric_key, .identity = identity};
}

batch_part::batch_part(std::string mark, std::string service) {
    kept.mark = input.mark = std::move(mark);
    kept.service = std::move(service);
}

batch_part::batch_part(kept_batch of) : kept{std::move(of)} {
    seen.id = kept.id;
    input.count = kept.rows.size();
    for (auto const& row : kept.rows) ++slots_[row.sent].asked;
}

void batch_part::add(waiting_row row, batch_row_request const& sent) {
    kept.rows.push_back({row.identity.sent, row.index});
    input.endpoint = sent.endpoint;
    input.rows.append(sent.text).append("\n");
    ++input.count;
    auto& slot = slots_[row.identity.sent];
    ++slot.asked;
    slot.rows.push_back(std::move(row));
    ++waiting_;
}

bool batch_part::claim(waiting_row& row, bool shared) {
    auto const found = slots_.find(row.identity.sent);
    if (found == slots_.end() || (!shared && found->second.rows.size() >= found->second.asked)) return false;
    found->second.rows.push_back(std::move(row));
    ++waiting_;
    return true;
}

waiting_row const* batch_part::find(batch_row_name const& name) const {
    auto const found = slots_.find(name.sent);
    if (found == slots_.end() || found->second.rows.empty()) return nullptr;
    auto const& rows = found->second.rows;
    auto const own = std::ranges::find(rows, name.index, &waiting_row::index);
    return own == rows.end() ? &rows.front() : &*own;
}

std::vector<waiting_row> batch_part::take(batch_row_name const& name, bool shared) {
    auto const* const first = find(name);
    if (first == nullptr) return {};
    auto& rows = slots_.at(name.sent).rows;
    std::swap(rows.front(), rows[static_cast<std::size_t>(first - rows.data())]);
    std::vector<waiting_row> taken;
    if (shared) {
        taken = std::exchange(rows, {});
    } else {
        taken.push_back(std::move(rows.front()));
        rows.erase(rows.begin());
    }
    waiting_ -= taken.size();
    return taken;
}

std::vector<waiting_row> batch_part::take_rest() {
    std::vector<waiting_row> rest;
    for (auto& [sent, slot] : slots_) std::ranges::move(std::exchange(slot.rows, {}), std::back_inserter(rest));
    slots_.clear();
    waiting_ = 0;
    return rest;
}

void batch_part::release() const {
    for (auto const& [sent, slot] : slots_)
        for (auto const& row : slot.rows) row.claim.release();
}

void batch_part::begin() const {
    for (auto const& [sent, slot] : slots_)
        for (auto const& row : slot.rows) row.claim.begin();
}

service_batch_progress batch_part::progress() const {
    return {.batch = seen, .rows = kept.rows.size(), .waiting = waiting_};
}

}  // namespace coax::detail
