#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace coax::sim::detail {

/// What the service keeps by id: the latest entries, within a bound of bytes and of number.
template <class Entry>
class latest_entries {
public:
    struct slot {
        std::string id{};
        Entry entry{};
        std::size_t bytes{0};
    };

    /// @param bytes  That the entry counts for. An entry of the same id is replaced.
    void put(std::string id, Entry entry, std::size_t bytes) {
        (void)remove(id);
        auto const age = next_age_++;
        ages_.emplace(id, age);
        bytes_ += bytes;
        by_age_.emplace(age, slot{std::move(id), std::move(entry), bytes});
        while (by_age_.size() > 1 && (bytes_ > most_bytes || by_age_.size() > most))
            (void)remove(std::string{by_age_.begin()->second.id});
    }

    [[nodiscard]] Entry* find(std::string_view id) noexcept {
        auto const found = ages_.find(id);
        return found == ages_.end() ? nullptr : &by_age_.find(found->second)->second.entry;
    }
    [[nodiscard]] Entry const* find(std::string_view id) const noexcept {
        auto const found = ages_.find(id);
        return found == ages_.end() ? nullptr : &by_age_.find(found->second)->second.entry;
    }

    [[nodiscard]] bool remove(std::string_view id) {
        auto const found = ages_.find(id);
        if (found == ages_.end()) return false;
        auto const kept = by_age_.find(found->second);
        bytes_ -= kept->second.bytes;
        by_age_.erase(kept);
        ages_.erase(found);
        return true;
    }

    /// Of each, by its age, the oldest first.
    [[nodiscard]] std::map<std::uint64_t, slot> const& all() const noexcept { return by_age_; }

private:
    static constexpr std::size_t most_bytes = std::size_t{64} << 20U;
    static constexpr std::size_t most = 100'000;

    std::map<std::uint64_t, slot> by_age_{};
    std::map<std::string, std::uint64_t, std::less<>> ages_{};
    std::uint64_t next_age_{0};
    std::size_t bytes_{0};
};

}  // namespace coax::sim::detail
