#include "batch/internal/file.hpp"
#include "batch/line_reader.hpp"
#include "batch/record_text.hpp"

#include <coax/batch/jsonl_writer.hpp>
#include <coax/bind/read.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace coax {

namespace {

constexpr std::size_t largest_output_line = std::size_t{1} << 30U;
constexpr std::uint64_t most_records = 1'000'000'000;

/// The part of a line that resuming needs.
struct line_head {
    std::uint64_t index{0};
    json_value key{};
    std::string status{};
    std::optional<std::string> origin{};
};

result<void> lock_file(detail::file_handle const& file, std::string const& path) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK)
        return error{.code = errc::io_failed, .message = "another batch is writing it", .where = path};
    return detail::file_error("cannot lock", path, errno);
}

result<line_head> read_head(std::string const& line, std::string const& where) {
    auto head = json::read<line_head>(line, {.check_utf8 = false});
    if (head && head->index < most_records && (head->status == "ok" || head->status == "error")) return head;
    return error{.code = errc::invalid_json, .message = "not a line of a batch's output", .where = where};
}

/// The lines of an output file, one by one.
class output_reader {
public:
    [[nodiscard]] static result<output_reader> open(std::string const& path) {
        auto lines = detail::line_reader::open(path, largest_output_line);
        if (!lines) return lines.error();
        return output_reader{std::move(*lines)};
    }
    /// Reads the next line. False: at the end, where a line without its newline is torn and does not count.
    [[nodiscard]] result<bool> next() {
        auto const kind = lines_.next(line_);
        if (!kind) return kind.error();
        if (*kind == detail::line_kind::end || !lines_.terminated()) return false;
        auto read = read_head(line_, where());
        if (!read) return read.error();
        head_ = std::move(*read);
        bytes_ = lines_.offset();
        return true;
    }
    [[nodiscard]] std::string const& line() const noexcept { return line_; }
    [[nodiscard]] line_head const& head() const noexcept { return head_; }
    [[nodiscard]] bool failed() const noexcept { return head_.status == "error"; }
    [[nodiscard]] std::string where() const { return lines_.path() + ':' + std::to_string(lines_.line_number()); }
    /// Up to the end of the last whole line.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
    explicit output_reader(detail::line_reader lines) : lines_{std::move(lines)} {}

    detail::line_reader lines_;
    std::string line_{};
    line_head head_{};
    std::uint64_t bytes_{0};
};

/// Adds the line that was read, unless it cannot stand in the output of the batch that goes on.
result<void> add_finished(finished_records& finished, output_reader const& reader,
                          jsonl_writer_options const& options) {
    auto const& head = reader.head();
    if (finished.contains(head.index))
        return error{.code = errc::invalid_json,
                     .message = "duplicate record " + std::to_string(head.index),
                     .where = reader.where()};
    auto const origin = parse_origin(head.origin.value_or(std::string{}));
    if (auto const changed = differences(origin, options.origin); !options.mix && !changed.empty())
        return invalid_argument(reader.where(), "the output was made with " + changed +
                                                    ": go on with what it was made with, or name another output file");
    // A record's digest holds what the prompt shows of it.
    bool const same_prompt = origin.prompt == options.origin.prompt;
    finished.add(head.index, detail::record_text(head.key), reader.failed(), same_prompt ? origin.record : 0);
    return {};
}

/// Gives a file that takes another's place the same mode and, where the system allows it, the same owner.
result<void> copy_permissions(detail::file_handle const& from, detail::file_handle const& to, std::string const& path) {
    struct stat facts{};
    if (::fstat(from.get(), &facts) != 0 || ::fchmod(to.get(), facts.st_mode & 07777U) != 0)
        return detail::file_error("cannot set the mode", path, errno);
    if (::fchown(to.get(), facts.st_uid, facts.st_gid) != 0) (void)::fchown(to.get(), -1U, facts.st_gid);
    return {};
}

/// The file that a path stands for, symbolic links followed.
std::string real_path(std::string const& path) {
    std::unique_ptr<char, void (*)(void*)> const found{::realpath(path.c_str(), nullptr), std::free};
    return found ? found.get() : path;
}

}  // namespace

constexpr int open_flags = O_RDWR | O_APPEND | O_CLOEXEC;

struct jsonl_writer::state {
    std::string path{};
    detail::file_handle file{};
    bool created{false};
    bool regular{true};
    bool has_failures{false};  ///< Lines to be taken out before the first one is written.
    std::uint64_t bytes{0};
    finished_records finished{};
    finished_records dropped{};

    result<void> open();
    result<void> open_stream(int descriptor);
    result<void> resume(jsonl_writer_options const& options);
    void drop(line_head const& failed);
    result<void> take_out_failures();
    result<void> copy_without_failures(detail::file_handle const& fresh);
    result<void> replace_by(detail::file_handle fresh, std::string const& fresh_path);
};

/// Opens and locks the file, and learns its size.
result<void> jsonl_writer::state::open() {
    if (path == "-") return open_stream(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    struct stat facts{};
    // Write-only: a pipe that is open for reading as well never learns that its reader has left.
    if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode))
        return open_stream(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    file = detail::file_handle{::open(path.c_str(), open_flags | O_CREAT | O_EXCL, 0644)};
    created = file.get() >= 0;
    // Again O_CREAT: a symbolic link may point to a file that is not there yet.
    if (!created && errno == EEXIST) file = detail::file_handle{::open(path.c_str(), open_flags | O_CREAT, 0644)};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return detail::file_error("cannot write", path, errno);
    bytes = static_cast<std::uint64_t>(facts.st_size);
    return lock_file(file, path);
}

