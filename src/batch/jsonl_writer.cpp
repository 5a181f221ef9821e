#include "batch/internal/line_reader.hpp"
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

/// What resuming needs of a line.
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

/// Writes all of `text`; on failure how much is there is not told.
result<void> write_all(int file, std::string_view text, std::string const& path) {
    while (!text.empty()) {
        auto const written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return detail::file_error("cannot write", path, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

result<void> lock(int file, std::string const& path) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno == EWOULDBLOCK)
        return error{.code = errc::io_failed, .message = "another batch is writing it", .where = path};
    return detail::file_error("cannot lock", path, errno);
}

/// What the scan of an existing output found.
struct scan {
    finished_records finished{};
    std::uint64_t good_bytes{0};  ///< Up to the end of the last whole line.
};

/// Reads an output line by line. With `keep`, what stays is also written there, and failed records do not count.
result<scan> read_output(std::string const& path, std::optional<int> keep) {
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
        auto const head = json::read<line_head>(line, {.check_utf8 = false});
        if (!head || head->index >= most_records || (head->status != "ok" && head->status != "error"))
            return error{.code = errc::invalid_json, .message = "not a line of a batch's output", .where = where};
        found.good_bytes = reader->offset();
        bool const failed = head->status == "error";
        if (keep && failed) continue;
        if (found.finished.contains(head->index))
            return error{.code = errc::invalid_json,
                         .message = "record " + std::to_string(head->index) + " is there twice",
                         .where = where};
        found.finished.add(head->index, head->key, failed);
        if (!keep) continue;
        line += '\n';
        if (auto kept = write_all(*keep, line, path); !kept) return kept.error();
    }
}

}  // namespace

std::string to_json_line(batch_result<std::string> const& outcome, output_form form) {
    std::string line;
    line.reserve(256);
    json::writer out{line};
    out.begin_object().member("index", outcome.index).member("key", std::string_view{outcome.key});
    out.member("status", outcome.value ? "ok" : "error");
    if (!outcome.value)
        write_error(out, outcome.value.error());
    else if (form == output_form::json)
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

struct jsonl_writer::state {
    std::string path;
    detail::file_handle file;
    bool created{false};
    bool regular{true};
    std::uint64_t bytes{0};
    finished_records finished{};
};

jsonl_writer::jsonl_writer(core::detail::opaque<state> opened) noexcept : state_{std::move(opened)} {}
jsonl_writer::jsonl_writer(jsonl_writer&&) noexcept = default;
jsonl_writer& jsonl_writer::operator=(jsonl_writer&&) noexcept = default;
jsonl_writer::~jsonl_writer() {
    if (state_) discard_if_unused();
}

result<jsonl_writer> jsonl_writer::open(std::string path, jsonl_writer_options options) {
    auto made = std::make_unique<state>();
    made->path = std::move(path);
    auto const& name = made->path;
    constexpr int flags = O_RDWR | O_APPEND | O_CLOEXEC;
    made->file = detail::file_handle{::open(name.c_str(), flags | O_CREAT | O_EXCL, 0644)};
    made->created = made->file.get() >= 0;
    if (!made->created && errno == EEXIST) made->file = detail::file_handle{::open(name.c_str(), flags)};
    if (made->file.get() < 0) return detail::file_error("cannot write", name, errno);

    struct stat facts{};
    if (::fstat(made->file.get(), &facts) != 0) return detail::file_error("cannot write", name, errno);
    made->regular = S_ISREG(facts.st_mode);
    if (!made->regular) return jsonl_writer{std::move(made)};
    if (auto locked = lock(made->file.get(), name); !locked) return locked.error();
    if (facts.st_size == 0) return jsonl_writer{std::move(made)};
    if (!options.resume)
        return error{.code = errc::io_failed,
                     .message = "the output file is not empty: resume it, or name another one",
                     .where = name};

    if (!options.drop_failures) {
        auto found = read_output(name, std::nullopt);
        if (!found) return found.error();
        if (::ftruncate(made->file.get(), static_cast<off_t>(found->good_bytes)) != 0)
            return detail::file_error("cannot cut the torn last line", name, errno);
        made->finished = std::move(found->finished);
        made->bytes = found->good_bytes;
        return jsonl_writer{std::move(made)};
    }

    // The kept lines go into a new file that takes the old one's place in one step: a crash leaves one or the other.
    auto const fresh_name = name + ".new";
    detail::file_handle fresh{::open(fresh_name.c_str(), flags | O_CREAT | O_TRUNC, 0644)};
    if (fresh.get() < 0) return detail::file_error("cannot write", fresh_name, errno);
    auto found = read_output(name, fresh.get());
    if (!found) {
        ::unlink(fresh_name.c_str());
        return found.error();
    }
    if (auto locked = lock(fresh.get(), fresh_name); !locked) return locked.error();
    auto const size = ::lseek(fresh.get(), 0, SEEK_END);
    if (size < 0 || ::fsync(fresh.get()) != 0 || std::rename(fresh_name.c_str(), name.c_str()) != 0) {
        auto const why = detail::file_error("cannot replace", name, errno);
        ::unlink(fresh_name.c_str());
        return why;
    }
    made->file = std::move(fresh);
    made->finished = std::move(found->finished);
    made->bytes = static_cast<std::uint64_t>(size);
    return jsonl_writer{std::move(made)};
}

result<void> jsonl_writer::write(std::string line) {
    auto& [path, file, created, regular, bytes, finished] = *state_;
    line += '\n';
    auto written = write_all(file.get(), line, path);
    if (written) {
        bytes += line.size();
    } else if (regular && ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
        auto why = std::move(written).error();
        why.message += "; its last line may be torn";
        return why;
    }
    return written;
}

result<void> jsonl_writer::close() {
    auto& [path, file, created, regular, bytes, finished] = *state_;
    if (file.get() < 0) return {};
    if (regular && ::fsync(file.get()) != 0) return detail::file_error("cannot write", path, errno);
    discard_if_unused();
    file = detail::file_handle{};
    return {};
}

finished_records const& jsonl_writer::finished() const noexcept { return state_->finished; }

void jsonl_writer::discard_if_unused() noexcept {
    auto& [path, file, created, regular, bytes, finished] = *state_;
    if (created && regular && bytes == 0 && file.get() >= 0) ::unlink(path.c_str());
}

}  // namespace coax
