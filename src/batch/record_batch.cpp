#include "batch/record_text.hpp"
#include "runtime/internal/sleep.hpp"

#include <coax/batch/batch.hpp>
#include <coax/batch/record_batch.hpp>
#include <coax/sync/async_mutex.hpp>
#include <coax/tasks/when_any.hpp>

#include <memory>
#include <unordered_map>
#include <utility>

namespace coax {

namespace {

using output = batch_output<std::string>;

/// A question that is asked, until its answer is written; others who have the same wait for it.
struct open_question {
    std::uint64_t asked_by;
    async_mutex turn{};
    std::optional<result<output>> answer{};
};

/// What was not asked for again costs nothing.
output shared(output answer, std::uint64_t asked_by) {
    answer.usage = {};
    answer.attempts = 0;
    answer.same_as = asked_by;
    return answer;
}

error shared(error why) {
    why.attempts = 0;
    why.input_tokens = why.output_tokens = 0;
    return why;
}

/// The way of a record from the input to the journal.
class record_way {
public:
    record_way(record_batch const& batch, batch_journal& journal) : batch_{batch}, journal_{journal} {}

    /// Begins with a record. @returns Whether it is to be asked.
    bool begin(batch_record const& record) {
        if (!batch_.shard.holds(record.key) || journal_.contains(record.index)) return false;
        facts_[record.index] = {record.numeric_key, identity_of(record, batch_.sent(record))};
        return true;
    }

    asio::awaitable<output> work(batch_record const& record) {
        auto const sent = facts_.at(record.index).row.sent;
        if (!batch_.share_equal || sent == 0) co_return co_await batch_.work(record);
        if (auto const known = journal_.answer_to(sent)) co_return shared({.value = value_of(*known)}, known->index);
        auto& found = questions_[sent];
        if (!found) found = std::make_shared<open_question>(record.index);
        auto const question = found;
        auto turn = question->turn.try_lock();
        if (!turn) turn = co_await question->turn.lock();
        if (!question->answer) {
            question->asked_by = record.index;
            question->answer = co_await as_result(batch_.work(record));
            if (*question->answer) co_return **question->answer;
            questions_.erase(sent);  // those who wait have it; who comes later asks anew
            throw_error(question->answer->error());
        }
        if (!*question->answer) throw_error(shared(question->answer->error()));
        co_return shared(**question->answer, question->asked_by);
    }

    result<void> write(batch_result<std::string> const& outcome) {
        auto const of_record = facts_.extract(outcome.index);
        auto const& [numeric_key, row] = of_record.mapped();
        if (sync_failure_) return *sync_failure_;
        auto written = journal_.write(outcome, batch_.form, numeric_key, row);
        if (auto const asked = questions_.find(row.sent);
            asked != questions_.end() && asked->second->asked_by == outcome.index)
            questions_.erase(asked);  // from now on the journal tells the answer
        if (!written || !batch_.on_result) return written;
        return batch_.on_result(outcome);
    }

    /// Ends when the disk does not take what is written.
    asio::awaitable<void> keep_synced() {
        while (!sync_failure_) {
            co_await sleep_for(detail::to_duration(batch_.sync_interval));
            if (auto synced = journal_.sync(); !synced) sync_failure_ = std::move(synced).error();
        }
        for (;;) co_await sleep_for(std::chrono::hours{1});  // the next record ends the batch
    }
    [[nodiscard]] std::optional<error> const& sync_failure() const noexcept { return sync_failure_; }

private:
    struct facts {
        bool numeric_key{false};
        row_identity row{};
    };

    [[nodiscard]] std::string value_of(known_answer const& known) const {
        return batch_.form == output_kind::json ? known.output.text() : detail::record_text(known.output);
    }

    record_batch const& batch_;
    batch_journal& journal_;
    std::unordered_map<std::uint64_t, facts> facts_{};  ///< Of the records in work.
    std::unordered_map<std::uint64_t, std::shared_ptr<open_question>> questions_{};
    std::optional<error> sync_failure_{};
};

/// The records that are to be asked.
class records_to_ask final : public stream_source<batch_record> {
public:
    records_to_ask(stream<batch_record> all, record_way& way) : all_{std::move(all)}, way_{way} {}

    std::optional<batch_record> try_next(asio::any_io_executor const& caller) override {
        for (;;) {
            auto record = all_.try_next(caller);
            if (!record || way_.begin(*record)) return record;
        }
    }
    asio::awaitable<std::optional<batch_record>> next() override {
        for (;;) {
            auto record = co_await all_.next();
            if (!record || way_.begin(*record)) co_return record;
        }
    }

private:
    stream<batch_record> all_;
    record_way& way_;
};

/// What outputs without checksums have of a record.
std::uint32_t record_digest(batch_record const& record, std::string_view sent) {
    return digest_of(std::string{record.numeric_key ? "number " : "text "}.append(record.key).append(sent));
}

asio::awaitable<void> store_summary(asio::awaitable<batch_summary> work, std::optional<batch_summary>& summary) {
    summary = co_await std::move(work);
}

}  // namespace

row_identity identity_of(batch_record const& record, std::string_view sent) {
    bool const has_key = record.numeric_key || record.key != std::to_string(record.index);
    return {.key = has_key ? key_digest(record.key, record.numeric_key) : 0,
            .sent = sent.empty() ? 0 : sent_digest(sent)};
}

asio::awaitable<resume_counts> match_records(record_batch batch, std::shared_ptr<batch_journal> journal) {
    while (journal->wants_rows()) {
        auto records = value_or_throw(batch.open());
        while (auto const record = co_await records.next()) {
            if (!batch.shard.holds(record->key)) continue;
            auto const sent = batch.sent(*record);
            auto identity = identity_of(*record, sent);
            identity.record = record_digest(*record, sent);
            journal->row({record->index, record->key, identity});
        }
        journal->rows_ended();
    }
    co_return journal->begin().value();
}

asio::awaitable<batch_summary> run_records(record_batch batch, std::shared_ptr<batch_journal> journal,
                                           batch_options options) {
    auto records = value_or_throw(batch.open());
    record_way way{batch, *journal};
    auto running = run_batch<std::string>(
        stream<batch_record>{std::make_unique<records_to_ask>(std::move(records), way)},
        [&](batch_record const& record) { return way.work(record); },
        [&](batch_result<std::string> const& outcome) { return way.write(outcome); }, std::move(options));
    if (batch.sync_interval.count() == 0) co_return co_await std::move(running);
    std::optional<batch_summary> summary;
    auto const ended = co_await as_result(when_any(store_summary(std::move(running), summary), way.keep_synced()));
    if (!summary) throw_error(ended.error());  // otherwise a cancellation is what it says
    if (way.sync_failure() && !summary->ended_by) summary->ended_by = way.sync_failure();
    co_return *std::move(summary);
}

}  // namespace coax
