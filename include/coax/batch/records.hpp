#pragma once

#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax {

/// One line of a JSONL file.
struct batch_record {
    std::uint64_t index{0};  ///< From 0, over all lines that are not blank.
    std::uint64_t line{0};   ///< From 1, as an editor counts.
    std::string key{};       ///< See `record_options::key_field`.
    json_value fields{};  ///< The object; null where `problem` is set. `json::read<T>(fields)` reads it into a struct.
    /// The line is no record: `errc::invalid_json` or `errc::too_large`, `where` is "file:line".
    std::optional<error> problem{};
};

/// How a file's lines become records.
struct record_options {
    /// The member that names a record; a record without it has a problem. Empty: "id" where there is one, else the
    /// index.
    std::string key_field{};
    /// A longer line is a record with a problem; it is skipped without being held. Range: [2, 1 GiB].
    std::size_t max_line_bytes{16U << 20U};
    /// Records read before the source is at its end. 0: all.
    std::uint64_t limit{0};
};

/// Reads records one by one: one line is held at a time, however long the file. A byte order mark, CRLF, blank lines
/// and a last line without its newline are all fine. Thread safety: one thread at a time.
class record_source {
public:
    /// Errors: `errc::io_failed`, `where` is the path; `errc::invalid_argument` for an option.
    [[nodiscard]] static result<record_source> open(std::string path, record_options options = {});
    record_source(record_source&&) noexcept;
    record_source& operator=(record_source&&) noexcept;
    ~record_source();

    /// The next record; nothing at the end. A bad line is a record with its `problem` set, and reading goes on.
    /// Blocks for the disk only. Errors: `errc::io_failed`.
    [[nodiscard]] result<std::optional<batch_record>> next();
    /// The same, so that a source is what `batch` takes.
    [[nodiscard]] result<std::optional<batch_record>> operator()();

private:
    struct state;
    explicit record_source(core::detail::opaque<state> opened) noexcept;

    core::detail::opaque<state> state_;
};

/// Reads a whole file once, before anything is sent, and counts its records.
/// @param check  Asked for each record; its error ends the pass with `where` set to "file:line". Empty: nothing is
/// asked.
/// @param allow_problems  Count lines that are no records; otherwise the first one's problem is the error.
/// Errors: as `record_source`, and the above.
[[nodiscard]] result<std::uint64_t> check_records(std::string path, record_options options,
                                                  std::function<result<void>(batch_record const&)> const& check,
                                                  bool allow_problems = false);

/// A record from memory.
template <class R>
struct listed_record {
    std::uint64_t index{0};
    std::string key{};  ///< The index as text.
    R value{};
};

/// A source of what `batch` takes over a list: `batch<sentiment>(llm, records_of(posts), …)`.
template <class R>
[[nodiscard]] auto records_of(std::vector<R> values) {
    return [values = std::move(values), index = std::uint64_t{0}]() mutable -> result<std::optional<listed_record<R>>> {
        if (index >= values.size()) return std::optional<listed_record<R>>{};
        auto const at = index++;
        return std::optional<listed_record<R>>{{at, std::to_string(at), std::move(values[at])}};
    };
}

}  // namespace coax
