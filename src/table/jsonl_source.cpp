#include "table/internal/line_reader.hpp"
#include "table/sources.hpp"

#include <string_view>
#include <utility>

namespace coax::table::detail {

namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos; }

/// Reads one line into `row`; what is wrong with the line, if anything.
std::optional<error> fill_row(table_row& row, std::string_view line) {
    auto value = json_value::parse(line);
    if (!value) {
        auto why = std::move(value).error();
        why.message = "not JSON: " + why.message;
        return why;
    }
    if (!value->is_object()) return error{.code = errc::invalid_json, .message = "not a JSON object"};
    row.fields = std::move(*value);
    return std::nullopt;
}

/// The lines of a JSONL file.
class jsonl_source final : public table_source {
public:
    jsonl_source(line_reader lines, std::size_t max_line_bytes)
        : lines_{std::move(lines)}, max_line_bytes_{max_line_bytes} {}

    std::vector<table_column> const& columns() const noexcept override { return none_; }

    result<std::optional<table_row>> next() override {
        for (;;) {
            auto const kind = lines_.next(line_);
            if (!kind) return kind.error();
            if (*kind == line_kind::end) return std::optional<table_row>{};
            if (*kind == line_kind::line && is_blank(line_)) continue;
            return std::optional{row_from_line(*kind)};
        }
    }

private:
    table_row row_from_line(line_kind kind) const {
        table_row row{.line = lines_.line_number(), .where = place_in(lines_.path(), lines_.line_number())};
        if (kind == line_kind::too_long)
            row.problem = error{.code = errc::too_large,
                                .message = "the line is longer than " + std::to_string(max_line_bytes_) + " bytes"};
        else
            row.problem = fill_row(row, line_);
        if (row.problem) row.problem->where = row.where;
        return row;
    }

    line_reader lines_;
    std::size_t max_line_bytes_;
    std::string line_{};
    std::vector<table_column> none_{};
};

}  // namespace

result<std::unique_ptr<table_source>> open_jsonl(input_file file, table_options const& options) {
    auto lines = line_reader::read(std::move(file), options.max_row_bytes);
    if (!lines) return lines.error();
    return std::unique_ptr<table_source>{std::make_unique<jsonl_source>(std::move(*lines), options.max_row_bytes)};
}

}  // namespace coax::table::detail
