#pragma once

#include <coax/batch/batch.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// How the value of a record is written.
enum class output_kind {
    text,  ///< Written as a JSON string.
    json,  ///< JSON already: written as it is.
};

/// One line of a batch's output, without its newline:
/// `{"index":3,"key":"a","status":"ok","output":…,"usage":{…},"attempts":1,"latency_ms":12}` or
/// `{"index":3,"key":"a","status":"error","error":{"code":"rate_limited","message":…},"attempts":3,"latency_ms":12}`.
[[nodiscard]] std::string to_json_line(batch_result<std::string> const& outcome, output_kind form);

/// What an output file says is done already, and for which keys: four bytes a record.
class finished_records {
public:
    void add(std::uint64_t index, std::string_view key, bool failed);
    [[nodiscard]] bool contains(std::uint64_t index) const noexcept;
    /// Whether `index` is done, but for a record with another key: the output belongs to other input.
    [[nodiscard]] bool contradicts(std::uint64_t index, std::string_view key) const noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

private:
    std::vector<std::uint32_t> marks_;  ///< By index: 0, or a digest of the key.
    std::uint64_t count_{0};
    std::uint64_t failed_{0};
};

/// How an output file is opened.
struct jsonl_writer_options {
    /// Go on with a file that a batch left behind. Otherwise a file with something in it is refused.
    bool resume{false};
    /// With `resume`: take the failed records out of the file first, so that they are done again.
    bool drop_failures{false};
};

/// A file that takes whole lines. Each is given to the operating system at once and in one piece, so that a crash or
/// kill of the program loses none; `close` also waits until the disk has them all (fsync), so only a power failure in
/// mid-run can cost lines, and `resume` has those records done again. A line that does not fit the disk is taken back.
/// One writer at a time: the file is locked.
/// Thread safety: one thread at a time.
class jsonl_writer {
public:
    /// Errors: `errc::io_failed` (`where` is the path): it cannot be written, is in use, or is not empty without
    /// `resume`. `errc::invalid_json` (`where` is "path:line"): with `resume`, a line that no batch wrote. A torn last
    /// line is cut.
    [[nodiscard]] static result<jsonl_writer> open(std::string path, jsonl_writer_options options = {});
    jsonl_writer(jsonl_writer&&) noexcept;
    jsonl_writer& operator=(jsonl_writer&&) noexcept;
    ~jsonl_writer();  ///< As `discard_if_unused`, then closes.

    /// Appends `line` and a newline. Errors: `errc::io_failed`; the file then ends with the line before.
    [[nodiscard]] result<void> write(std::string line);

    /// Waits for the disk and closes. Errors: `errc::io_failed`.
    [[nodiscard]] result<void> close();

    /// What the file held when it was opened.
    [[nodiscard]] finished_records const& finished() const noexcept;

    /// Removes the file if it was made by `open` and nothing was written, so that a failed start leaves nothing behind.
    void discard_if_unused() noexcept;

private:
    struct state;
    explicit jsonl_writer(core::detail::opaque<state> opened) noexcept;

    core::detail::opaque<state> state_;
};

}  // namespace coax
