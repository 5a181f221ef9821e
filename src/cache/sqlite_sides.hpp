#pragma once

#include "cache/entry_check.hpp"
#include "cache/sqlite_database.hpp"

#include <coax/cache/cache_store.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace coax::cache::detail {

/// When entries were used last, by their numbers in the file.
using use_times = std::unordered_map<std::int64_t, std::int64_t>;

/// The connection that reads. It waits for no writer. For one thread at a time.
class sqlite_reader {
public:
    struct found {
        std::int64_t id{0};
        std::int64_t ends{0};
        cached_value value{};
    };

    explicit sqlite_reader(std::unique_ptr<sqlite_database> file) : file_{std::move(file)} {}

    /// Prepares the statements.
    [[nodiscard]] result<void> prepare();
    [[nodiscard]] result<std::optional<found>> find(std::string const& key);
    [[nodiscard]] result<cache_statistics> totals();

private:
    std::unique_ptr<sqlite_database> file_;
    std::optional<sqlite_statement> find_{};
    std::optional<sqlite_statement> totals_{};
};

/// The connection that writes, each time all or nothing. It may wait for another process. For one thread at a time.
class sqlite_writer {
public:
    sqlite_writer(std::unique_ptr<sqlite_database> file, std::uint64_t max_bytes)
        : file_{std::move(file)}, max_bytes_{max_bytes} {}

    /// Prepares the statements.
    [[nodiscard]] result<void> prepare();
    /// @returns How many entries it took to make room.
    [[nodiscard]] result<std::uint64_t> put(std::string const& key, cache_entry const& entry, std::int64_t now,
                                            use_times const& used);
    [[nodiscard]] result<void> touch(use_times const& used);
    [[nodiscard]] result<std::uint64_t> erase(std::string const& key);
    [[nodiscard]] result<std::uint64_t> invalidate(std::vector<std::string> const& tags);
    [[nodiscard]] result<void> clear();

private:
    result<void> add(std::string const& key, cache_entry const& entry, std::int64_t now);
    result<void> drop_ended(std::int64_t now);
    result<std::uint64_t> make_room();
    result<void> set_used(use_times const& used);

    [[nodiscard]] std::uint64_t changed() const noexcept {
        return static_cast<std::uint64_t>(sqlite3_changes64(file_->native()));
    }

    std::unique_ptr<sqlite_database> file_;
    std::uint64_t max_bytes_;
    std::optional<sqlite_statement> erase_{};
    std::optional<sqlite_statement> insert_{};
    std::optional<sqlite_statement> tag_{};
    std::optional<sqlite_statement> use_{};
    std::optional<sqlite_statement> bytes_{};
    std::optional<sqlite_statement> drop_oldest_{};
    std::optional<sqlite_statement> drop_ended_{};
    std::optional<sqlite_statement> drop_tagged_{};
};

}  // namespace coax::cache::detail
