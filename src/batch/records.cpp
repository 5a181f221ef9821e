#include "batch/record_text.hpp"
#include "json/internal/member.hpp"

#include <coax/batch/records.hpp>
#include <coax/bind/read.hpp>
#include <coax/table/read_table.hpp>

#include <memory>
#include <utility>

namespace coax {

namespace {

constexpr std::size_t largest_line = std::size_t{1} << 30U;

struct no_members {};

/// Names a record by its fields; what is wrong with them, if anything.
std::optional<error> name_record(batch_record& record, record_options const& options) {
    if (!record.fields.is_object()) return json::read<no_members>(record.fields).error();
    bool const chosen = !options.key_field.empty();
    auto const named = json::detail::find_member(record.fields.text(), chosen ? options.key_field : "id");
    if (named && *named != "null") {
        record.key = detail::record_text(*named);
        record.numeric_key = detail::is_json_number(*named);
    } else if (chosen) {
        return error{.code = errc::invalid_json, .message = "the record has no member \"" + options.key_field + '"'};
    }
    return std::nullopt;
}

/// The rows of a table, named and counted.
class record_reader final : public stream_source<batch_record> {
public:
    record_reader(std::unique_ptr<table_source> rows, record_options options)
        : rows_{std::move(rows)}, options_{std::move(options)} {}

    std::optional<batch_record> try_next(asio::any_io_executor const&) override { return value_or_throw(read()); }
    asio::awaitable<std::optional<batch_record>> next() override { co_return std::nullopt; }  // none is waited for

    /// The next record; none at the end.
    [[nodiscard]] result<std::optional<batch_record>> read() {
        if (options_.limit != 0 && next_index_ >= options_.limit) return std::optional<batch_record>{};
        auto row = rows_->next();
        if (!row) return row.error();
        if (!*row) return std::optional<batch_record>{};
        return std::optional{to_record(std::move(**row))};
    }

private:
    batch_record to_record(table_row row) {
        batch_record record{.index = next_index_++, .line = row.line, .where = std::move(row.where)};
        record.key = std::to_string(record.index);
        record.problem = std::move(row.problem);
        record.fields = std::move(row.fields);
        if (record.problem) return record;
        record.problem = name_record(record, options_);
        if (!record.problem) return record;
        record.problem->where = record.where;
        record.fields = json_value{};
        return record;
    }

    std::unique_ptr<table_source> rows_;
    record_options options_;
    std::uint64_t next_index_{0};
};

result<std::unique_ptr<table_source>> open_rows(std::string path, record_options const& options) {
    if (auto valid = validate(options); !valid) return valid.error();
    auto const bytes = options.max_line_bytes;
    return read_table(std::move(path), {.max_field_bytes = bytes, .max_row_bytes = bytes, .name = options.name});
}

}  // namespace

result<void> validate(record_options const& options) {
    if (options.max_line_bytes < 2 || options.max_line_bytes > largest_line)
        return invalid_argument("max_line_bytes", "must be in [2, 1 GiB]");
    return {};
}

result<stream<batch_record>> read_records(std::string path, record_options options) {
    auto rows = open_rows(std::move(path), options);
    if (!rows) return rows.error();
    return read_records(std::move(*rows), std::move(options));
}

result<stream<batch_record>> read_records(std::unique_ptr<table_source> source, record_options options) {
    return stream<batch_record>{std::make_unique<record_reader>(std::move(source), std::move(options))};
}

result<std::uint64_t> check_records(std::string path, record_options options,
                                    std::function<result<void>(batch_record const&)> const& check,
                                    bool allow_problems) {
    auto rows = open_rows(std::move(path), options);
    if (!rows) return rows.error();
    return check_records(std::move(*rows), std::move(options), check, allow_problems);
}

result<std::uint64_t> check_records(std::unique_ptr<table_source> source, record_options options,
                                    std::function<result<void>(batch_record const&)> const& check,
                                    bool allow_problems) {
    record_reader reader{std::move(source), std::move(options)};
    for (std::uint64_t count = 0;; ++count) {
        auto const record = reader.read();
        if (!record) return record.error();
        if (!*record) return count;
        if ((*record)->problem) {
            if (allow_problems) continue;
            return *(*record)->problem;
        }
        if (!check) continue;
        if (auto fits = check(**record); !fits) {
            auto why = std::move(fits).error();
            why.where = (*record)->where;
            return why;
        }
    }
}

}  // namespace coax
