// CSV: whatever the bytes are and however they are cut, the same records come out, within their bounds, and what is
// written of them is read back as it was. The first byte of the input says how to cut and what separates fields.
#include "table/internal/csv_scanner.hpp"
#include "table/internal/csv_text.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using coax::table::detail::append_csv_text;
using coax::table::detail::csv_dialect;
using coax::table::detail::csv_fault;
using coax::table::detail::csv_record;
using coax::table::detail::csv_scanner;

constexpr std::size_t most_bytes = 4U << 10U;

/// The records in a text fed in pieces of `piece_bytes`.
std::vector<csv_record> scan(csv_dialect dialect, std::string_view text, std::size_t piece_bytes) {
    csv_scanner scanner{dialect};
    std::vector<csv_record> records;
    while (!text.empty()) {
        auto piece = text.substr(0, piece_bytes);
        text.remove_prefix(piece.size());
        while (scanner.feed(piece)) records.push_back(scanner.record());
    }
    if (scanner.finish()) records.push_back(scanner.record());
    return records;
}

bool same(std::vector<csv_record> const& a, std::vector<csv_record> const& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t at = 0; at < a.size(); ++at) {
        if (a[at].text != b[at].text || a[at].fault != b[at].fault || a[at].place.line != b[at].place.line)
            return false;
        if (a[at].fields.size() != b[at].fields.size() || a[at].fault_place.column != b[at].fault_place.column)
            return false;
        for (std::size_t field = 0; field < a[at].fields.size() && a[at].fault == csv_fault::none; ++field)
            if (a[at][field] != b[at][field]) return false;
    }
    return true;
}

/// A record as it is written.
std::string written(csv_record const& record, char separator) {
    std::string line;
    for (std::size_t at = 0; at < record.fields.size(); ++at) {
        if (at > 0) line += separator;
        append_csv_text(line, record[at], separator);
    }
    return line + '\n';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    csv_dialect const dialect{bytes[0] % 2 == 0 ? ',' : '\t', most_bytes, most_bytes};
    std::string_view const text{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    auto const records = scan(dialect, text, size);
    if (!same(records, scan(dialect, text, 1)) || !same(records, scan(dialect, text, std::size_t{bytes[0]} + 1)))
        std::abort();
    for (auto const& record : records) {
        if (record.text.size() > most_bytes) std::abort();
        if (record.fault != csv_fault::none) continue;
        auto const again = scan(dialect, written(record, dialect.separator), size);
        if (again.size() != 1 || again[0].text != record.text || again[0].fields.size() != record.fields.size())
            std::abort();
    }
    return 0;
}
