#pragma once

#include <coax/batch/batch.hpp>
#include <coax/batch/response_origin.hpp>
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

/// What a line says of its record besides the outcome.
struct line_facts {
    response_origin origin{};  ///< All 0: the line says nothing of it.
    /// The key stands for a JSON number: it is written as one where every JSON reader keeps its digits (up to 2^53), so
    /// that 1 and "1" stay two.
    bool numeric_key{false};
};

/// One line of a batch's output, without its newline:
/// `{"index":3,"key":"a","status":"ok","output":…,"usage":{…},"attempts":1,"latency_ms":12,"origin":"1a2b3c4d-…"}` or
/// `{"index":3,"key":"a","status":"error","error":{"code":"rate_limited","message":…},"usage":{…},"attempts":3,…}`.
[[nodiscard]] std::string to_json_line(batch_result<std::string> const& outcome, output_kind form,
                                       line_facts const& facts = {});

/// What an output file says is done already, and for which records: four bytes each.
class finished_records {
public:
    /// @param record  `response_origin::record`; 0: the key alone tells which record it was.
    void add(std::uint64_t index, std::string_view key, bool failed, std::uint32_t record = 0);
    [[nodiscard]] bool contains(std::uint64_t index) const noexcept;
    /// Whether `index` is done, but for another record: the output belongs to other input.
    [[nodiscard]] bool contradicts(std::uint64_t index, std::string_view key, std::uint32_t record = 0) const noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept { return count_; }
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
    /// The largest index; 0 where there is none.
    [[nodiscard]] std::uint64_t last_index() const noexcept { return last_index_; }
    /// Of these, the ones that are known by their keys only: written without an origin, or with another prompt.
    [[nodiscard]] std::uint64_t known_by_key() const noexcept { return known_by_key_; }

private:
    std::vector<std::uint32_t> marks_;  ///< By index: 0, or a digest whose lowest bit says of what.
    std::uint64_t count_{0};
    std::uint64_t last_index_{0};
    std::uint64_t failed_{0};
    std::uint64_t known_by_key_{0};
};

/// How an output file is opened.
struct jsonl_writer_options {
    /// Go on with a file that a batch left behind. Otherwise a file with something in it is refused.
    bool resume{false};
    /// With `resume`: the failed records do not count as finished, so that they are done again. The first `write` takes
    /// them out of the file.
    bool drop_failures{false};
    /// With `resume`: what the new responses are made with; a file whose responses have another origin is refused.
    response_origin origin{};
    /// Takes a file of another origin all the same.
    bool mix{false};
};

/// A file that takes whole lines. Each is given to the operating system at once and in one piece, so that a crash or
/// kill of the program loses none; `close` also waits until the disk has them all (fsync), so only a power failure in
/// mid-run can cost lines, and `resume` has those records done again. A line that does not fit the disk is taken back.
/// One writer at a time: the file is locked. A pipe or terminal takes lines too, but cannot be resumed; a program that
/// writes to one, or under a limit of file sizes, ignores SIGPIPE and SIGXFSZ, so that they become errors of `write`.
/// Thread safety: one thread at a time.
class jsonl_writer {
public:
    /// Errors: `errc::io_failed` (`where` is the path): it cannot be written, is in use, or is not empty without
    /// `resume`. `errc::invalid_json` (`where` is "path:line"): with `resume`, a line that no batch wrote.
    /// `errc::invalid_argument` (`where` is "path:line"): with `resume`, a response of another origin; the message
    /// names the parts. A torn last line is cut.
    /// @param path  "-": standard output.
    [[nodiscard]] static result<jsonl_writer> open(std::string path, jsonl_writer_options options = {});
    jsonl_writer(jsonl_writer&&) noexcept;
    jsonl_writer& operator=(jsonl_writer&&) noexcept;
    ~jsonl_writer();  ///< As `discard_if_unused`, unless it is closed already.

    /// Appends `line` and a newline. Errors: `errc::io_failed`; the file then ends with the line before.
    [[nodiscard]] result<void> write(std::string line);

    /// Waits for the disk and closes; a batch of no records leaves an empty file. Errors: `errc::io_failed`.
    [[nodiscard]] result<void> close();

    /// What the file held when it was opened.
    [[nodiscard]] finished_records const& finished() const noexcept;
    /// The failed records that `drop_failures` takes out, by their keys; without those that had no key but their index.
    [[nodiscard]] finished_records const& dropped() const noexcept;

    /// Removes the file if it was made by `open` and nothing was written, so that a failed start leaves nothing behind.
    /// Closes it.
    void discard_if_unused() noexcept;

private:
    struct state;
    explicit jsonl_writer(core::detail::opaque<state> opened) noexcept;

    core::detail::opaque<state> state_;
};

}  // namespace coax
