#include "support/child_process.hpp"
#include "support/rounds.hpp"
#include "unit/table/table_rows.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/table/write_table.hpp>

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coax {
namespace {

using test::temp_folder;
using cell_rows = std::vector<std::vector<std::string>>;  ///< The header first.

// Makes hostile tables with Python's csv, each as CSV of some dialect and as JSON; then reads with it what coax wrote.
constexpr char script[] = R"py(
import csv, json, random, sys
what, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
random.seed(14)
parts = ['"', '""', ',', ';', '\t', '|', ' ', "'", '\\', 'a', 'B', '0', '1', '-', '.', 'ä', '漢字', '🙂', 'e\u0301', '=1+1', 'null', '\ufeff', '\x1b', '\x7f']
separators = {',': 'csv', '\t': 'tsv', ';': 'csv', '|': 'csv'}
for i in range(count):
    separator = random.choice(list(separators))
    end = random.choice(['\r\n', '\n', '\r'])
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    # Python does not put the other line break into quotes
    breaks = ['\r', '\n', '\r\n'] if quoting == csv.QUOTE_ALL or end == '\r\n' else [end]
    field = lambda: ''.join(random.choice(parts + breaks) for _ in range(random.choice([0, 1, 1, 2, 3, 8, 40])))
    width = random.randint(1, 6)
    header = ['c%d' % n + field() for n in range(width)]
    rows = [[field() for _ in range(width)] for _ in range(random.randint(0, 8))]
    name = '%s/%d' % (folder, i)
    if what == 'make':
        with open(name + '.csv', 'w', newline='', encoding=random.choice(['utf-8', 'utf-8-sig'])) as out:
            csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows([header] + rows)
        with open(name + '.json', 'w') as out:
            json.dump({'separator': separator, 'cells': [header] + rows}, out)
    else:
        with open(name + '.json') as file:
            made = json.load(file)
        wanted = made['cells']
        with open(name + '.out', newline='', encoding='utf-8') as written:
            read = list(csv.reader(written, delimiter=made['separator'], strict=True))
        if read != wanted:
            print('table', i, 'differs:', read, wanted, file=sys.stderr)
            sys.exit(1)
)py";

struct made_table {
    std::string separator{};
    cell_rows cells{};
};

int run_python(temp_folder const& folder, char const* what, int count) {
    return test::child_process{
        {COAX_PYTHON, folder.write("tables.py", script), what, folder.path(""), std::to_string(count)}}
        .wait();
}

/// What coax reads of a table; a null is an empty text.
cell_rows read_cells(std::string const& path, char separator) {
    auto table = read_table(path, {.format = table_format::csv, .separator = separator, .sample_rows = 0}).value();
    cell_rows all(1);
    for (auto const& column : table->columns()) all[0].push_back(column.name);
    for (auto const& row : test::rows_of(*table)) {
        EXPECT_FALSE(row.problem) << *row.problem;
        auto const fields = json::read<std::map<std::string, std::optional<std::string>>>(row.fields).value();
        auto& values = all.emplace_back();
        for (auto const& column : table->columns()) values.push_back(fields.at(column.name).value_or(""));
    }
    return all;
}

TEST(PythonCsv, HostileTablesComeThroughBothWays) {
    if (std::string_view{COAX_PYTHON}.empty()) GTEST_SKIP() << "needs Python";
    auto const count = test::rounds(100, 1'000);
    temp_folder const folder;
    ASSERT_EQ(run_python(folder, "make", count), 0);
    for (int i = 0; i < count; ++i) {
        auto const name = folder.path(std::to_string(i));
        auto const made = json::read<made_table>(temp_folder::read(name + ".json")).value();
        auto const separator = made.separator[0];
        ASSERT_EQ(read_cells(name + ".csv", separator), made.cells) << i;
        auto table =
            read_table(name + ".csv", {.format = table_format::csv, .separator = separator, .sample_rows = 0}).value();
        auto const written = write_table(*table, name + ".out", {.format = table_format::csv, .separator = separator});
        ASSERT_TRUE(written) << written.error();
    }
    EXPECT_EQ(run_python(folder, "check", count), 0);
}

TEST(PythonCsv, TypesThatAreFoundOutChangeNothing) {
    temp_folder const folder;
    for (std::string const text : {"id,x,b,d,z\n1,1.50,true,2026-11-29,007\n-0,1E5,false,2026-11-30,1\n",
                                   "a\n12345678901234567890\n1\n", "a,b\n1e400,nan\n0.10,inf\n", "a\nTrue\n\"  \"\n"}) {
        auto table = read_table(folder.write("in.csv", text)).value();
        EXPECT_TRUE(write_table(*table, folder.path("out.csv")));
        EXPECT_EQ(temp_folder::read(folder.path("out.csv")), text);
    }
}

}  // namespace
}  // namespace coax
