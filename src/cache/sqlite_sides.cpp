#include "cache/sqlite_sides.hpp"

namespace coax::cache::detail {
namespace {

result<void> prepare_into(std::optional<sqlite_statement>& place, sqlite_database const& file, std::string_view text) {
    auto made = sqlite_statement::prepare(file, text);
    if (!made) return std::move(made).error();
    place.emplace(*std::move(made));
    return {};
}

struct wanted_statement {
    std::optional<sqlite_statement>* place;
    std::string_view text;
};

result<void> prepare_all(sqlite_database const& file, std::initializer_list<wanted_statement> all) {
    for (auto const& [place, text] : all)
        if (auto made = prepare_into(*place, file, text); !made) return made;
    return {};
}

/// Makes a statement ready for the next use, however this one ends.
struct reset_at_end {
    explicit reset_at_end(sqlite_statement& used) : one{used} {}
    reset_at_end(reset_at_end const&) = delete;
    reset_at_end& operator=(reset_at_end const&) = delete;
    ~reset_at_end() { one.reset(); }

    sqlite_statement& one;
};

std::uint64_t stored_bytes(std::string const& key, cache_entry const& entry) {
    auto bytes = key.size() + entry.value.size();
    for (auto const& tag : entry.tags) bytes += tag.size();
    return bytes;
}

}  // namespace

result<void> sqlite_reader::prepare() {
    return prepare_all(*file_, {{&find_, "SELECT id, ends, stored, value FROM entries WHERE key = ?1"},
                                {&totals_, "SELECT entries, bytes FROM totals"}});
}

result<std::optional<sqlite_reader::found>> sqlite_reader::find(std::string const& key) {
    reset_at_end const at_end{*find_};
    auto const row = find_->bind_text(1, key).step();
    if (!row) return row.error();
    if (!*row) return std::optional<found>{};
    return std::optional{found{.id = find_->integer(0),
                               .ends = find_->integer(1),
                               .value = {.value = find_->blob(3), .stored_at = from_milliseconds(find_->integer(2))}}};
}

result<cache_statistics> sqlite_reader::totals() {
    reset_at_end const at_end{*totals_};
    auto const row = totals_->step();
    if (!row) return row.error();
    return cache_statistics{.entries = static_cast<std::uint64_t>(totals_->integer(0)),
                            .bytes = static_cast<std::uint64_t>(totals_->integer(1))};
}

result<void> sqlite_writer::prepare() {
    return prepare_all(
        *file_,
        {{&erase_, "DELETE FROM entries WHERE key = ?1"},
         {&insert_, "INSERT INTO entries(key, value, bytes, stored, ends, used) VALUES(?1, ?2, ?3, ?4, ?5, ?4)"},
         {&tag_, "INSERT INTO tags(tag, entry) VALUES(?1, ?2)"},
         {&use_, "UPDATE entries SET used = max(used, ?2) WHERE id = ?1"},
         {&bytes_, "SELECT bytes FROM totals"},
         {&drop_oldest_, "DELETE FROM entries WHERE id = (SELECT id FROM entries ORDER BY used, id LIMIT 1)"},
         {&drop_ended_, "DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE ends <= ?1 LIMIT 64)"},
         {&drop_tagged_, "DELETE FROM entries WHERE id IN (SELECT entry FROM tags WHERE tag = ?1)"}});
}

result<std::uint64_t> sqlite_writer::put(std::string const& key, cache_entry const& entry, std::int64_t now,
                                         use_times const& used) {
    if (auto const bytes = stored_bytes(key, entry); bytes > max_bytes_)
        return error{.code = errc::too_large,
                     .message = "an entry of " + std::to_string(bytes) + " bytes is larger than the cache, " +
                                std::to_string(max_bytes_) + " bytes (max_bytes)"};
    result<std::uint64_t> dropped{0U};
    auto done = file_->in_transaction([&]() -> result<void> {
        if (auto set = set_used(used); !set) return set;
        if (auto added = add(key, entry, now); !added) return added;
        if (auto ended = drop_ended(now); !ended) return ended;
        auto const ended_count = changed();
        dropped = make_room();
        if (!dropped) return dropped.error();
        *dropped += ended_count;
        return {};
    });
    if (!done) return std::move(done).error();
    return dropped;
}

result<void> sqlite_writer::add(std::string const& key, cache_entry const& entry, std::int64_t now) {
    if (auto erased = erase_->bind_text(1, key).run(); !erased) return erased;
    insert_->bind_text(1, key).bind_blob(2, entry.value).bind(3, static_cast<std::int64_t>(stored_bytes(key, entry)));
    if (auto added = insert_->bind(4, now).bind(5, end_of_life(now, entry.ttl)).run(); !added) return added;
    auto const id = sqlite3_last_insert_rowid(file_->native());
    for (auto const& tag : entry.tags)
        if (auto tagged = tag_->bind_text(1, tag).bind(2, id).run(); !tagged) return tagged;
    return {};
}

/// Some of those whose time is over: the others with the next entries.
result<void> sqlite_writer::drop_ended(std::int64_t now) { return drop_ended_->bind(1, now).run(); }

result<std::uint64_t> sqlite_writer::make_room() {
    for (std::uint64_t dropped = 0;; ++dropped) {
        auto const row = bytes_->step();
        auto const bytes = row && *row ? bytes_->integer(0) : 0;
        bytes_->reset();
        if (!row) return row.error();
        if (static_cast<std::uint64_t>(bytes) <= max_bytes_) return dropped;
        if (auto done = drop_oldest_->run(); !done) return std::move(done).error();
    }
}

result<void> sqlite_writer::set_used(use_times const& used) {
    for (auto const& [id, when] : used)
        if (auto set = use_->bind(1, id).bind(2, when).run(); !set) return set;
    return {};
}

result<void> sqlite_writer::touch(use_times const& used) {
    return file_->in_transaction([&] { return set_used(used); });
}

result<std::uint64_t> sqlite_writer::erase(std::string const& key) {
    if (auto erased = erase_->bind_text(1, key).run(); !erased) return std::move(erased).error();
    return changed();
}

result<std::uint64_t> sqlite_writer::invalidate(std::vector<std::string> const& tags) {
    std::uint64_t dropped = 0;
    auto done = file_->in_transaction([&]() -> result<void> {
        for (auto const& tag : tags) {
            if (auto erased = drop_tagged_->bind_text(1, tag).run(); !erased) return erased;
            dropped += changed();
        }
        return {};
    });
    if (!done) return std::move(done).error();
    return dropped;
}

result<void> sqlite_writer::clear() {
    auto done = file_->in_transaction([&] { return file_->run("DELETE FROM entries"); });
    if (done) (void)file_->run("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)");
    return done;
}

}  // namespace coax::cache::detail
