#include "batch/service_run.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/runtime/as_result.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace coax::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_ready = 1'000;  ///< Outcomes that need no batch, before they are handed on.
constexpr int most_pages_of_batches = 20;
constexpr std::array<std::chrono::seconds, 3> waits_for_a_list{0s, 2s, 5s};

std::string new_mark() {
    std::random_device random;
    return "coax-" + to_string(batch_row_name{std::uint64_t{random()} << 32U | random(), random()});
}

/// Whether the batch may have been made all the same.
bool may_be_there(error const& why) {
    if (why.code == errc::connect_failed || why.code == errc::tls_failed || why.code == errc::closed) return false;
    return why.http_status == 0 || why.http_status >= 500 || why.http_status < 300;
}

/// A service that keeps no marks: what was made since then with as many rows is taken for it, and its results tell.
bool is_likely(service_batch const& found, batch_part const& part) {
    if (!found.mark.empty()) return found.mark == part.kept.mark;
    return found.created && *found.created >= part.kept.begun - 60s && found.total == part.kept.rows.size();
}

batch_output<std::string> without_cost(batch_output<std::string> output, std::uint64_t asked_by) {
    output.usage = {};
    output.attempts = 0;
    output.same_as = asked_by;
    return output;
}

}  // namespace

bool service_run::may_collect() const {
    if (records_ended_ && !held_ && !filling_) return false;
    if (options_.drain_only || options_.cancel || failure_ || stopped()) return false;
    return parts_.size() < options_.most_at_once;
}

/// Reads records until a batch is full and handed over, or there are outcomes to be handed on.
asio::awaitable<void> service_run::collect() {
    while (ready_.size() < most_ready && !stopped()) {
        if (!held_ && !records_ended_) {
            held_ = co_await records_.next();
            records_ended_ = !held_.has_value();
        }
        if (!held_) break;
        if (!batch_.shard.holds(held_->key) || is_taken(held_->index)) {
            held_.reset();
            continue;
        }
        auto const row = identity_of(*held_, batch_.sent(*held_));
        if (!co_await put_in(*held_, row)) co_return co_await hand_over();
        held_.reset();
    }
    if (records_ended_ && !held_) co_await hand_over();
}

/// Puts a record where it waits for its outcome. False: the batch that is being filled must go first.
asio::awaitable<bool> service_run::put_in(batch_record const& record, row_identity const& row) {
    auto waiting = to_waiting(record, row);
    auto const fails = [&](error why) { give(std::move(waiting), {}, std::move(why)); };
    take(record.index, true);
    if (record.problem) co_return fails(*record.problem), true;
    if (batch_.share_equal && row.sent != 0) {
        if (auto const known = journal_.answer_to(row.sent)) {
            auto text = batch_.form == output_kind::json ? known->output.text()
                                                         : json::read<std::string>(known->output.text()).value_or("");
            give(std::move(waiting), {}, without_cost({.value = std::move(text)}, known->index));
            co_return true;
        }
        if (wait_with_equal(waiting)) co_return true;
    }
    auto request = questions_.request(record);
    if (!request) co_return fails(std::move(request).error()), true;
    auto name = to_string(batch_row_name{row.sent, record.index});
    auto made = co_await as_result(service_.prepare(std::move(name), *std::move(request), questions_.format));
    if (!made && made.error().code == errc::quota_exhausted) {
        take(record.index, false);
        if (!filling_ && parts_.empty()) failure_ = std::move(made).error();  // nothing will give money back
        if (!filling_ && !failure_) co_await look_at_next();
        co_return false;
    }
    if (!made) co_return fails(std::move(made).error()), true;
    if (made->cached) {
        batch_output<std::string> output{.usage = made->cached->usage, .attempts = 0};
        output.value = questions_.output ? questions_.output(*made->cached) : made->cached->text;
        give(std::move(waiting), {}, std::move(output));
        co_return true;
    }
    if (filling_ && is_full(made->row)) co_await hand_over();
    if (!filling_) filling_ = std::make_shared<batch_part>(new_mark(), options_.service);
    filling_->input.model = made->model;
    waiting.claim = std::move(made->claim);
    filling_->add(std::move(waiting), made->row);
    co_return true;
}

