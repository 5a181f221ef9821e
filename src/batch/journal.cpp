#include "batch/answer_table.hpp"
#include "batch/append_line.hpp"
#include "batch/internal/run_text.hpp"
#include "batch/output_file.hpp"
#include "batch/output_reader.hpp"
#include "batch/record_text.hpp"
#include "batch/renumber.hpp"
#include "batch/row_match.hpp"

#include <coax/batch/journal.hpp>
#include <coax/bind/read.hpp>

#include <memory>
#include <utility>

namespace coax {

namespace {

using detail::output_reader;

/// A line of the file that answers are read back from.
struct answer_line {
    std::uint64_t index{0};
    json_value output{};
};

constexpr std::size_t read_piece = 8U << 10U;
constexpr std::size_t write_piece = 256U << 10U;
constexpr std::size_t most_kept = 64U << 10U;

std::string count_text(std::uint64_t count, char const* what) { return std::to_string(count) + ' ' + what; }

}  // namespace

struct batch_journal::state {
    detail::output_file file;
    journal_options options;
    detail::row_match match;
    detail::answer_table answers;
    std::uint64_t whole_bytes{0};  ///< Up to the end of the last whole line.
    std::uint64_t damaged{0};
    std::uint64_t first_damaged{0};
    bool begun{false};
    bool to_rewrite{false};
    bool run_told{false};
    std::string origin{};  ///< Of the run, as its lines have it.
    std::string line{};    ///< The last one that was written, kept for its memory.
    std::uint64_t unsynced{0};
    resume_counts counts{};
    struct {
        response_origin origin{};
        detail::run_description text{};
    } described{};  ///< The run that a line told of last.

