#pragma once

#include <coax/batch/json_line.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coax {

/// What becomes of an output file that has something in it.
enum class resume_mode {
    never,     ///< It is refused.
    matching,  ///< Its answers are kept where they were made in the same way of the same rows.
    anyway,    ///< Answers of another prompt, model, schema, service or parameters are kept too; rows that the input no
               ///< longer has are left out.
};

/// What the answers of a run are made with. Each line has the digests; the first line of a run has the texts that are
/// short, so that a refused resume can tell what has changed: put no secret into them.
struct run_identity {
    response_origin digests{};
    std::string prompt{};
    std::string model{};
    std::string schema{};
    std::string service{};
    std::string parameters{};
    std::string shard{};       ///< "2/10": the rows that it has. Not compared.
    std::uint64_t records{0};  ///< In the input, those of other shards included. Not compared; 0: not known.
};

/// How a `batch_journal` is opened.
struct journal_options {
    resume_mode resume{resume_mode::never};
    /// Failed rows are asked again. The first line that is written takes their lines out of the file.
    bool retry_failed{false};
    run_identity run{};
    /// Only rows below that index are looked at: lines of others stay. 0: all.
    std::uint64_t limit{0};
    /// Lines after which the disk is waited for (fsync). 0: only when `sync` or `close` is called.
    std::uint64_t sync_lines{1'000};
    /// Answers that are found again for an equal row, of the last rows that differ; each takes 16 bytes, and all
    /// together never more than that for the next power of two. Range: [0, 2^30].
    std::size_t remembered_answers{std::size_t{1} << 20U};
};

/// A row of the input, as a journal is asked about it.
struct journal_row {
    std::uint64_t index{0};
    std::string_view key{};
    row_identity identity{};
};

/// What a resumed batch found.
struct resume_counts {
    std::uint64_t kept{0};     ///< Rows that need not be asked again, moved and failed ones included.
    std::uint64_t moved{0};    ///< Of these, the ones that stand at another place in the input now.
    std::uint64_t failed{0};   ///< Of these, the ones that failed.
    std::uint64_t by_key{0};   ///< Of these, the ones whose content was not compared: their line does not tell it.
    std::uint64_t missing{0};  ///< Rows without a line.
    std::uint64_t changed{0};  ///< Rows that were asked about something else.
    std::uint64_t retried{0};  ///< Failed rows that are asked again.
    std::uint64_t removed{0};  ///< Lines of rows that the input no longer has; they are left out.
    std::uint64_t damaged{0};  ///< Lines whose checksum is wrong.
    std::uint64_t first_damaged{0};  ///< The number of the first of them, from 1.

    /// Rows to be asked.
    [[nodiscard]] std::uint64_t undone() const noexcept { return missing + changed + retried; }
};

/// "1200 rows done, 3 of them failed; to ask: 40 missing, 2 changed", with what else there is to tell.
[[nodiscard]] std::string to_string(resume_counts const& counts);

/// The answer of another row, for one that is equal to it.
struct known_answer {
    std::uint64_t index{0};  ///< Of the row that was asked.
    json_value output{};     ///< As its line has it: text is a JSON string.
};

/// The output file of a batch: whole lines, each with a checksum, from which a later run goes on.
///
/// Each line is given to the operating system at once and in one piece, so that a crash or kill of the program loses
/// none; only a power failure can cost those since the last `sync`. A torn last line is cut, one that does not fit the
/// disk is taken back, one whose checksum is wrong is as good as none. Lines that no longer hold (of failed, changed or
/// moved rows, damaged ones) are taken out by a new file that takes the old one's place in one step, with its mode and
/// owner. One writer at a time: the file is locked. A pipe or terminal takes lines too, but cannot be resumed; a
/// program that writes to one, or under a limit of file sizes, ignores SIGPIPE and SIGXFSZ, so that they become errors.
///
/// To resume: `open`; for as long as `wants_rows`, all rows of the input in their order to `row`, then `rows_ended`;
/// then `begin`. Meanwhile each line of the file takes 16 bytes, after that a row takes one bit. Thread safety: one
/// thread at a time.
class batch_journal {
public:
    /// Errors: `errc::io_failed` (`where` is the path): it cannot be written, is in use, or is not empty and is not to
    /// be resumed. `errc::invalid_json` (`where` is "path:line"): a line that no batch wrote, or an index twice.
    /// `errc::invalid_argument` (`where` is "path:line"): answers of another run; the message tells the difference.
    /// @param path  "-": standard output.
    [[nodiscard]] static result<batch_journal> open(std::string path, journal_options options = {});
    batch_journal(batch_journal&&) noexcept;
    batch_journal& operator=(batch_journal&&) noexcept;
    ~batch_journal();  ///< As `discard_if_unused`, unless it is closed already.

    /// Another pass over the rows of the input is needed.
    [[nodiscard]] bool wants_rows() const noexcept;
    void row(journal_row const& given);
    void rows_ended();
    /// All rows are compared. Errors: `errc::invalid_argument`: the output is of another input, as far as one can tell:
    /// a row is not there any more, or more have changed than not. Not with `resume_mode::anyway`.
    [[nodiscard]] result<resume_counts> begin();

    /// The row need not be asked.
    [[nodiscard]] bool contains(std::uint64_t index) const noexcept;
    /// The answer to the same question, where one is remembered. Reads it from the file.
    [[nodiscard]] std::optional<known_answer> answer_to(std::uint64_t sent) const;

    /// Appends the line of an outcome. Errors: `errc::io_failed`; the file then ends with the line before.
    [[nodiscard]] result<void> write(batch_result<std::string> const& outcome, output_kind form, bool numeric_key,
                                     row_identity const& identity);
    /// Waits until the disk has all lines. Errors: `errc::io_failed`.
    [[nodiscard]] result<void> sync();
    /// The same, and closes; a batch of no records leaves an empty file.
    [[nodiscard]] result<void> close();
    /// Removes the file if it was made by `open` and nothing was written, so that a failed start leaves nothing behind.
    /// Closes it.
    void discard_if_unused() noexcept;

private:
    struct state;
    explicit batch_journal(core::detail::opaque<state> opened) noexcept;

    core::detail::opaque<state> state_;
};

}  // namespace coax
