#pragma once

#include <coax/batch/batch.hpp>
#include <coax/core/error.hpp>
#include <coax/runtime/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace coax::detail {

/// The share of failures among the last records.
class failure_share {
public:
    /// @param window  Records that are looked at.
    explicit failure_share(std::size_t window) : failed_(window) {}

    void add(bool failed) noexcept;
    /// More than that share of a whole window has failed.
    [[nodiscard]] bool exceeds(double most) const noexcept;
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] std::size_t window() const noexcept { return failed_.size(); }

private:
    std::vector<bool> failed_;
    std::size_t next_{0};
    bool whole_{false};
    std::size_t count_{0};  ///< Of failures.
};

/// Decides after each record whether a batch goes on: a state machine over (options, outcome, now), without a wait.
///
/// A failure that need not be the record's own is held back until others tell: the success of a record begun after it
/// makes it the record's, so many failures alike make it the batch's (it ends) or the service's (it pauses, and one
/// record at a time tries again).
class stop_rule {
public:
    stop_rule(std::uint64_t alike_failures, std::chrono::milliseconds max_pause) noexcept
        : alike_failures_{alike_failures}, max_pause_{max_pause} {}

    /// The next record is begun. @returns How many failures were before: to be handed over with its outcome.
    [[nodiscard]] std::uint64_t begin() noexcept {
        probing_ = in_trouble_;
        return failures_;
    }
    /// The service did its work for a record. @param begun_after  What `begin` returned.
    void succeeded(std::uint64_t begun_after) noexcept;
    /// @returns Whether the failure is held back; otherwise it is the record's own.
    [[nodiscard]] bool failed(error const& why, std::uint64_t begun_after, clock const& time);
    /// All records have been tried; those held back are all that is left.
    void exhausted();

    /// Failures held back, oldest first.
    [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }
    /// Nothing more will tell whose they are: they are taken as the records' own.
    void settle() noexcept { settled_ = held_.size(); }
    /// Whose the oldest is is known.
    [[nodiscard]] bool settles() const noexcept { return settled_ > 0; }
    /// Takes the oldest. @returns Whether its record is tried again. @param rounds  Tries after the first.
    [[nodiscard]] bool settle_first(error const& why, int rounds) noexcept;
    /// Takes the oldest, whose record is tried again.
    void take_first() noexcept { held_.pop_front(); }

    /// Why the batch ends; none: it goes on.
    [[nodiscard]] std::optional<error> const& ended_by() const noexcept { return ended_by_; }
    /// Nothing may begin before.
    [[nodiscard]] clock::time_point paused_until() const noexcept { return std::max(told_until_, probe_at_); }
    /// One record at a time, until one succeeds.
    [[nodiscard]] bool in_trouble() const noexcept { return in_trouble_; }

private:
    struct held_failure {
        std::uint64_t number;
        bool of_trouble;  ///< Which is over.
    };
    struct kind_count {
        int kind;
        std::uint64_t count;
    };

    [[nodiscard]] std::uint64_t count(error const& why);
    [[nodiscard]] std::uint64_t most_alike(error const& why) const noexcept;
    void pause(error const& why, clock::duration wait, clock::time_point now);
    void wait_for_limit(error const& why, clock const& time);
    void end(error why, std::string const& note);

    std::uint64_t alike_failures_;
    std::chrono::milliseconds max_pause_;
    std::optional<error> ended_by_{};
    std::uint64_t failures_{0};  ///< That were held back, ever.
    std::deque<held_failure> held_{};
    std::size_t settled_{0};           ///< The oldest of them.
    std::vector<kind_count> alike_{};  ///< Since the last success.
    std::optional<error> last_{};
    bool any_succeeded_{false};
    bool in_trouble_{false};
    bool probing_{false};
    clock::time_point told_until_{clock::time_point::min()};
    clock::time_point probe_at_{clock::time_point::min()};
    clock::time_point trouble_since_{};
    clock::duration probe_wait_{};
};

}  // namespace coax::detail
