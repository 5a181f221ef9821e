#pragma once

#include "unit/batch/temp_file.hpp"

#include <coax/table/read_table.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::test {

/// All rows; an error fails the test.
inline std::vector<table_row> rows_of(table_source& table) {
    std::vector<table_row> rows;
    for (;;) {
        auto row = table.next();
        if (!row) ADD_FAILURE() << row.error();
        if (!row || !*row) return rows;
        rows.push_back(std::move(**row));
    }
}

inline std::vector<table_row> rows_of(std::string const& path, table_options options = {}) {
    auto table = read_table(path, std::move(options));
    if (table) return rows_of(**table);
    ADD_FAILURE() << table.error();
    return {};
}

/// Each row as JSON, or as "where: message" where it has a problem.
inline std::vector<std::string> texts_of(std::vector<table_row> const& rows) {
    std::vector<std::string> texts;
    for (auto const& row : rows)
        texts.push_back(row.problem ? row.problem->where + ": " + row.problem->message : row.fields.text());
    return texts;
}

/// How reading to the end fails.
inline error failure_of(std::string const& path, table_options options = {}) {
    auto table = read_table(path, std::move(options));
    if (!table) return table.error();
    for (;;) {
        auto row = (*table)->next();
        if (!row) return row.error();
        if (*row) continue;
        ADD_FAILURE() << path << " was read to its end";
        return {};
    }
}

}  // namespace coax::test
