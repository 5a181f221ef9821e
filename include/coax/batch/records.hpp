#pragma once

#include <coax/core/result.hpp>
#include <coax/json/value.hpp>
#include <coax/tasks/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax {

class table_source;

/// One row of a table, or line of a JSONL file.
struct batch_record {
    std::uint64_t index{0};   ///< From 0, over all rows; blank lines are none.
    std::uint64_t line{0};    ///< From 1, as an editor counts.
    std::string where{};      ///< "file:line", as errors name it.
    std::string key{};        ///< See `record_options::key_field`.
    bool numeric_key{false};  ///< The member that names it is a number: 1 and "1" are two keys.
    json_value fields{};  ///< The object; null where `problem` is set. `json::read<T>(fields)` reads it into a struct.
    /// It is no record: `errc::invalid_json` or `errc::too_large`, `where` is "file:line" or "file:line:column".
    std::optional<error> problem{};
};

/// How a table's rows become records.
struct record_options {
    /// The member that names a record; one without it, or where it is null, has a problem. Empty: "id" where there is
    /// one, else the index.
    std::string key_field{};
    /// A longer line is a record with a problem; it is skipped without being held. Range: [2, 1 GiB]. Not used where a
    /// `table_source` is given.
    std::size_t max_line_bytes{16U << 20U};
    /// Most records read. 0: all.
    std::uint64_t limit{0};
    /// What the file is called in errors. Empty: its path.
    std::string name{};
};

[[nodiscard]] result<void> validate(record_options const& options);

/// The records of a file, one by one: one line is held at a time, however long the file. A byte order mark, CRLF, blank
/// lines and a last line without its newline are all fine. A bad line is a record with its `problem` set, and reading
/// goes on. The stream blocks for the disk only, and throws `errc::io_failed`.
/// What the file is, the end of its name tells: JSONL, CSV or TSV, plain or compressed with gzip or zstd, as
/// `read_table` (<coax/table/read_table.hpp>) has it with its defaults.
/// Errors: as `read_table`; `errc::invalid_argument` for an option.
[[nodiscard]] result<stream<batch_record>> read_records(std::string path, record_options options = {});

/// The rows of any table as records. @param source  Not null.
[[nodiscard]] result<stream<batch_record>> read_records(std::unique_ptr<table_source> source,
                                                        record_options options = {});

/// Reads a whole file once, before anything is sent, and counts its records.
/// @param check  Called for each record; its error ends the pass, with `where` set to "file:line". May be empty.
/// @param allow_problems  Counts lines that are no records; otherwise the first one's problem is the error.
/// Errors: as `read_records`, and the above.
[[nodiscard]] result<std::uint64_t> check_records(std::string path, record_options options,
                                                  std::function<result<void>(batch_record const&)> const& check,
                                                  bool allow_problems = false);
[[nodiscard]] result<std::uint64_t> check_records(std::unique_ptr<table_source> source, record_options options,
                                                  std::function<result<void>(batch_record const&)> const& check,
                                                  bool allow_problems = false);

/// Opens a table anew for each pass over it.
using table_opener = std::function<result<std::unique_ptr<table_source>>()>;

/// Reads a whole table once and finds out whether two of its records have the same key; 8 bytes a record.
/// Errors: as the table; `errc::invalid_argument`, `where` is "file:line": its key is that of an earlier record, which
/// the message names.
[[nodiscard]] result<void> check_unique_keys(table_opener const& open, record_options const& options = {});

/// A record from memory.
template <class R>
struct listed_record {
    std::uint64_t index{0};
    std::string key{};  ///< The index as text.
    R value{};
};

namespace detail {

template <class R>
class listed_records final : public stream_source<listed_record<R>> {
public:
    explicit listed_records(std::vector<R> values) : values_{std::move(values)} {}

    asio::awaitable<std::optional<listed_record<R>>> next() override {
        if (next_ == values_.size()) co_return std::nullopt;
        auto const at = next_++;
        co_return listed_record<R>{at, std::to_string(at), std::move(values_[at])};
    }

private:
    std::vector<R> values_;
    std::size_t next_{0};
};

}  // namespace detail

/// The records of a list: `batch<sentiment>(llm, records_of(posts), …)`.
template <class R>
[[nodiscard]] stream<listed_record<R>> records_of(std::vector<R> values) {
    return stream<listed_record<R>>{std::make_unique<detail::listed_records<R>>(std::move(values))};
}

}  // namespace coax
