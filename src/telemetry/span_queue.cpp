#include "telemetry/span_queue.hpp"

#include <utility>

namespace coax::telemetry::detail {

span_queue::pushed span_queue::push(std::string_view span) {
    std::lock_guard const lock{mutex_};
    if (count_ >= most_spans_ || bytes_ + span.size() > most_bytes_) return pushed::dropped;
    bool const begins = pieces_.empty() || pieces_.back().spans.size() >= piece_bytes;
    if (begins) pieces_.emplace_back().spans.reserve(pieces_.size() > 1 ? piece_bytes + piece_bytes / 8 : 0);
    auto& last = pieces_.back();
    last.spans += span;
    ++last.count;
    ++count_;
    bytes_ += span.size();
    return last.spans.size() >= piece_bytes ? pushed::fills_a_piece : pushed::waits;
}

span_queue::piece span_queue::take() {
    std::lock_guard const lock{mutex_};
    if (pieces_.empty()) return {};
    auto first = std::move(pieces_.front());
    pieces_.pop_front();
    count_ -= first.count;
    bytes_ -= first.spans.size();
    return first;
}

bool span_queue::has_whole_piece() const {
    std::lock_guard const lock{mutex_};
    return !pieces_.empty() && pieces_.front().spans.size() >= piece_bytes;
}

}  // namespace coax::telemetry::detail