/// Takes a descriptor that may be a pipe or terminal.
result<void> jsonl_writer::state::open_stream(int descriptor) {
    regular = false;
    if (descriptor < 0) return detail::file_error("cannot write", path, errno);
    file = detail::file_handle{descriptor};
    return {};
}

/// Goes on after the last whole line.
result<void> jsonl_writer::state::resume(jsonl_writer_options const& options) {
    auto reader = output_reader::open(path);
    if (!reader) return reader.error();
    for (;;) {
        auto const more = reader->next();
        if (!more) return more.error();
        if (!*more) break;
        if (options.drop_failures && reader->failed()) {
            drop(reader->head());
            continue;
        }
        if (auto added = add_finished(finished, *reader, options); !added) return added;
    }
    bytes = reader->bytes();
    if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0)
        return detail::file_error("cannot cut the torn last line", path, errno);
    return {};
}

void jsonl_writer::state::drop(line_head const& failed) {
    has_failures = true;
    auto const key = detail::record_text(failed.key);
    if (key != std::to_string(failed.index)) dropped.add(failed.index, key, true);
}

/// Writes the lines to be kept to a new file that takes the old one's place in one step: a crash leaves one or the
/// other.
result<void> jsonl_writer::state::take_out_failures() {
    auto fresh_path = real_path(path) + ".XXXXXX";
    detail::file_handle fresh{::mkostemp(fresh_path.data(), O_APPEND | O_CLOEXEC)};
    if (fresh.get() < 0) return detail::file_error("cannot write", fresh_path, errno);
    auto copied = copy_without_failures(fresh);
    if (copied) copied = replace_by(std::move(fresh), fresh_path);
    if (!copied) ::unlink(fresh_path.c_str());
    return copied;
}

result<void> jsonl_writer::state::copy_without_failures(detail::file_handle const& fresh) {
    auto reader = output_reader::open(path);
    if (!reader) return reader.error();
    for (;;) {
        auto const more = reader->next();
        if (!more) return more.error();
        if (!*more) break;
        if (reader->failed()) continue;
        if (auto written = detail::write_all(fresh, reader->line() + '\n', path); !written) return written;
    }
    return {};
}

result<void> jsonl_writer::state::replace_by(detail::file_handle fresh, std::string const& fresh_path) {
    if (auto locked = lock_file(fresh, path); !locked) return locked;
    if (auto copied = copy_permissions(file, fresh, path); !copied) return copied;
    if (::fsync(fresh.get()) != 0 || std::rename(fresh_path.c_str(), real_path(path).c_str()) != 0)
        return detail::file_error("cannot replace", path, errno);
    file = std::move(fresh);
    bytes = static_cast<std::uint64_t>(::lseek(file.get(), 0, SEEK_END));
    has_failures = false;
    return {};
}

jsonl_writer::jsonl_writer(core::detail::opaque<state> opened) noexcept : state_{std::move(opened)} {}
jsonl_writer::jsonl_writer(jsonl_writer&&) noexcept = default;
jsonl_writer& jsonl_writer::operator=(jsonl_writer&&) noexcept = default;
jsonl_writer::~jsonl_writer() {
    if (state_) discard_if_unused();
}

result<jsonl_writer> jsonl_writer::open(std::string path, jsonl_writer_options options) {
    auto made = std::make_unique<state>();
    made->path = std::move(path);
    auto opened = made->open();
    if (!opened) return opened.error();
    if (!made->regular && options.resume)
        return invalid_argument(made->path, "no regular file: what was written there cannot be resumed");
    if (made->bytes > 0 && !options.resume)
        return error{.code = errc::io_failed,
                     .message = "the output file is not empty: resume it, or name another one",
                     .where = made->path};
    if (made->bytes > 0) opened = made->resume(options);
    if (!opened) return opened.error();
    return jsonl_writer{std::move(made)};
}

result<void> jsonl_writer::write(std::string line) {
    auto& out = *state_;
    if (out.has_failures)
        if (auto taken_out = out.take_out_failures(); !taken_out) return taken_out;
    line += '\n';
    auto written = detail::write_all(out.file, line, out.path);
    if (written) {
        out.bytes += line.size();
    } else if (out.regular && ::ftruncate(out.file.get(), static_cast<off_t>(out.bytes)) != 0) {
        auto why = std::move(written).error();
        why.message += "; its last line may be torn";
        return why;
    }
    return written;
}

result<void> jsonl_writer::close() {
    auto& out = *state_;
    if (out.file.get() < 0) return {};
    if (out.regular && ::fsync(out.file.get()) != 0) return detail::file_error("cannot write", out.path, errno);
    out.file = detail::file_handle{};
    return {};
}

finished_records const& jsonl_writer::finished() const noexcept { return state_->finished; }

finished_records const& jsonl_writer::dropped() const noexcept { return state_->dropped; }

void jsonl_writer::discard_if_unused() noexcept {
    auto& out = *state_;
    if (out.file.get() < 0 || !out.created || out.bytes > 0) return;
    ::unlink(out.path.c_str());
    out.file = detail::file_handle{};
}

}  // namespace coax
