#include "batch/service_run.hpp"

#include "runtime/internal/sleep.hpp"
#include "runtime/internal/suspended.hpp"

#include <coax/runtime/as_result.hpp>

#include <algorithm>
#include <utility>

namespace coax::detail {
namespace {

using namespace std::chrono_literals;

error nothing_more(std::uint64_t left, int rounds) {
    return {.code = errc::timeout,
            .message = std::to_string(left) + " rows are unfinished after " + std::to_string(rounds) +
                       (rounds == 1 ? " round" : " rounds") + " of the service's batches"};
}

bool is_set(std::vector<bool> const& bits, std::uint64_t index) { return index < bits.size() && bits[index]; }

void set(std::vector<bool>& bits, std::uint64_t index, bool value) {
    if (index >= bits.size()) bits.resize(std::max<std::size_t>(index + 1, bits.size() * 2));
    bits[index] = value;
}

}  // namespace

service_run::service_run(record_batch const& batch, batch_journal& journal, client llm,
                         service_batch_questions const& questions, service_batch_options const& options,
                         batch_options const& running, batch_ledger ledger)
    : batch_{batch},
      journal_{journal},
      service_{std::move(llm)},
      questions_{questions},
      options_{options},
      running_{running},
      ledger_{std::move(ledger)},
      limits_{service_.limits()} {}

bool service_run::again() const noexcept { return options_.unfinished == unfinished_rows::again; }

bool service_run::is_done(std::uint64_t index) const { return journal_.contains(index) || is_set(written_, index); }

bool service_run::is_taken(std::uint64_t index) const { return journal_.contains(index) || is_set(taken_, index); }

void service_run::take(std::uint64_t index, bool taken) { set(taken_, index, taken); }

void service_run::end() noexcept {
    if (parts_.empty() && facts_.empty()) ledger_.remove();
}

void service_run::changed() const {
    if (!options_.on_batches) return;
    std::vector<service_batch_progress> all;
    all.reserve(parts_.size());
    for (auto const& part : parts_) all.push_back(part->progress());
    options_.on_batches(all);
}

/// In short pieces: a stop may come from a signal handler, which can wake nobody.
asio::awaitable<void> service_run::pause(clock::time_point until) const {
    auto const executor = co_await asio::this_coro::executor;
    while (!stopped() && now(executor) < until) {
        clock::duration const left = until - now(executor);
        co_await sleep_for(std::min<clock::duration>(left, 1s));
    }
}

// --- batches of runs before ---

asio::awaitable<void> service_run::resume() {
    for (auto const& kept : ledger_.kept()) {
        if (kept.service != options_.service)
            throw_error(invalid_argument("service", "batches are under way at another service (" + kept.service +
                                                        "): go on there, or cancel them there"));
        parts_.push_back(std::make_shared<batch_part>(kept));
        parts_.back()->interval = options_.first_interval;
    }
    if (parts_.empty()) co_return;
    co_await claim_rows();
    co_await find_unanswered();
    if (options_.cancel) co_await cancel_all();
    changed();
}

/// Each record that the journal lacks waits for the batch that has its row.
asio::awaitable<void> service_run::claim_rows() {
    auto records = value_or_throw(batch_.open());
    while (auto const record = co_await records.next()) {
        if (!batch_.shard.holds(record->key) || journal_.contains(record->index)) continue;
        auto waiting = to_waiting(*record, identity_of(*record, batch_.sent(*record)));
        bool const is_there = waiting.identity.sent != 0 && std::ranges::any_of(parts_, [&](part_ptr const& part) {
                                  return part->claim(waiting, batch_.share_equal);
                              });
        if (is_there) take(record->index, true);
    }
}

/// Those whose making was not answered, or not written down.
asio::awaitable<void> service_run::find_unanswered() {
    for (auto const& part : std::vector<part_ptr>{parts_}) {
        if (!part->kept.id.empty()) continue;
        if (auto found = co_await find_lost(*part)) {
            under_way(part, *std::move(found));
        } else {
            for (auto const& row : part->take_rest()) take(row.index, false);  // as any other
            give_back(*part, "not made");
            std::erase(parts_, part);
        }
    }
}

asio::awaitable<void> service_run::cancel_all() {
    for (auto const& part : parts_) {
        auto seen = co_await as_result(service_.cancel(part->kept.id));
        // One that is over, or not there any more, is what the next look shows.
        if (!seen && (seen.error().http_status < 400 || seen.error().http_status >= 500))
            throw_error(std::move(seen).error());
        if (seen) part->seen = *std::move(seen);
    }
}

// --- the way of outcomes ---

asio::awaitable<std::optional<arrived_record>> service_run::next() {
    for (;;) {
        if (!ready_.empty()) {
            auto one = std::move(ready_.front());
            ready_.pop_front();
            co_return one;
        }
        if (stopped()) break;
        if (reading_)
            co_await read_some();
        else if (may_collect())
            co_await collect();
        else if (!parts_.empty())
            co_await look_at_next();
        else if (!next_round())
            break;
    }
    co_await all_written();
    if (stopped()) co_return std::nullopt;
    if (failure_) throw_error(*failure_);
    if (left_ > 0 && again() && !options_.drain_only && !options_.cancel) throw_error(nothing_more(left_, round_));
    co_return std::nullopt;
}

/// Waits until what was given is in the journal.
asio::awaitable<void> service_run::all_written() {
    while (!facts_.empty()) {
        suspended waiting{co_await asio::this_coro::executor, "outcomes on their way to the journal"};
        waits_for_writing_ = &waiting;
        co_await suspend_until(waiting, {});
        waits_for_writing_ = nullptr;
        if (waiting.how() == suspended::end::cancelled)
            throw_error({.code = errc::cancelled, .message = "cancelled before all outcomes were written"});
    }
}

/// Waits until one of the batches is due, and looks at it.
asio::awaitable<void> service_run::look_at_next() {
    auto const part = *std::ranges::min_element(parts_, {}, [](part_ptr const& one) { return one->next_look; });
    co_await pause(part->next_look);
    if (stopped()) co_return;
    auto seen = co_await as_result(service_.look(part->kept.id));
    auto const told = seen ? seen->retry_after : seen.error().retry_after;
    part->next_look = now(co_await asio::this_coro::executor) + std::max(part->interval, told.value_or(0ms));
    part->interval = std::min(part->interval + part->interval / 2 + 1ms, options_.longest_interval);
    looked_at(part, std::move(seen));
}

void service_run::looked_at(part_ptr const& part, result<service_batch> seen) {
    if (!seen && seen.error().code == errc::not_found) {
        part->seen.state = batch_state::unknown;
        return end_part(part, "vanished");
    }
    if (!seen) {
        if (!is_retryable(seen.error()) || ++part->failed_looks > options_.max_failed_looks)
            throw_error(std::move(seen).error());
        return;
    }
    part->failed_looks = 0;
    bool const is_new =
        seen->state != part->seen.state || seen->succeeded != part->seen.succeeded || seen->failed != part->seen.failed;
    part->seen = *std::move(seen);
    if (is_new) changed();
    if (!part->seen.is_over()) return;
    if (auto const& why = part->seen.failure) {
        if (is_retryable(*why)) submit_after_ = part->next_look;
        if (is_last_round() || options_.unfinished == unfinished_rows::leave) failure_ = *why;
    }
    reading_ = reading{.part = part};
}

/// Reads one row. What was read before a connection broke is not asked about again when it is read once more.
asio::awaitable<void> service_run::read_some() {
    auto& at = *reading_;
    auto const& files = at.part->seen.results;
    if (at.file >= files.size()) {
        auto const part = at.part;
        reading_.reset();
        end_part(part, to_string(part->seen.state));
        co_return;
    }
    result<std::optional<batch_row>> row{std::optional<batch_row>{}};
    if (!at.rows.open()) {
        auto opened = co_await as_result(service_.results(files[at.file]));
        if (opened)
            at.rows = *std::move(opened);
        else
            row = std::move(opened).error();
    }
    if (row) row = co_await as_result(at.rows.next());
    if (row && *row) co_return co_await settle(at.part, *std::move(*row));
    if (row) {
        ++at.file;
        co_return;
    }
    if (row.error().code == errc::not_found) {  // kept no longer
        ++at.file;
        co_return;
    }
    bool const may_pass = is_retryable(row.error()) || row.error().code == errc::protocol_error;
    if (!may_pass || ++at.failed > options_.max_failed_looks) throw_error(std::move(row).error());
    at.rows.close();
    co_await pause(now(co_await asio::this_coro::executor) + options_.first_interval);
}

/// What a row of results means for the records that wait for it.
asio::awaitable<void> service_run::settle(part_ptr part, batch_row row) {
    auto const name = parse_row_name(row.id);
    auto const* const first = name ? part->find(*name) : nullptr;
    if (first == nullptr || row.state != batch_row_state::answered) co_return;
    auto response = co_await as_result(service_.read(std::move(row), questions_.format, first->claim));
    bool const goes_on = !response && is_retryable(response.error()) &&
                         (!again() || options_.drain_only || options_.cancel || failure_ || !is_last_round());
    if (goes_on) co_return;  // it is unfinished
    auto rows = part->take(*name, batch_.share_equal);
    if (!response) co_return give(part, std::move(rows), std::move(response).error());
    batch_output<std::string> output{.usage = response->usage, .attempts = 1, .tier = billing::tier::batch};
    output.value = questions_.output ? questions_.output(*response) : std::move(response->text);
    give(part, std::move(rows), std::move(output));
}

/// The first is the one that was sent, the others are equal to it.
void service_run::give(part_ptr const& part, std::vector<waiting_row> rows, result<batch_output<std::string>> outcome) {
    auto const asked_by = rows.front().index;
    auto equal = outcome;
    if (equal) {
        equal->usage = {};
        equal->attempts = 0;
        equal->same_as = asked_by;
    } else {
        auto why = std::move(equal).error();
        why.attempts = 0;
        why.input_tokens = why.output_tokens = 0;
        equal = std::move(why);
    }
    for (auto& row : rows) {
        bool const is_first = row.index == asked_by;
        give(std::move(row), part, is_first ? outcome : equal);
    }
}

void service_run::give(waiting_row row, part_ptr part, result<batch_output<std::string>> outcome) {
    if (part) ++part->unwritten;
    facts_[row.index] = {row.numeric_key, row.identity, std::move(part)};
    ready_.push_back({row.index, std::move(row.key), std::move(outcome)});
}

/// Records whose row has no outcome: they go on as the options say.
void service_run::leave(std::vector<waiting_row> rows) {
    for (auto const& row : rows) {
        row.claim.release();
        if (again()) take(row.index, false);
    }
    left_ += rows.size();
}

void service_run::end_part(part_ptr const& part, std::string_view how) {
    part->ended = how;
    leave(part->take_rest());
    std::erase(parts_, part);
    value_or_throw(close_if_written(*part));
    changed();
}

/// The ledger tells that a batch is over once the disk has all its outcomes.
result<void> service_run::close_if_written(batch_part const& part) {
    if (part.ended.empty() || part.unwritten > 0) return {};
    if (auto synced = journal_.sync(); !synced) return synced;
    return ledger_.over(part.kept.mark, part.ended);
}

result<void> service_run::write(batch_result<std::string> outcome) {
    auto const of_record = facts_.extract(outcome.index);
    auto const& [numeric_key, row, from] = of_record.mapped();
    if (facts_.empty() && waits_for_writing_ != nullptr) waits_for_writing_->wake();
    if (from && !outcome.same_as) outcome.tier = billing::tier::batch;
    if (from)
        outcome.latency = std::chrono::duration_cast<std::chrono::milliseconds>(outcome.finished_at - from->kept.begun);
    if (!outcome.value) {
        ++failures_;
        if (running_.max_failures > 0 && failures_ >= running_.max_failures && !failure_)
            failure_ = outcome.value.error();
    }
    if (auto written = journal_.write(outcome, batch_.form, numeric_key, row); !written) return written;
    set(written_, outcome.index, true);
    if (from) {
        --from->unwritten;
        if (auto closed = close_if_written(*from); !closed) return closed;
    }
    return batch_.on_result ? batch_.on_result(outcome) : result<void>{};
}

}  // namespace coax::detail