    [[nodiscard]] result<void> read_lines();
    [[nodiscard]] result<void> add(output_reader const& reader);
    [[nodiscard]] result<void> check_input() const;
    [[nodiscard]] error wrong_line(std::uint64_t index, std::string const& message) const;
    [[nodiscard]] result<void> rewrite();
    [[nodiscard]] result<void> copy_to(detail::output_file& fresh, detail::answer_table& found) const;
    [[nodiscard]] result<std::string> line_at(std::uint64_t offset) const;
    [[nodiscard]] result<void> append(row_identity const& row, bool is_answer);
};

result<void> batch_journal::state::read_lines() {
    auto reader = output_reader::open(file.path());
    if (!reader) return reader.error();
    for (;;) {
        auto const found = reader->next();
        if (!found) return found.error();
        if (*found == output_reader::found::end) break;
        if (*found == output_reader::found::line) {
            if (auto added = add(*reader); !added) return added;
        } else if (++damaged == 1) {
            first_damaged = reader->line_number();
        }
    }
    if (reader->foreign()) return *reader->foreign();
    whole_bytes = reader->bytes();
    return {};
}

/// Adds the line that was read, unless it cannot stand in the output of the batch that goes on.
result<void> batch_journal::state::add(output_reader const& reader) {
    auto const& head = reader.head();
    auto const origin = parse_origin(head.origin.value_or(std::string{}));
    if (head.run) described = {origin, detail::parse_run(*head.run)};
    bool const is_described = differences(origin, described.origin).empty();
    auto const changed =
        detail::differences(origin, is_described ? described.text : detail::run_description{}, options.run);
    if (options.resume != resume_mode::anyway && !changed.empty())
        return invalid_argument(reader.where(),
                                "the output was made with " + changed +
                                    ": go on with what it was made with, name another output file, or keep its answers "
                                    "all the same with resume=anyway");
    // What was sent holds the prompt: with another one the key alone tells the row.
    bool const same_prompt = origin.prompt == options.run.digests.prompt;
    auto const row = head.row && same_prompt ? detail::parse_row(*head.row) : std::nullopt;
    auto const key = digest_of(detail::record_text(head.key));
    bool const by_record = !row && same_prompt && origin.record != 0;
    auto const identity = row.value_or(row_identity{.key = key, .record = by_record ? origin.record : 0});
    auto const how = row ? detail::known_by::row : by_record ? detail::known_by::record : detail::known_by::key;
    if (!match.add(head.index, identity, how, reader.failed(), reader.failed() && options.retry_failed))
        return error{.code = errc::invalid_json,
                     .message = "duplicate record " + std::to_string(head.index),
                     .where = reader.where()};
    if (row && !reader.failed() && changed.empty()) answers.add(row->sent, reader.offset());
    return {};
}

/// "path:line" of the line with an index.
error batch_journal::state::wrong_line(std::uint64_t index, std::string const& message) const {
    auto why = invalid_argument(file.path(), message);
    auto reader = output_reader::open(file.path());
    while (reader) {
        auto const found = reader->next();
        if (!found || *found == output_reader::found::end) break;
        if (*found == output_reader::found::line && reader->head().index == index) {
            why.where = reader->where();
            break;
        }
    }
    return why;
}

/// Refuses an output of another input, before anything in it is lost.
result<void> batch_journal::state::check_input() const {
    if (options.resume == resume_mode::anyway) return {};
    std::string const choices =
        "give the input that it was made from, name another output file, or go on all the same with resume=anyway";
    if (auto const index = match.first_removed())
        return wrong_line(
            *index, "the output was made from other input: this row " +
                        (counts.removed > 1 ? "and " + count_text(counts.removed - 1, "more are") : std::string{"is"}) +
                        " not there now: " + choices);
    if (counts.changed > counts.kept)
        return wrong_line(
            match.first_changed().value_or(0),
            "the output was made from other input: " + count_text(counts.changed, "of its rows have changed, ") +
                count_text(counts.kept, "have not: ") + choices);
    return {};
}

/// Leaves out the lines that no longer hold.
result<void> batch_journal::state::rewrite() {
    detail::answer_table found{options.remembered_answers};
    auto replaced = file.replace([&](detail::output_file& fresh) { return copy_to(fresh, found); });
    if (!replaced) return replaced;
    answers = std::move(found);
    to_rewrite = false;
    return {};
}

result<void> batch_journal::state::copy_to(detail::output_file& fresh, detail::answer_table& found) const {
    auto reader = output_reader::open(file.path());
    if (!reader) return reader.error();
    std::string text;
    std::optional<json_value> run;  // of a run whose first line is left out
    for (;;) {
        auto const next = reader->next();
        if (!next) return next.error();
        if (*next == output_reader::found::end || text.size() > write_piece) {
            if (auto written = fresh.append(std::exchange(text, {})); !written) return written;
            if (*next == output_reader::found::end) return {};
        }
        if (*next == output_reader::found::damaged) continue;
        auto const& head = reader->head();
        auto const to = match.new_index(head.index);
        if (head.run) run = head.run;
        if (!to) continue;
        auto line = *to == head.index ? reader->line()
                                      : detail::renumbered(reader->line(), head.index, *to,
                                                           [&](std::uint64_t of) { return match.new_index(of); });
        if (run && !head.run && head.row) line = detail::with_run(line, run->text());
        run.reset();
        bool const same_run = differences(parse_origin(head.origin.value_or("")), options.run.digests).empty();
        if (auto const row = detail::parse_row(head.row.value_or("")); row && same_run && !reader->failed())
            found.add(row->sent, fresh.size() + text.size());
        text.append(line).append("\n");
    }
}

result<std::string> batch_journal::state::line_at(std::uint64_t offset) const {
    std::string line;
    for (;;) {
        auto const piece = file.read(offset + line.size(), read_piece);
        if (!piece) return piece.error();
        auto const end = piece->find('\n');
        line.append(*piece, 0, end);
        if (end != std::string::npos || piece->empty()) return line;
    }
}

/// Appends `line`.
result<void> batch_journal::state::append(row_identity const& row, bool is_answer) {
    if (to_rewrite)
        if (auto rewritten = rewrite(); !rewritten) return rewritten;
    auto const offset = file.size();
    if (auto written = file.append(line); !written) return written;
    run_told = true;
    if (is_answer && file.regular()) answers.add(row.sent, offset);
    if (++unsynced < options.sync_lines || options.sync_lines == 0) return {};
    unsynced = 0;
    return file.sync();
}

batch_journal::batch_journal(core::detail::opaque<state> opened) noexcept : state_{std::move(opened)} {}
batch_journal::batch_journal(batch_journal&&) noexcept = default;
batch_journal& batch_journal::operator=(batch_journal&&) noexcept = default;
batch_journal::~batch_journal() {
    if (state_) discard_if_unused();
}

result<batch_journal> batch_journal::open(std::string path, journal_options options) {
    if (options.remembered_answers > std::size_t{1} << 30U)
        return invalid_argument("remembered_answers", "must be in [0, 2^30]");
    auto file = detail::output_file::open(std::move(path));
    if (!file) return file.error();
    bool const resumes = options.resume != resume_mode::never;
    if (!file->regular() && resumes)
        return invalid_argument(file->path(), "no regular file: what was written there cannot be resumed");
    if (file->size() > 0 && !resumes)
        return error{.code = errc::io_failed,
                     .message = "the output file is not empty: resume it, or name another one",
                     .where = file->path()};
    auto const limit = options.limit;
    auto const remembered = options.remembered_answers;
    auto made = std::make_unique<state>(state{.file = *std::move(file),
                                              .options = std::move(options),
                                              .match = detail::row_match{limit},
                                              .answers = detail::answer_table{remembered}});
    auto const& digests = made->options.run.digests;
    if (digests.prompt != 0 || digests.record != 0) made->origin = to_string(digests);
    if (made->file.size() > 0)
        if (auto read = made->read_lines(); !read) return read.error();
    made->match.lines_ended();
    return batch_journal{std::move(made)};
}

bool batch_journal::wants_rows() const noexcept { return state_->match.wants_rows(); }

void batch_journal::row(journal_row const& given) { state_->match.row(given); }

void batch_journal::rows_ended() { state_->match.rows_ended(); }

result<resume_counts> batch_journal::begin() {
    auto& all = *state_;
    all.counts = all.match.counts();
    all.counts.damaged = all.damaged;
    all.counts.first_damaged = all.first_damaged;
    if (auto checked = all.check_input(); !checked) return checked.error();
    if (all.file.regular() && all.file.size() != all.whole_bytes)
        if (auto cut = all.file.truncate(all.whole_bytes); !cut) return cut.error();
    auto const& counts = all.counts;
    all.to_rewrite = counts.changed + counts.retried + counts.removed + counts.moved + counts.damaged > 0;
    all.begun = true;
    return counts;
}

bool batch_journal::contains(std::uint64_t index) const noexcept { return state_->match.is_done(index); }

std::optional<known_answer> batch_journal::answer_to(std::uint64_t sent) const {
    auto const& all = *state_;
    auto const offset = all.answers.find(sent);
    if (!offset) return std::nullopt;
    auto const line = all.line_at(*offset);
    if (!line || detail::check_line(*line) != detail::line_checksum::right) return std::nullopt;
    auto read = json::read<answer_line>(*line);
    if (!read) return std::nullopt;
    return known_answer{read->index, std::move(read->output)};
}

result<void> batch_journal::write(batch_result<std::string> const& outcome, output_kind form, bool numeric_key,
                                  row_identity const& identity) {
    auto& all = *state_;
    if (!all.begun)
        if (auto begun = begin(); !begun) return begun.error();
    bool const tells_run = !all.run_told && all.options.run.digests.prompt != 0;
    auto const run = tells_run ? detail::run_text(all.options.run) : std::string{};
    line_facts const facts{.origin = all.options.run.digests, .numeric_key = numeric_key, .row = identity, .run = run};
    if (all.line.capacity() > most_kept) all.line = {};
    all.line.clear();
    detail::append_json_line(all.line, outcome, form, facts, all.origin);
    all.line += '\n';
    return all.append(identity, outcome.value.has_value());
}

result<void> batch_journal::sync() {
    if (std::exchange(state_->unsynced, 0) == 0) return {};
    return state_->file.sync();
}

result<void> batch_journal::close() {
    auto& all = *state_;
    if (!all.file.is_open()) return {};
    auto const& counts = all.counts;
    if (all.to_rewrite && counts.moved + counts.removed + counts.damaged > 0)
        if (auto rewritten = all.rewrite(); !rewritten) return rewritten;
    auto synced = all.file.sync();
    all.file.close();
    return synced;
}

void batch_journal::discard_if_unused() noexcept { state_->file.discard_if_unused(); }

std::string to_string(resume_counts const& counts) {
    auto text = count_text(counts.kept, "rows done");
    if (counts.failed > 0) text += ", " + count_text(counts.failed, "of them failed");
    if (counts.moved > 0) text += ", " + count_text(counts.moved, "at another place");
    if (counts.by_key > 0)
        text += ", " + count_text(counts.by_key, "known by their keys only: whether they have changed was not checked");
    text += "; to ask: " + count_text(counts.missing, "missing");
    if (counts.changed > 0) text += ", " + count_text(counts.changed, "changed");
    if (counts.retried > 0) text += ", " + count_text(counts.retried, "failed");
    if (counts.removed > 0) text += "; " + count_text(counts.removed, "lines of rows that are gone are left out");
    if (counts.damaged > 0)
        text += "; " + count_text(counts.damaged, "damaged lines (the first is line ") +
                std::to_string(counts.first_damaged) + ") are as good as none";
    return text;
}

}  // namespace coax
