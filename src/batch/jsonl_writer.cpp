#include "batch/internal/file.hpp"
#include "batch/line_reader.hpp"
#include "batch/record_text.hpp"

#include <coax/batch/jsonl_writer.hpp>
#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace coax {

namespace {

constexpr std::size_t largest_line = std::size_t{1} << 30U;
constexpr std::uint64_t most_records = 1'000'000'000;

/// The part of a line that resuming needs.
struct line_head {
    std::uint64_t index{0};
    std::string key{};
    std::string status{};
};

std::uint32_t digest(std::string_view key) {
    std::uint32_t mixed = 2'166'136'261U;  // FNV-1a
    for (char const c : key) mixed = (mixed ^ static_cast<unsigned char>(c)) * 16'777'619U;
    return mixed == 0 ? 1 : mixed;
}

void write_usage(json::writer& out, usage const& used) {
    out.key("usage").begin_object();
    out.member("input_tokens", used.input_tokens).member("output_tokens", used.output_tokens);
    if (used.cached_input_tokens > 0) out.member("cached_input_tokens", used.cached_input_tokens);
    if (used.cache_write_tokens > 0) out.member("cache_write_tokens", used.cache_write_tokens);
    if (used.reasoning_tokens > 0) out.member("reasoning_tokens", used.reasoning_tokens);
    out.end_object();
}

void write_error(json::writer& out, error const& why) {
    out.key("error").begin_object();
    out.member("code", to_string(why.code)).member("message", std::string_view{why.message});
    if (!why.where.empty()) out.member("where", std::string_view{why.where});
    if (why.http_status != 0) out.member("http_status", why.http_status);
    if (!why.service_code.empty()) out.member("service_code", std::string_view{why.service_code});
    if (!why.service_message.empty()) out.member("service_message", std::string_view{why.service_message});
    if (!why.request_id.empty()) out.member("request_id", std::string_view{why.request_id});
    out.end_object();
}

result<void> lock_file(detail::file_handle const& file, std::string const& path) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK)
        return error{.code = errc::io_failed, .message = "another batch is writing it", .where = path};
    return detail::file_error("cannot lock", path, errno);
}

/// What the scan of an existing output found.
struct scan {
    finished_records finished{};
    std::uint64_t bytes{0};  ///< Up to the end of the last whole line.
};

result<line_head> read_head(std::string const& line, std::string const& where) {
    auto head = json::read<line_head>(line, {.check_utf8 = false});
    if (head && head->index < most_records && (head->status == "ok" || head->status == "error")) return head;
    return error{.code = errc::invalid_json, .message = "not a line of a batch's output", .where = where};
}

/// Reads an output line by line. With `kept`, the lines of records that did not fail are also written there, and the
/// others do not count.
result<scan> read_output(std::string const& path, detail::file_handle const* kept) {
    auto reader = detail::line_reader::open(path, largest_line);
    if (!reader) return reader.error();
    scan found;
    std::string line;
    for (;;) {
        auto const kind = reader->next(line);
        if (!kind) return kind.error();
        // A line is written together with its newline: one without it is torn.
        if (*kind == detail::line_kind::end || !reader->terminated()) return found;
        auto const where = path + ':' + std::to_string(reader->line_number());
        auto const head = read_head(line, where);
        if (!head) return head.error();
        bool const failed = head->status == "error";
        if (kept == nullptr) found.bytes = reader->offset();
        if (kept != nullptr && failed) continue;
        if (found.finished.contains(head->index))
            return error{.code = errc::invalid_json,
                         .message = "duplicate record " + std::to_string(head->index),
                         .where = where};
        found.finished.add(head->index, head->key, failed);
        if (kept == nullptr) continue;
        line += '\n';
        if (auto written = detail::write_all(*kept, line, path); !written) return written.error();
        found.bytes += line.size();
    }
}

}  // namespace

