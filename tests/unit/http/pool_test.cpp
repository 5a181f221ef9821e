#include "http/pool.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <sstream>

namespace coax::http::detail {
namespace {

using test_pool = pool<int>;
using verdict = test_pool::verdict;
using namespace std::chrono_literals;

/// Plays moves like "a+" (a request to host a) and writes down what the pool decided. Moves:
///   a+  request      a-  its oldest busy connection comes back      a!  one of its busy connections is lost
///   a^  request that opens a connection (by `enqueue_opening`)      a.  the oldest of these has opened it
///   a~  the last of its waiters gives up      t  a minute passes      s  old idle connections are swept      x  close
/// Answers: N reuse of connection N, N* a new one, . waits, F full; "b:N" a waiter of b was granted.
class player {
public:
    explicit player(http_options limits) : limits_{limits}, pool_{limits_} {}

    std::string play(std::string const& moves) {
        std::istringstream in{moves};
        std::string all;
        for (std::string move; in >> move;) {
            if (!all.empty()) all += ' ';
            all += make(move);
        }
        return all;
    }

    [[nodiscard]] test_pool const& pool() const { return pool_; }

private:
    struct busy {
        test_pool::host* at;
        test_pool::pooled connection;
    };

    std::string make(std::string const& move) {
        if (move == "t") return now_ += 1min, "t";
        if (move == "s") return pool_.sweep(now_), "s";
        if (move == "x") return "x" + std::to_string(pool_.close().size());
        std::string const host = move.substr(0, 1);
        switch (move[1]) {
            case '+': return request(host);
            case '^': return open(host);
            case '.': return opened(host);
            case '-': return finish(host, true);
            case '!': return finish(host, false);
            default: {
                for (auto it = waiting_.rbegin(); it != waiting_.rend(); ++it)
                    if (it->queued() && it->at->to.host == host) return pool_.leave(*it), "~";
                return "?";
            }
        }
    }

    std::string request(std::string const& host) {
        auto found = pool_.acquire({true, host, 443}, now_);
        switch (found.what) {
            case verdict::full: return "F";
            case verdict::wait: pool_.enqueue(*found.at, waiting_.emplace_back()); return ".";
            default: return hold(*found.at, std::move(found.reuse));
        }
    }

    std::string open(std::string const& host) {
        auto found = pool_.acquire({true, host, 443}, now_);
        if (found.what != verdict::open) return "?";
        pool_.enqueue_opening(*found.at, opening_.emplace_back());
        return "^";
    }

    std::string opened(std::string const& host) {
        auto& one = opening_.front();
        test_pool::pooled made{.connection = std::make_unique<int>(++made_), .opened = now_};
        auto& at = *one.at;
        bool const served = one.granted;
        pool_.leave(one);
        opening_.pop_front();
        if (served) return told(pool_.give_back(at, std::move(made), now_));
        busy_[host].push_back({&at, std::move(made)});
        return std::to_string(made_) + "*";
    }

    std::string hold(test_pool::host& at, test_pool::pooled found) {
        bool const fresh = found.connection == nullptr;
        if (fresh) found = {.connection = std::make_unique<int>(++made_), .opened = now_};
        std::string const text = std::to_string(*found.connection) + (fresh ? "*" : "");
        busy_[at.to.host].push_back({&at, std::move(found)});
        return text;
    }

    std::string finish(std::string const& host, bool fit) {
        auto mine = std::move(busy_[host].front());
        busy_[host].pop_front();
        auto* granted = fit ? pool_.give_back(*mine.at, std::move(mine.connection), now_) : pool_.discard(*mine.at);
        return told(granted);
    }

    std::string told(test_pool::waiter* granted) {
        if (granted == nullptr) return "_";
        EXPECT_TRUE(granted->granted);
        return granted->at->to.host + ":" + hold(*granted->at, std::move(granted->reuse));
    }

