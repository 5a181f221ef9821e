#include "fleet/row_leases.hpp"

#include "fleet/queue_scripts.hpp"
#include "fleet/result_text.hpp"

#include <algorithm>
#include <utility>

namespace coax::fleet::detail {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view wait_ms = "250";

/// Between two looks for rows of workers that died.
clock::duration take_over_interval(queue_options const& options) {
    return std::clamp<clock::duration>(options.lease / 4, milliseconds{250}, std::chrono::seconds{15});
}

/// The row has met the end of so many workers.
error poison(int deliveries) {
    return {.code = errc::internal,
            .message = "given up after " + std::to_string(deliveries) +
                       " deliveries: the workers that had this row died, or lost it, before it was done",
            .where = "max_deliveries"};
}

std::string text_at(redis_reply const& reply, std::size_t at) {
    return at < reply.items.size() ? reply.items[at].text : std::string{};
}

/// The field of a stream's entry.
std::string field_of(redis_reply const& fields, std::string_view name) {
    for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2)
        if (fields.items[i].text == name) return fields.items[i + 1].text;
    return {};
}

}  // namespace

row_leases::row_leases(queue_link& link, queue_options const& options, std::string worker, std::string identity)
    : link_{link},
      options_{options},
      worker_{std::move(worker)},
      identity_{std::move(identity)},
      outbox_{link, options.retry_interval},
      there_since_{now(link.executor())} {}

asio::awaitable<result<void>> row_leases::join() {
    std::vector<std::string> arguments{worker_};
    auto const reply = co_await link_.run(join_script, std::move(arguments));
    if (!reply) co_return reply.error();
    co_return result<void>{};
}

asio::awaitable<result<rows_taken>> row_leases::take(std::size_t count) {
    if (may_take_over()) {
        next_take_over_ = now(link_.executor()) + take_over_interval(options_);
        auto rows = co_await take_over(count);
        if (!rows) co_return std::move(rows).error();
        if (!rows->empty()) co_return rows_taken{.rows = *std::move(rows)};
    }
    auto taken = co_await read_new(count);
    bool const away = !taken;
    if (!away && std::exchange(is_away_, false)) there_since_ = now(link_.executor());
    is_away_ = away;
    co_return taken;
}

/// Who was away while the server was may come back a moment later than this one.
bool row_leases::may_take_over() const {
    auto const time = now(link_.executor());
    bool const is_settled =
        !is_away_ && time - there_since_ >= std::min<clock::duration>(options_.lease / 2, std::chrono::seconds{30});
    return is_settled && time >= next_take_over_;
}

asio::awaitable<result<std::vector<leased_row>>> row_leases::take_over(std::size_t count) {
    std::vector<std::string> arguments{worker_,
                                       std::to_string(options_.lease.count()),
                                       std::to_string(count),
                                       std::to_string(options_.max_deliveries),
                                       cursor_,
                                       result_text(poison(options_.max_deliveries))};
    auto const reply = co_await link_.run(take_over_script, std::move(arguments));
    if (!reply) co_return reply.error();
    std::vector<leased_row> rows;
    if (reply->items.size() != 2) co_return rows;
    cursor_ = reply->items[0].text;
    std::vector<std::string> foreign;
    for (auto const& row : reply->items[1].items)
        if (text_at(row, 3) == identity_)
            lease(rows, text_at(row, 0), text_at(row, 1), text_at(row, 2));
        else
            foreign.push_back(text_at(row, 0));
    taken_over_ += rows.size();
    release(foreign);
    co_return rows;
}

asio::awaitable<result<rows_taken>> row_leases::read_new(std::size_t count) {
    auto const& prefix = link_.prefix();
    auto const job = prefix + "job";
    auto const work = prefix + "work";
    auto const most = std::to_string(count);
    std::string bytes;
    cache::detail::append_command(bytes, {"HMGET", job, "identity", "state"});
    cache::detail::append_command(
        bytes, {"XREADGROUP", "GROUP", "workers", worker_, "COUNT", most, "BLOCK", wait_ms, "STREAMS", work, ">"});
    auto const replies = co_await link_.wait_for(std::move(bytes), 2);
    if (!replies) co_return replies.error();
    auto const found = check((*replies)[1]);
    bool const has_gone =
        !found && (found.error().service_code == "NOGROUP" || found.error().service_code == "UNBLOCKED");
    if (!has_gone) co_return taken_of(*replies);
    // The job was finished or purged, which its state tells; or Redis has lost it, and it is begun anew.
    std::vector<std::string> arguments{worker_};
    if (auto const joined = co_await link_.run(join_script, std::move(arguments)); !joined) co_return joined.error();
    co_await sleep_for(milliseconds{100});
    rows_taken nothing{.is_over = text_at((*replies)[0], 0) != identity_ || text_at((*replies)[0], 1) != "open"};
    co_return nothing;
}

result<rows_taken> row_leases::taken_of(std::vector<redis_reply> const& replies) {
    if (auto good = check(replies[0]); !good) return std::move(good).error();
    rows_taken taken{.is_over = text_at(replies[0], 0) != identity_ || text_at(replies[0], 1) != "open"};
    if (taken.is_over) return taken;
    if (auto good = check(replies[1]); !good) return std::move(good).error();
    std::vector<std::string> foreign;
    if (!replies[1].items.empty())
        for (auto const& entry : replies[1].items[0].items[1].items) {
            auto const& fields = entry.items[1];
            if (field_of(fields, "j") == identity_)
                lease(taken.rows, text_at(entry, 0), field_of(fields, "k"), field_of(fields, "p"));
            else
                foreign.push_back(text_at(entry, 0));
        }
    release(foreign);
    return taken;
}

leased_row& row_leases::lease(std::vector<leased_row>& rows, std::string entry, std::string key, std::string payload) {
    held_.insert(entry);
    return rows.emplace_back(
        leased_row{.index = count_++, .key = std::move(key), .entry = std::move(entry), .payload = std::move(payload)});
}

void row_leases::store(leased_row const& row, row_outcome const& outcome) {
    std::vector<std::string> arguments{row.entry, row.key, result_text(outcome), outcome ? "ok" : "failed", worker_};
    outbox_.add(store_script, std::move(arguments), [this, entry = row.entry](result<redis_reply> const& reply) {
        held_.erase(entry);
        if (!reply || reply->integer == 0) ++repeated_;
    });
}

void row_leases::release(std::vector<std::string> const& entries) {
    if (entries.empty()) return;
    std::vector<std::string> arguments{worker_};
    arguments.insert(arguments.end(), entries.begin(), entries.end());
    for (auto const& entry : entries) held_.erase(entry);
    outbox_.add(release_script, std::move(arguments));
}

asio::awaitable<void> row_leases::keep() {
    for (;;) {
        bool is_kept = true;
        if (!held_.empty()) {
            std::vector<std::string> arguments{worker_};
            arguments.insert(arguments.end(), held_.begin(), held_.end());
            auto const kept = co_await link_.run(extend_script, std::move(arguments));
            is_kept = kept.has_value();
        }
        co_await sleep_for(is_kept ? clock::duration{options_.lease / 3} : clock::duration{options_.retry_interval});
    }
}

asio::awaitable<void> row_leases::leave(std::optional<error> why, milliseconds within) {
    co_await outbox_.drained(now(link_.executor()) + within);
    std::vector<std::string> arguments{worker_, why ? result_text(*why) : std::string{}};
    (void)co_await link_.run(leave_script, std::move(arguments));
    held_.clear();
}

}  // namespace coax::fleet::detail
