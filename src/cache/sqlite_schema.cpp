#include "cache/sqlite_schema.hpp"

#include <thread>

namespace coax::cache::detail {
namespace {

constexpr std::int64_t application_id = 0x636F6178;  // "coax"
constexpr std::int64_t schema_version = 1;

/// `used` orders by last use. The totals are kept by triggers, so that no one has to count.
constexpr char create_tables[] = R"(
CREATE TABLE entries(
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    value BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    used INTEGER NOT NULL);
CREATE INDEX entries_used ON entries(used);
CREATE INDEX entries_ends ON entries(ends);
CREATE TABLE tags(tag TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(tag, entry)) WITHOUT ROWID;
CREATE INDEX tags_entry ON tags(entry);
CREATE TABLE totals(entries INTEGER NOT NULL, bytes INTEGER NOT NULL);
INSERT INTO totals VALUES(0, 0);
CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
    UPDATE totals SET entries = entries + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER entry_dropped AFTER DELETE ON entries BEGIN
    UPDATE totals SET entries = entries - 1, bytes = bytes - OLD.bytes;
    DELETE FROM tags WHERE entry = OLD.id;
END;
PRAGMA application_id = 1668243832;
PRAGMA user_version = 1;
)";

static_assert(application_id == 1'668'243'832 && schema_version == 1);

error foreign(sqlite_database const& file, std::string message) {
    return {.code = errc::io_failed, .message = std::move(message), .where = file.path()};
}

/// Whether the file has the tables: it may have nothing yet.
result<bool> has_tables(sqlite_database& file) {
    auto const id = file.number("PRAGMA application_id");
    if (!id) return id.error();
    auto const version = file.number("PRAGMA user_version");
    if (!version) return version.error();
    auto const tables = file.number("SELECT count(*) FROM sqlite_master");
    if (!tables) return tables.error();
    if (*id == 0 && *tables == 0) return false;
    if (*id != application_id) return foreign(file, "the file is a database, but no cache of coax: name another one");
    if (*version != schema_version)
        return foreign(file, "the cache file has version " + std::to_string(*version) + ", this coax knows " +
                                 std::to_string(schema_version) + ": name another one, or delete it");
    return true;
}

/// Two processes may begin at once: what one does, the other waits for.
result<void> use_write_ahead_log(sqlite_database& file, std::chrono::milliseconds busy_timeout) {
    using namespace std::chrono_literals;
    auto const until = std::chrono::steady_clock::now() + busy_timeout;
    for (;;) {
        auto set = file.run("PRAGMA journal_mode = WAL");
        if (set || !file.is_busy() || std::chrono::steady_clock::now() >= until) return set;
        std::this_thread::sleep_for(1ms);
    }
}

result<void> create(sqlite_database& file) {
    return file.in_transaction([&]() -> result<void> {
        auto const there = has_tables(file);
        if (!there) return there.error();
        return *there ? result<void>{} : file.run(create_tables);
    });
}

}  // namespace

result<std::unique_ptr<sqlite_database>> open_cache_file(std::string const& path,
                                                         std::chrono::milliseconds busy_timeout) {
    auto file = sqlite_database::open(path, busy_timeout);
    if (!file) return file;
    auto const there = has_tables(**file);
    if (!there) return there.error();
    if (auto set = *there ? result<void>{} : (*file)->run("PRAGMA auto_vacuum = INCREMENTAL"); !set) return set.error();
    if (auto set = use_write_ahead_log(**file, busy_timeout); !set) return set.error();
    if (auto set = (*file)->run("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192"); !set) return set.error();
    if (auto created = *there ? result<void>{} : create(**file); !created) return created.error();
    return file;
}

}  // namespace coax::cache::detail
