#include "batch/stop_rule.hpp"

#include "runtime/internal/sleep.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <string_view>
#include <utility>

namespace coax {
namespace {

using namespace std::chrono_literals;

/// Between the first failures of a service in trouble and the first try; doubled with each further one.
constexpr clock::duration first_probe_wait = 5s;
constexpr clock::duration longest_probe_wait = 60s;

/// How often a record is tried again because the service was in trouble.
constexpr int most_rounds = 5;

/// Alike failures of the caller's right to ask: few are enough, and each is refused for free.
constexpr std::uint64_t most_rejections = 3;

bool contains_ignoring_case(std::string_view text, std::string_view lower_case) {
    auto const same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) != text.end();
}

/// A key that was good is so no more, as the service says. Any other refusal may be about the one record.
bool is_withdrawn(error const& why) {
    constexpr std::array<std::string_view, 5> words{"expired", "revoked", "deactivated", "disabled", "suspended"};
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return contains_ignoring_case(why.message, word) || contains_ignoring_case(why.service_message, word) ||
               contains_ignoring_case(why.service_code, word);
    });
}

/// The service refuses the caller, or the caller the service.
bool is_rejection(errc code) noexcept {
    return code == errc::authentication || code == errc::quota_exhausted || code == errc::tls_failed ||
           code == errc::not_found;
}

/// The service did its work, if to no use.
bool is_answered(errc code) noexcept {
    switch (code) {
        case errc::content_filtered:
        case errc::refused:
        case errc::truncated:
        case errc::invalid_output:
        case errc::tool_failed: return true;
        default: return false;
    }
}

std::string seconds_of(std::chrono::milliseconds span) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(span).count()) + " s";
}

/// "2026-11-28 20:53:07 UTC".
std::string date_of(std::chrono::system_clock::time_point now, std::chrono::milliseconds wait) {
    constexpr std::chrono::milliseconds longest{std::chrono::hours{24 * 365}};
    auto const when = std::chrono::system_clock::to_time_t(now + std::min(wait, longest));
    std::tm parts{};
    ::gmtime_r(&when, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

}  // namespace

failure_scope scope_of(error const& why) {
    switch (why.code) {
        case errc::cancelled:
        case errc::closed: return failure_scope::batch;
        case errc::authentication: return is_withdrawn(why) ? failure_scope::batch : failure_scope::shared;
        case errc::quota_exhausted: return why.http_status == 402 ? failure_scope::shared : failure_scope::batch;
        case errc::rate_limited: return failure_scope::limit;
        case errc::tls_failed:
        case errc::not_found:
        case errc::bad_request:
        case errc::context_too_long:
        case errc::protocol_error: return failure_scope::shared;
        case errc::connect_failed:
        case errc::connection_lost:
        case errc::timeout:
        case errc::overloaded:
        case errc::server_error: return failure_scope::outage;
        default: return failure_scope::record;
    }
}

namespace detail {

void failure_share::add(bool failed) noexcept {
    count_ += failed ? 1 : 0;
    count_ -= failed_[next_] ? 1 : 0;
    failed_[next_] = failed;
    if (++next_ < failed_.size()) return;
    next_ = 0;
    whole_ = true;
}

bool failure_share::exceeds(double most) const noexcept {
    return whole_ && static_cast<double>(count_) > most * static_cast<double>(failed_.size());
}

/// One that was begun before a failure says nothing of it: a key may have been withdrawn in between.
void stop_rule::succeeded(std::uint64_t begun_after) noexcept {
    any_succeeded_ = true;
    if (std::exchange(in_trouble_, false))
        for (auto& each : held_) each.of_trouble = true;
    probe_at_ = clock::time_point::min();
    probing_ = false;
    while (settled_ < held_.size() && held_[settled_].number <= begun_after) ++settled_;
    alike_.clear();
}

bool stop_rule::failed(error const& why, std::uint64_t begun_after, clock const& time) {
    auto const scope = scope_of(why);
    if (is_answered(why.code)) succeeded(begun_after);
    bool const counts = scope == failure_scope::limit || scope == failure_scope::batch || alike_failures_ > 0;
    if (scope == failure_scope::record || !counts) return false;
    held_.push_back({++failures_, false});
    if (ended_by_) return true;
    last_ = why;
    if (scope == failure_scope::batch) {
        end(why, {});
    } else if (scope == failure_scope::limit) {
        wait_for_limit(why, time);
    } else if (in_trouble_) {
        if (std::exchange(probing_, false)) pause(why, probe_wait_, time.now());
    } else if (auto const count_alike = count(why); count_alike >= most_alike(why)) {
        if (scope == failure_scope::outage && any_succeeded_)
            pause(why, first_probe_wait, time.now());
        else
            end(why, count_alike == 1 ? "" : "; the last " + std::to_string(count_alike) + " records failed alike");
    }
    return true;
}

void stop_rule::exhausted() {
    if (last_ && !any_succeeded_ && is_rejection(last_->code))
        end(*last_, {});
    else
        settle();
}

bool stop_rule::settle_first(error const& why, int rounds) noexcept {
    bool const of_trouble = held_.front().of_trouble;
    held_.pop_front();
    --settled_;
    auto const scope = scope_of(why);
    bool const of_the_service = scope == failure_scope::outage || scope == failure_scope::limit;
    return of_trouble && of_the_service && rounds < most_rounds;
}

/// All that a service in trouble does wrong is alike.
std::uint64_t stop_rule::count(error const& why) {
    bool const outage = scope_of(why) == failure_scope::outage;
    auto const kind = outage ? -1 : static_cast<int>(why.code) * 1'000 + why.http_status;
    auto found = std::ranges::find(alike_, kind, &kind_count::kind);
    if (found == alike_.end()) found = alike_.insert(found, {kind, 0});
    return ++found->count;
}

/// Twice as many where some have succeeded: then the request as such is right.
std::uint64_t stop_rule::most_alike(error const& why) const noexcept {
    if (why.code == errc::connect_failed && !any_succeeded_) return 1;
    auto const most = is_rejection(why.code) ? std::min(alike_failures_, most_rejections) : alike_failures_;
    return any_succeeded_ ? 2 * most : most;
}

void stop_rule::wait_for_limit(error const& why, clock const& time) {
    auto const now = time.now();
    auto const told = why.retry_after.value_or(0ms);
    if (told > max_pause_)
        return end(why, "; the service asks to wait " + seconds_of(told) + ": resume after " +
                            date_of(time.system_now(), told));
    if (told > 0ms) told_until_ = std::max(told_until_, coax::detail::later(now, told));
    if (!in_trouble_ || std::exchange(probing_, false)) pause(why, in_trouble_ ? probe_wait_ : first_probe_wait, now);
}

void stop_rule::pause(error const& why, clock::duration wait, clock::time_point now) {
    if (!std::exchange(in_trouble_, true)) trouble_since_ = now;
    probe_at_ = now + wait;
    probe_wait_ = std::min(2 * wait, longest_probe_wait);
    if (paused_until() - trouble_since_ <= max_pause_) return;
    auto const waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - trouble_since_);
    end(why, waited > 0ms ? "; it was so for " + seconds_of(waited) : "");
}

void stop_rule::end(error why, std::string const& note) {
    why.message += note;
    ended_by_ = std::move(why);
}

}  // namespace detail
}  // namespace coax