    http_options limits_;
    test_pool pool_;
    std::map<std::string, std::deque<busy>> busy_;
    std::deque<test_pool::waiter> waiting_;
    std::deque<test_pool::waiter> opening_;
    clock::time_point now_{24h};
    int made_{0};
};

struct pool_case {
    char const* name;
    char const* moves;
    char const* decided;
    std::size_t open;
    std::size_t idle;
    std::size_t waiting;
    http_options limits{.max_connections_per_host = 2, .max_connections = 3, .max_waiting = 2};
};
void PrintTo(pool_case const& row, std::ostream* out) { *out << row.name; }
class Pool : public testing::TestWithParam<pool_case> {};

TEST_P(Pool, FollowsTheTable) {
    player game{GetParam().limits};
    EXPECT_EQ(game.play(GetParam().moves), GetParam().decided);
    EXPECT_EQ(game.pool().open(), GetParam().open);
    EXPECT_EQ(game.pool().idle(), GetParam().idle);
    EXPECT_EQ(game.pool().waiting(), GetParam().waiting);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Pool,
    testing::Values(pool_case{"opens_then_reuses", "a+ a- a+ a-", "1* _ 1 _", 1, 1, 0},
                    pool_case{"lost_ones_are_not_reused", "a+ a! a+", "1* _ 2*", 1, 0, 0},
                    pool_case{"last_in_first_out", "a+ a+ a- a- a+", "1* 2* _ _ 2", 2, 1, 0},
                    pool_case{"hosts_share_nothing", "a+ a- b+", "1* _ 2*", 2, 1, 0},
                    pool_case{"bound_of_a_host", "a+ a+ a+", "1* 2* .", 2, 0, 1},
                    pool_case{"bound_of_all", "a+ a+ b+ b+", "1* 2* 3* .", 3, 0, 1},
                    pool_case{"full_queue", "a+ a+ a+ a+ a+", "1* 2* . . F", 2, 0, 2},
                    pool_case{"idle_of_another_host_makes_room", "a+ a+ a- a- b+ b+", "1* 2* _ _ 3* 4*", 3, 1, 0},
                    pool_case{"the_longest_idle_goes", "a+ a+ a- a- b+ b+ a+", "1* 2* _ _ 3* 4* 2", 3, 0, 0},
                    pool_case{"waiter_gets_the_connection", "a+ a+ a+ a-", "1* 2* . a:1", 2, 0, 0},
                    pool_case{"waiter_gets_the_slot", "a+ a+ a+ a!", "1* 2* . a:3*", 2, 0, 0},
                    pool_case{"first_come_first_served", "a+ a+ b+ b+ a+ a- a-", "1* 2* 3* . . b:4* a:2", 3, 0, 0},
                    pool_case{"own_host_when_it_waited_longer", "a+ a+ b+ a+ b+ a-", "1* 2* 3* . . a:1", 3, 0, 1},
                    pool_case{"a_host_at_its_bound_blocks_no_other", "a+ a+ a+ b+ b+ b- a-", "1* 2* . 3* . b:3 a:1", 3,
                              0, 0},
                    pool_case{"newcomers_do_not_overtake", "a+ a+ a+ a- a+", "1* 2* . a:1 .", 2, 0, 1},
                    pool_case{"giving_up", "a+ a+ a+ a~ a-", "1* 2* . ~ _", 2, 1, 0},
                    pool_case{"the_last_record_of_a_host_goes", "a+ a! b+ b+ a+", "1* _ 2* 3* 4*", 3, 0, 0},
                    pool_case{"idle_too_long", "a+ a- t a+", "1* _ t 2*", 1, 0, 0},
                    pool_case{"swept", "a+ a- t s", "1* _ t s", 0, 0, 0},
                    pool_case{"sweeping_spares_the_young", "a+ a+ a- t a- s", "1* 2* _ t _ s", 1, 1, 0},
                    pool_case{"alive_too_long", "a+ t a- a+", "1* t _ 2*", 1, 0, 0, {.life_time = 30s}},
                    pool_case{"alive_too_long_gives_its_slot",
                              "a+ a+ t a-",
                              "1* . t a:2*",
                              1,
                              0,
                              0,
                              {.max_connections = 1, .life_time = 30s}},
                    pool_case{"no_limit_of_life", "a+ t a- a+", "1* t _ 1", 1, 0, 0, {.life_time = 0s}},
                    pool_case{"who_opens_takes_one_that_comes_free", "a+ a^ a-", "1* ^ a:1", 2, 0, 0},
                    pool_case{"and_its_own_one_joins_the_pool", "a+ a^ a- a.", "1* ^ a:1 _", 2, 1, 0},
                    pool_case{"or_serves_the_next_in_line", "a+ a^ a+ a- a.", "1* ^ . a:1 a:2", 2, 0, 0},
                    pool_case{"who_opens_has_its_own_when_none_comes", "a+ a^ a. a-", "1* ^ 2* _", 2, 1, 0},
                    pool_case{"a_lost_one_serves_nobody_who_opens", "a+ a^ a! a.", "1* ^ _ 2*", 1, 0, 0},
                    pool_case{"closing", "a+ a+ a- b+ b+ b+ x b- a-", "1* 2* _ 3* 4* . x1 _ _", 1, 0, 0}),
    [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace coax::http::detail
