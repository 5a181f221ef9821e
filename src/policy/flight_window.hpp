#pragma once

#include <algorithm>
#include <cstdint>

namespace coax::policy::detail {

/// How many requests may be under way at a service that refuses some with a wait and states no limits: one after the
/// first refusal, one more for each that is served until the next refusal, and from then on one more for each
/// windowful; half as many after a refusal. Without it all that wait come back at once, of whom a few are served.
class flight_window {
public:
    /// It has no bound before the first refusal.
    [[nodiscard]] bool on() const noexcept { return size_ > 0.0; }
    [[nodiscard]] bool full(std::int64_t under_way) const noexcept {
        return on() && static_cast<double>(under_way) + 1.0 > size_;
    }
    [[nodiscard]] double size() const noexcept { return size_; }

    // One that was under way has ended. @param rest  How many still are.

    void served(std::int64_t rest) noexcept {
        bool const is_used = 4.0 * (static_cast<double>(rest) + 1.0) >= size_;
        if (!on() || left_out() || !is_used) return;
        size_ = std::min(size_ + (doubles_ ? 1.0 : 1.0 / size_), most);
    }
    void refused(std::int64_t rest) noexcept {
        if (on() && left_out()) return;
        doubles_ = !on();
        size_ = std::max(1.0, size_ / 2.0);
        earlier_ = rest;
    }
    void failed() noexcept { (void)left_out(); }

private:
    /// Whether the one that ended had gone out before the last refusal that counted: it says nothing new.
    bool left_out() noexcept {
        if (earlier_ == 0) return false;
        --earlier_;
        return true;
    }

    static constexpr double most = 1e6;

    double size_{0.0};
    bool doubles_{false};
    std::int64_t earlier_{0};
};

}  // namespace coax::policy::detail
