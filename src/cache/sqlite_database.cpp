#include "cache/sqlite_database.hpp"

#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coax::cache::detail {
namespace {

/// Makes the file, for its owner alone, where there is none. What is wrong SQLite says.
void make_private_file(std::string const& path) {
    int const made = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made >= 0) ::close(made);
}

}  // namespace

result<std::unique_ptr<sqlite_database>> sqlite_database::open(std::string name,
                                                               std::chrono::milliseconds busy_timeout) {
    make_private_file(name);
    sqlite3* handle = nullptr;
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int const status = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
    std::unique_ptr<sqlite_database> opened{new sqlite_database{handle, std::move(name)}};
    if (status != SQLITE_OK) return opened->last_error();
    sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
    return opened;
}

result<void> sqlite_database::run(char const* statements) {
    if (sqlite3_exec(handle_.get(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) return last_error();
    return {};
}

result<std::int64_t> sqlite_database::number(char const* statement) {
    auto one = sqlite_statement::prepare(*this, statement);
    if (!one) return std::move(one).error();
    auto const row = one->step();
    if (!row) return row.error();
    return *row ? one->integer(0) : 0;
}

error sqlite_database::last_error() const {
    auto const* const words = handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory";
    return {.code = errc::io_failed, .message = std::string{"the cache file: "} + words, .where = path_};
}

result<sqlite_statement> sqlite_statement::prepare(sqlite_database const& of, std::string_view text) {
    sqlite3_stmt* handle = nullptr;
    int const status = sqlite3_prepare_v3(of.native(), text.data(), static_cast<int>(text.size()),
                                          SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (status != SQLITE_OK) return of.last_error();
    return sqlite_statement{of, handle};
}

sqlite_statement& sqlite_statement::bind(int index, std::int64_t value) noexcept {
    sqlite3_bind_int64(handle_.get(), index, value);
    return *this;
}

sqlite_statement& sqlite_statement::bind_text(int index, std::string_view text) noexcept {
    sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

sqlite_statement& sqlite_statement::bind_blob(int index, std::string_view bytes) noexcept {
    if (bytes.empty())
        sqlite3_bind_zeroblob(handle_.get(), index, 0);
    else
        sqlite3_bind_blob64(handle_.get(), index, bytes.data(), bytes.size(), SQLITE_STATIC);
    return *this;
}

result<bool> sqlite_statement::step() {
    switch (sqlite3_step(handle_.get())) {
        case SQLITE_ROW: return true;
        case SQLITE_DONE: return false;
        default: break;
    }
    auto why = of_->last_error();
    reset();
    return why;
}

result<void> sqlite_statement::run() {
    auto const row = step();
    reset();
    if (!row) return row.error();
    return {};
}

void sqlite_statement::reset() noexcept {
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
}

std::int64_t sqlite_statement::integer(int column) const noexcept {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string sqlite_statement::blob(int column) const {
    auto const* const bytes = static_cast<char const*>(sqlite3_column_blob(handle_.get(), column));
    auto const size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return bytes == nullptr ? std::string{} : std::string{bytes, size};
}

}  // namespace coax::cache::detail
