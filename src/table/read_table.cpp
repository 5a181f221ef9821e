#include "table/internal/byte_codec.hpp"
#include "table/internal/columnar_files.hpp"
#include "table/internal/columns.hpp"
#include "table/sources.hpp"

#include <array>
#include <utility>

namespace coax {

namespace {

using table::detail::without_compression;

constexpr std::size_t most_bytes = std::size_t{1} << 30U;

constexpr std::array format_names{std::pair{std::string_view{"auto"}, table_format::automatic},
                                  std::pair{std::string_view{"jsonl"}, table_format::jsonl},
                                  std::pair{std::string_view{"csv"}, table_format::csv},
                                  std::pair{std::string_view{"tsv"}, table_format::tsv},
                                  std::pair{std::string_view{"parquet"}, table_format::parquet},
                                  std::pair{std::string_view{"arrow"}, table_format::arrow},
                                  std::pair{std::string_view{"arrow_stream"}, table_format::arrow_stream}};

constexpr std::array format_ends{std::pair{std::string_view{".csv"}, table_format::csv},
                                 std::pair{std::string_view{".tsv"}, table_format::tsv},
                                 std::pair{std::string_view{".tab"}, table_format::tsv},
                                 std::pair{std::string_view{".parquet"}, table_format::parquet},
                                 std::pair{std::string_view{".arrow"}, table_format::arrow},
                                 std::pair{std::string_view{".feather"}, table_format::arrow},
                                 std::pair{std::string_view{".ipc"}, table_format::arrow},
                                 std::pair{std::string_view{".arrows"}, table_format::arrow_stream}};

}  // namespace

result<table_format> parse_table_format(std::string_view name) {
    for (auto const& [known, format] : format_names)
        if (known == name) return format;
    return invalid_argument(std::string{name},
                            "no format of tables: it is one of auto, jsonl, csv, tsv, parquet, arrow, arrow_stream");
}

result<void> validate(table_options const& options) {
    auto const separator = static_cast<unsigned char>(options.separator);
    if (separator == '"' || separator == '\n' || separator == '\r' || separator >= 0x80)
        return invalid_argument("separator", "must be one ASCII character, no quote and no line break");
    if (options.max_field_bytes < 1 || options.max_field_bytes > most_bytes)
        return invalid_argument("max_field_bytes", "must be in [1, 1 GiB]");
    if (options.max_row_bytes < 2 || options.max_row_bytes > most_bytes)
        return invalid_argument("max_row_bytes", "must be in [2, 1 GiB]");
    return {};
}

result<std::unique_ptr<table_source>> read_table(std::string path, table_options options) {
    if (auto valid = validate(options); !valid) return valid.error();
    if (options.name.empty()) options.name = path;
    if (options.format == table_format::automatic) {
        auto const format = table::detail::known_format(options.name);
        if (!format) return format.error();
        options.format = *format;
    }
    if (table::detail::is_columnar(options.format)) {
        if (auto known = table::detail::check_format(options.format, options.name); !known) return known.error();
        return table::detail::known_columnar_files()->read(options.format, path, options.name);
    }
    auto file = table::detail::input_file::open_decompressed(path, options.name);
    if (!file) return file.error();
    if (options.format == table_format::jsonl) return table::detail::open_jsonl(std::move(*file), options);
    if (options.format == table_format::tsv && options.separator == '\0') options.separator = '\t';
    return table::detail::open_csv(std::move(*file), options);
}

namespace table::detail {

result<void> check_format(table_format format, std::string const& path) {
    if (!is_columnar(format)) return {};
    char const* const kind = format == table_format::parquet ? "Parquet" : "Arrow";
    if (compression_of(path) != compression::none)
        return invalid_argument(path, std::string{kind} + " files have their compression inside");
    if (known_columnar_files() != nullptr) return {};
    return invalid_argument(path, std::string{kind} +
                                      " files need coax built with Apache Arrow's library (COAX_WITH_ARROW; "
                                      "libarrow-dev, libparquet-dev): make it CSV first, as DuckDB does: duckdb -c "
                                      "\"COPY (FROM '" +
                                      path + "') TO 'in.csv'\"");
}

result<table_format> known_format(std::string const& path) {
    auto const name = without_compression(path);
    for (auto const& [end, format] : format_ends)
        if (name.ends_with(end)) {
            if (auto known = check_format(format, path); !known) return known.error();
            return format;
        }
    return table_format::jsonl;
}

std::string place_in(std::string const& file, std::uint64_t line) { return file + ':' + std::to_string(line); }

std::string place_in(std::string const& file, std::uint64_t line, std::uint64_t column) {
    return place_in(file, line) + ':' + std::to_string(column);
}

}  // namespace table::detail
}  // namespace coax
