#pragma once

#include <coax/cache/cache_store.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace coax::test {

/// What a cache that never runs out of room must have of one owner's keys, after operations chosen at random. Owners
/// that work at once on one store do not see each other.
class store_model {
public:
    store_model(std::shared_ptr<cache_store> store, std::string owner, std::uint64_t seed)
        : store_{std::move(store)}, owner_{std::move(owner)}, random_{seed} {}

    asio::awaitable<void> run(int operations) {
        for (int i = 0; i < operations && !testing::Test::HasFailure(); ++i) co_await step();
    }

    /// Drops all of the owner's entries, which must be those of the model.
    asio::awaitable<void> finish() {
        auto const dropped = co_await store_->invalidate_by_tags({owner_});
        EXPECT_TRUE(dropped);
        if (dropped) EXPECT_EQ(*dropped, entries_.size()) << owner_;
        entries_.clear();
    }

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct kept {
        std::string value;
        std::set<std::string> tags;
    };

    asio::awaitable<void> step() {
        auto const dice = pick(100);
        auto key = owner_ + "/" + std::to_string(pick(40));
        if (dice < 55) return look_up(std::move(key));
        if (dice < 90) return put(std::move(key));
        if (dice < 97) return erase(std::move(key));
        return invalidate(tag());
    }

    asio::awaitable<void> look_up(std::string key) {
        auto const found = co_await store_->get(key, {});
        EXPECT_TRUE(found) << (found ? error{} : found.error());
        if (!found) co_return;
        auto const wanted = entries_.find(key);
        EXPECT_EQ(found->has_value(), wanted != entries_.end()) << key;
        if (*found && wanted != entries_.end()) EXPECT_EQ((*found)->value, wanted->second.value) << key;
    }

    asio::awaitable<void> put(std::string key) {
        std::string value(pick(400), static_cast<char>(pick(256)));
        value += key;
        std::set<std::string> tags{owner_};
        for (auto left = pick(3); left > 0; --left) tags.insert(tag());
        auto const done =
            co_await store_->put(key, {.value = value, .tags = std::vector<std::string>(tags.begin(), tags.end())});
        EXPECT_TRUE(done) << (done ? error{} : done.error());
        entries_[key] = {.value = std::move(value), .tags = std::move(tags)};
    }

    asio::awaitable<void> erase(std::string key) {
        auto const erased = co_await store_->erase(key);
        EXPECT_TRUE(erased);
        if (erased) EXPECT_EQ(*erased, entries_.erase(key) > 0) << key;
    }

    asio::awaitable<void> invalidate(std::string which) {
        auto const dropped = co_await store_->invalidate_by_tags({which});
        EXPECT_TRUE(dropped);
        auto const wanted = std::erase_if(entries_, [&](auto const& one) { return one.second.tags.contains(which); });
        if (dropped) EXPECT_EQ(*dropped, wanted) << which;
    }

    std::string tag() { return owner_ + "#" + std::to_string(pick(5)); }
    std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_); }

    std::shared_ptr<cache_store> store_;
    std::string owner_;
    std::mt19937_64 random_;
    std::map<std::string, kept> entries_{};
};

}  // namespace coax::test