bool service_run::wait_with_equal(waiting_row& row) {
    if (filling_ && filling_->claim(row, true)) return true;
    return std::ranges::any_of(parts_, [&](part_ptr const& part) { return part->claim(row, true); });
}

bool service_run::is_full(batch_row_request const& next) const {
    constexpr std::size_t around = 4'096;  // what the service's form of an upload adds
    auto const most = options_.max_requests == 0 ? limits_.requests : std::min(limits_.requests, options_.max_requests);
    auto const bytes = std::min(options_.max_bytes, limits_.bytes - std::min(limits_.bytes, around));
    auto const& input = filling_->input;
    return input.count >= most || input.rows.size() + next.text.size() + 1 > bytes;
}

/// Hands over the batch that is filled, if there is one.
asio::awaitable<void> service_run::hand_over() {
    if (!filling_) co_return;
    auto const part = std::exchange(filling_, {});
    auto const executor = co_await asio::this_coro::executor;
    auto const& time = clock_of(executor);
    if (submit_after_ > time.now()) co_await pause(submit_after_);
    if (stopped()) co_return give_back(*part, {});
    part->kept.begun = std::chrono::floor<std::chrono::seconds>(time.system_now());
    value_or_throw(ledger_.begin(part->kept));
    auto input = std::exchange(part->input, {.count = part->input.count});
    auto made = co_await as_result(service_.submit(std::move(input)));
    if (!made) co_return co_await not_handed_over(part, std::move(made).error());
    under_way(part, *std::move(made));
}

void service_run::under_way(part_ptr part, service_batch seen) {
    part->kept.id = seen.id;
    value_or_throw(ledger_.made(part->kept.mark, seen.id));
    part->begin();
    part->seen = std::move(seen);
    part->interval = options_.first_interval;
    if (std::ranges::find(parts_, part) == parts_.end()) parts_.push_back(std::move(part));
    changed();
}

asio::awaitable<void> service_run::not_handed_over(part_ptr part, error why) {
    if (why.code == errc::cancelled) throw_error(std::move(why));  // the ledger has it
    if (may_be_there(why)) {
        if (auto found = co_await find_lost(*part)) co_return under_way(std::move(part), *std::move(found));
    }
    give_back(*part, "not made");
    auto const executor = co_await asio::this_coro::executor;
    auto const& time = clock_of(executor);
    if (is_retryable(why))
        submit_after_ = time.now() + std::max(options_.longest_interval, why.retry_after.value_or(0ms));
    if (!is_retryable(why) || is_last_round()) failure_ = std::move(why);
}

/// The batch whose making was not answered, where the service has it.
asio::awaitable<std::optional<service_batch>> service_run::find_lost(batch_part const& part) {
    for (auto const wait : waits_for_a_list) {
        if (wait > 0s) co_await sleep_for(wait);  // a list may be late
        std::string next;
        for (int pages = 0; pages < most_pages_of_batches; ++pages) {
            auto page = co_await service_.list(next);
            for (auto& one : page.batches) {
                auto const known = [&](part_ptr const& other) { return other->kept.id == one.id; };
                if (is_likely(one, part) && std::ranges::none_of(parts_, known)) co_return std::move(one);
            }
            next = std::move(page.next);
            if (next.empty() || page.batches.empty()) break;
            auto const& [first, last] = std::pair{page.batches.front().created, page.batches.back().created};
            if (first && last && *last < *first && *last < part.kept.begun - 1h) break;  // the newest come first
        }
    }
    co_return std::nullopt;
}

/// Nothing of it was sent: its records go into another one. @param how  For the ledger; empty: it has none of it.
void service_run::give_back(batch_part& part, std::string_view how) {
    part.release();
    leave(part.take_rest());
    if (!how.empty()) value_or_throw(ledger_.over(part.kept.mark, how));
}

bool service_run::next_round() {
    if (options_.drain_only || options_.cancel || failure_ || stopped()) return false;
    if (round_ > 0 && (!again() || left_ == 0 || is_last_round())) return false;
    ++round_;
    left_ = 0;
    records_ = value_or_throw(batch_.open());
    records_ended_ = false;
    return true;
}

}  // namespace coax::detail