std::string to_json_line(batch_result<std::string> const& outcome, output_kind form) {
    std::string line;
    line.reserve(256);
    json::writer out{line};
    out.begin_object().member("index", outcome.index).member("key", std::string_view{outcome.key});
    out.member("status", outcome.value ? "ok" : "error");
    if (!outcome.value)
        write_error(out, outcome.value.error());
    else if (form == output_kind::json)
        out.key("output").raw(detail::without_blanks(*outcome.value));
    else
        out.member("output", std::string_view{*outcome.value});
    write_usage(out, outcome.usage);
    out.member("attempts", outcome.attempts).member("latency_ms", outcome.latency.count());
    out.end_object();
    // JSON text of a model may be spread over lines; line breaks are never part of its strings.
    for (char& c : line)
        if (c == '\n' || c == '\r') c = ' ';
    return line;
}

void finished_records::add(std::uint64_t index, std::string_view key, bool failed) {
    if (index >= marks_.size()) marks_.resize(index + 1 + index / 2);
    if (marks_[index] == 0) ++count_;
    if (failed) ++failed_;
    marks_[index] = digest(key);
}

bool finished_records::contains(std::uint64_t index) const noexcept {
    return index < marks_.size() && marks_[index] != 0;
}

bool finished_records::contradicts(std::uint64_t index, std::string_view key) const noexcept {
    return contains(index) && marks_[index] != digest(key);
}

constexpr int open_flags = O_RDWR | O_APPEND | O_CLOEXEC;

struct jsonl_writer::state {
    std::string path{};
    detail::file_handle file{};
    bool created{false};
    bool regular{true};
    std::uint64_t bytes{0};
    finished_records finished{};

    result<void> open();
    result<void> resume();
    result<void> resume_without_failures();
};

/// Opens and locks the file, and learns its size.
result<void> jsonl_writer::state::open() {
    file = detail::file_handle{::open(path.c_str(), open_flags | O_CREAT | O_EXCL, 0644)};
    created = file.get() >= 0;
    if (!created && errno == EEXIST) file = detail::file_handle{::open(path.c_str(), open_flags)};
    struct stat facts{};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return detail::file_error("cannot write", path, errno);
    regular = S_ISREG(facts.st_mode);
    if (!regular) return {};
    bytes = static_cast<std::uint64_t>(facts.st_size);
    return lock_file(file, path);
}

/// Goes on after the last whole line.
result<void> jsonl_writer::state::resume() {
    auto found = read_output(path, nullptr);
    if (!found) return found.error();
    if (::ftruncate(file.get(), static_cast<off_t>(found->bytes)) != 0)
        return detail::file_error("cannot cut the torn last line", path, errno);
    finished = std::move(found->finished);
    bytes = found->bytes;
    return {};
}

/// Writes the lines to be kept to a new file that takes the old one's place in one step: a crash leaves one or the
/// other.
result<void> jsonl_writer::state::resume_without_failures() {
    auto const fresh_path = path + ".new";
    detail::file_handle fresh{::open(fresh_path.c_str(), open_flags | O_CREAT | O_TRUNC, 0644)};
    if (fresh.get() < 0) return detail::file_error("cannot write", fresh_path, errno);
    auto found = read_output(path, &fresh);
    if (!found) {
        ::unlink(fresh_path.c_str());
        return found.error();
    }
    if (auto locked = lock_file(fresh, fresh_path); !locked) return locked;
    if (::fsync(fresh.get()) != 0 || std::rename(fresh_path.c_str(), path.c_str()) != 0) {
        auto const why = detail::file_error("cannot replace", path, errno);
        ::unlink(fresh_path.c_str());
        return why;
    }
    file = std::move(fresh);
    finished = std::move(found->finished);
    bytes = found->bytes;
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
    if (opened && made->bytes > 0) {
        if (!options.resume)
            return error{.code = errc::io_failed,
                         .message = "the output file is not empty: resume it, or name another one",
                         .where = made->path};
        opened = options.drop_failures ? made->resume_without_failures() : made->resume();
    }
    if (!opened) return opened.error();
    return jsonl_writer{std::move(made)};
}

result<void> jsonl_writer::write(std::string line) {
    auto& out = *state_;
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
    discard_if_unused();
    out.file = detail::file_handle{};
    return {};
}

finished_records const& jsonl_writer::finished() const noexcept { return state_->finished; }

void jsonl_writer::discard_if_unused() noexcept {
    auto const& out = *state_;
    if (out.created && out.regular && out.bytes == 0 && out.file.get() >= 0) ::unlink(out.path.c_str());
}

}  // namespace coax
