#pragma once

#include <coax/core/result.hpp>
#include <coax/table/table_source.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

// The structures of Apache Arrow's C data and C stream interface, as its documents have them
// (https://arrow.apache.org/docs/format/CDataInterface.html): tables pass between libraries in one process without a
// copy of their columns, and without a library in common.
extern "C" {

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    char const* format;
    char const* name;
    char const* metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema** children;
    struct ArrowSchema* dictionary;
    void (*release)(struct ArrowSchema*);
    void* private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    void const** buffers;
    struct ArrowArray** children;
    struct ArrowArray* dictionary;
    void (*release)(struct ArrowArray*);
    void* private_data;
};

#endif  // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
    int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
    char const* (*get_last_error)(struct ArrowArrayStream*);
    void (*release)(struct ArrowArrayStream*);
    void* private_data;
};

#endif  // ARROW_C_STREAM_INTERFACE
}

namespace coax {

/// A table of pyarrow, polars, DuckDB or R as rows, such as `read_records` takes.
///
/// Understood: null, bool, integers, floats, decimals of 128 bits, text (also large and views), dates, timestamps,
/// dictionaries, structs, lists (also large and of fixed size) and maps whose keys are text. Dates and timestamps
/// become text, "2026-11-29" and "2026-11-29T08:00:00.000001Z" (without Z where they have no time zone), structs
/// objects, NaN and infinities null.
/// @param stream  Taken over: moved from at once (its `release` is then null) and released with the table.
/// @param name    What it is called in errors, which say "name:row", rows from 1.
/// Errors: `errc::invalid_argument`: the stream is released already, a column has a type without a form in JSON, or a
/// name that another one has; of `next`, "name:row": wrong counts or missing buffers. `errc::io_failed`: what the
/// producer says. Offsets and indices that lead nowhere, text that is not UTF-8 and days beyond the year 9999 are their
/// row's problem. The format does not tell sizes of buffers: these are trusted. Thread safety: one thread at a time, as
/// the stream's.
[[nodiscard]] result<std::unique_ptr<table_source>> read_arrow(ArrowArrayStream& stream, std::string name = "table");

/// How rows become record batches.
struct arrow_write_options {
    std::size_t rows_per_batch{65'536};  ///< Range: [1, 2^31 - 1].
};

/// A table as a stream, for pyarrow's `RecordBatchReader.from_stream`, polars, DuckDB's `duckdb_arrow_scan` and others.
/// Columns are int64, double, bool, utf8, date32 and timestamps of microseconds in UTC, structs and lists of these
/// (`table_column::children`); all may be null. Columns of JSON of any form are its text.
/// @param rows  Kept by the stream; not null. Its columns must be known.
/// @param out   Is written to; the caller releases it, after which nothing is left. Batches stay valid longer, until
///              they are released themselves.
/// A value that does not fit its column's type, and the problem of a row, end the stream with EINVAL, other errors with
/// EIO; `get_last_error` tells them.
/// Errors: `errc::invalid_argument`: an option, or columns are not known.
[[nodiscard]] result<void> write_arrow(std::unique_ptr<table_source> rows, ArrowArrayStream& out,
                                       arrow_write_options options = {});

}  // namespace coax
