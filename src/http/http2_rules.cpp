#include "http/http2_rules.hpp"

#include <algorithm>

namespace coax::http::detail {
namespace {

constexpr std::size_t requests_of_one_connection = 8;  // more of them are spread over two
constexpr std::size_t least_window = 16U << 10U;
constexpr std::size_t most_window = 1U << 20U;
constexpr std::chrono::minutes http1_kept{10};     // a server may be replaced by another one
constexpr int most_troubles = 3;                   // then it is no accident
constexpr std::size_t most_known_origins = 1'024;  // then the memory of them starts anew

}  // namespace

std::size_t wanted_connections(std::size_t requests, std::size_t streams_per_connection) noexcept {
    auto const each = std::max<std::size_t>(streams_per_connection, 1);
    auto const needed = (requests + each - 1) / each;
    return requests > requests_of_one_connection ? std::max<std::size_t>(needed, 2) : needed;
}

std::size_t stream_window(std::size_t buffer_bytes, std::size_t streams) noexcept {
    return std::clamp(buffer_bytes / std::max<std::size_t>(streams, 1), least_window, most_window);
}

http2_keepalive::step http2_keepalive::decide(clock::time_point now) noexcept {
    if (now < due()) return step::wait;
    if (asked_) return step::dead;
    asked_ = true;
    asked_at_ = now;
    return step::ping;
}

bool http2_reset_budget::spend(clock::time_point now) noexcept {
    std::chrono::duration<double> const passed = now - at_;
    left_ = std::min(most, left_ + passed.count() * per_second);
    at_ = now;
    left_ -= 1;
    return left_ >= 0;
}

bool http2_hosts::uses_http1(origin const& to, clock::time_point now) const {
    auto const found = records_.find(to);
    return found != records_.end() && now < found->second.http1_until;
}

void http2_hosts::avoid(origin const& to, clock::time_point now) { record_of(to) = {.http1_until = now + http1_kept}; }

void http2_hosts::troubled(origin const& to, clock::time_point now) {
    auto& of = record_of(to);
    if (of.troubles == 0 || now - of.first_trouble > http1_kept) of.troubles = 0, of.first_trouble = now;
    if (++of.troubles >= most_troubles) avoid(to, now);
}

http2_hosts::record& http2_hosts::record_of(origin const& to) {
    if (records_.size() >= most_known_origins && !records_.contains(to)) records_.clear();
    return records_[to];
}

}  // namespace coax::http::detail
