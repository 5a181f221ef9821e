#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>

namespace coax::http::detail {

/// Where one coroutine sleeps until it is woken. Check the condition before sleeping and after: a wake is only a hint.
/// A timer that never expires: Asio then owns the sleeper, also when the context goes away under it.
class wait_point {
public:
    explicit wait_point(boost::asio::any_io_executor const& executor)
        : timer_{executor, boost::asio::steady_timer::time_point::max()} {}

    auto sleep() { return timer_.async_wait(boost::asio::as_tuple(boost::asio::deferred)); }
    void wake() { timer_.cancel(); }

private:
    boost::asio::steady_timer timer_;
};

/// Sleepers, first come first woken.
class wait_line {
public:
    /// A sleeper's place; leaves the line when destroyed.
    class place {
    public:
        place(wait_line& line, wait_point& point) : line_{line}, at_{line.points_.insert(line.points_.end(), &point)} {}
        place(place const&) = delete;
        place& operator=(place const&) = delete;
        ~place() { line_.points_.erase(at_); }

    private:
        wait_line& line_;
        std::list<wait_point*>::iterator at_;
    };

    void wake_first() {
        if (!points_.empty()) points_.front()->wake();
    }
    void wake_all() {
        for (auto* each : points_) each->wake();
    }

private:
    std::list<wait_point*> points_;
};

}  // namespace coax::http::detail
