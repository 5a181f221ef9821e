#include "table/internal/csv_scanner.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace coax {
namespace {

using table::detail::csv_dialect;
using table::detail::csv_fault;
using table::detail::csv_record;
using table::detail::csv_scanner;

/// "line:[a][b]", quoted fields with a star, or "line:fault@line:column".
std::string told(csv_record const& record) {
    auto text = std::to_string(record.place.line) + ':';
    if (record.fault != csv_fault::none)
        return text + std::to_string(static_cast<int>(record.fault)) + '@' + std::to_string(record.fault_place.line) +
               ':' + std::to_string(record.fault_place.column);
    for (std::size_t at = 0; at < record.fields.size(); ++at)
        text.append(record.fields[at].quoted ? "*[" : "[").append(record[at]).append("]");
    return text;
}

/// The records of a text that comes in pieces, cut at `cuts`.
std::vector<std::string> records_in(std::vector<std::string_view> pieces, csv_dialect dialect = {}) {
    csv_scanner scanner{dialect};
    std::vector<std::string> all;
    for (auto piece : pieces)
        while (scanner.feed(piece)) all.push_back(told(scanner.record()));
    if (scanner.finish()) all.push_back(told(scanner.record()));
    EXPECT_FALSE(scanner.finish());
    return all;
}

struct scan_case {
    char const* name;
    std::string text;
    std::vector<std::string> records;
};
void PrintTo(scan_case const& row, std::ostream* out) { *out << row.name; }
class CsvScanner : public testing::TestWithParam<scan_case> {};

TEST_P(CsvScanner, CutsTheSameRecordsHoweverTheTextComes) {
    std::string_view const text = GetParam().text;
    csv_dialect const small{.max_field_bytes = 12, .max_record_bytes = 20};
    EXPECT_EQ(records_in({text}, small), GetParam().records);
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        EXPECT_EQ(records_in({text.substr(0, cut), text.substr(cut)}, small), GetParam().records) << cut;
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < text.size(); ++at) bytes.push_back(text.substr(at, 1));
    EXPECT_EQ(records_in(bytes, small), GetParam().records);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, CsvScanner,
    testing::Values(scan_case{"nothing", "", {}}, scan_case{"plain", "a,b\nc,d\n", {"1:[a][b]", "2:[c][d]"}},
                    scan_case{"no_last_end", "a,b\nc,d", {"1:[a][b]", "2:[c][d]"}},
                    scan_case{"crlf", "a,b\r\nc,d\r\n", {"1:[a][b]", "2:[c][d]"}},
                    scan_case{"cr", "a,b\rc,d\r", {"1:[a][b]", "2:[c][d]"}},
                    scan_case{"ends_mixed", "a\r\nb\rc\nd\n\re", {"1:[a]", "2:[b]", "3:[c]", "4:[d]", "5:[]", "6:[e]"}},
                    scan_case{"empty_fields", ",\n,,\n", {"1:[][]", "2:[][][]"}},
                    scan_case{"last_field_empty", "a,", {"1:[a][]"}},
                    scan_case{"blank_line", "a\n\nb\n", {"1:[a]", "2:[]", "3:[b]"}},
                    scan_case{"quotes", "\"a,b\",\"c\"\"d\"\n", {"1:*[a,b]*[c\"d]"}},
                    scan_case{"empty_quotes", "\"\",\"\"\n\"\"", {"1:*[]*[]", "2:*[]"}},
                    scan_case{"only_quotes", "\"\"\"\"\n", {"1:*[\"]"}},
                    scan_case{"line_breaks_in_quotes", "\"a\nb\",\"c\r\nd\"\ne\n", {"1:*[a\nb]*[c\r\nd]", "4:[e]"}},
                    scan_case{"cr_in_quotes", "\"a\rb\"\r\nc\n", {"1:*[a\rb]", "3:[c]"}},
                    scan_case{"quote_within_a_field", "a\"b\",c\n", {"1:[a\"b\"][c]"}},
                    scan_case{"blank_before_a_quote", " \"a\",b\n", {"1:[ \"a\"][b]"}},
                    scan_case{"text_after_a_quote", "x,\"a\"b,c\nd\n", {"1:1@1:6", "2:[d]"}},
                    scan_case{"column_in_code_points", "\xC3\xA4\xC3\xB6,\"\xE2\x82\xAC\"x\nd\n", {"1:1@1:7", "2:[d]"}},
                    scan_case{"place_after_a_line_break", "\"a\nb\"x,\"q\ny\"\n", {"1:1@2:3"}},
                    scan_case{"open_quote", "a\nb,\"c\nd", {"1:[a]", "2:2@2:3"}},
                    scan_case{"field_too_large", "a,0123456789abc,b\nd\n", {"1:3@1:3", "2:[d]"}},
                    scan_case{"field_just_fits", "a,0123456789ab,b\n", {"1:[a][0123456789ab][b]"}},
                    scan_case{"record_too_large", "0123456789,0123456789,x\nd\n", {"1:4@1:23", "2:[d]"}},
                    scan_case{"open_quote_takes_all", "\"a\n0123456789abcdefghi\nb\n", {"1:3@1:1"}},
                    scan_case{"zero_byte", std::string("a\0b,c\n", 6), {std::string("1:[a\0b][c]", 10)}}),
    [](auto const& row) { return std::string(row.param.name); });

TEST(CsvScannerBounds, TooManyFieldsAreTooLargeARecord) {
    std::string const text = std::string(70'000, ',') + "\na,b\n";
    auto const records = records_in({text});
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0], "1:4@1:65537");
    EXPECT_EQ(records[1], "2:[a][b]");
}

}  // namespace
}  // namespace coax
