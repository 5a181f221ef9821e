#pragma once

#include <coax/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>

namespace coax::cache::detail {

/// One connection to a database file. For one thread at a time.
class sqlite_database {
public:
    /// Errors: `errc::io_failed`; `where` is the path.
    [[nodiscard]] static result<std::unique_ptr<sqlite_database>> open(std::string name,
                                                                       std::chrono::milliseconds busy_timeout);
    sqlite_database(sqlite_database const&) = delete;
    sqlite_database& operator=(sqlite_database const&) = delete;
    ~sqlite_database() = default;

    /// Runs statements that return nothing.
    [[nodiscard]] result<void> run(char const* statements);
    /// The first column of a statement's first row; 0: there is none.
    [[nodiscard]] result<std::int64_t> number(char const* statement);
    /// `run` in one transaction: all of `work` or nothing.
    template <class Work>
    [[nodiscard]] result<void> in_transaction(Work const& work) {
        if (auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
        auto done = work();
        if (done) done = run("COMMIT");
        if (!done) (void)run("ROLLBACK");
        return done;
    }

    [[nodiscard]] error last_error() const;
    [[nodiscard]] bool is_busy() const noexcept { return sqlite3_errcode(handle_.get()) == SQLITE_BUSY; }
    [[nodiscard]] sqlite3* native() const noexcept { return handle_.get(); }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

private:
    struct close {
        void operator()(sqlite3* one) const noexcept { sqlite3_close_v2(one); }
    };

    sqlite_database(sqlite3* handle, std::string name) : handle_{handle}, path_{std::move(name)} {}

    std::unique_ptr<sqlite3, close> handle_;
    std::string path_;
};

/// A prepared statement. What is bound must live until it was stepped to the end or reset. Lifetime: its database must
/// outlive it.
class sqlite_statement {
public:
    [[nodiscard]] static result<sqlite_statement> prepare(sqlite_database const& of, std::string_view text);

    sqlite_statement& bind(int index, std::int64_t value) noexcept;
    sqlite_statement& bind_text(int index, std::string_view text) noexcept;
    sqlite_statement& bind_blob(int index, std::string_view bytes) noexcept;

    /// @returns Whether there is a row.
    [[nodiscard]] result<bool> step();
    /// Steps once, and is ready to be bound again.
    [[nodiscard]] result<void> run();
    void reset() noexcept;

    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] std::string blob(int column) const;

private:
    struct finalize {
        void operator()(sqlite3_stmt* one) const noexcept { sqlite3_finalize(one); }
    };

    sqlite_statement(sqlite_database const& of, sqlite3_stmt* handle) : of_{&of}, handle_{handle} {}

    sqlite_database const* of_;
    std::unique_ptr<sqlite3_stmt, finalize> handle_;
};

}  // namespace coax::cache::detail
