#pragma once

#include "batch/internal/file.hpp"
#include "table/internal/column_set.hpp"

#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coax::detail {

/// One line of a batch's output.
struct result_line {
    std::uint64_t index{0};
    json_value key{};
    std::string status{};
    json_value output{};
    std::map<std::string, json_value> error{};
    coax::usage usage{};
    std::int64_t attempts{0};
    std::int64_t latency_ms{0};
    std::optional<std::string> model{};
    std::optional<std::string> tier{};
    std::optional<std::string> finish_reason{};
};

/// The lines of a batch's output by index, read from the file when they are wanted.
class journal_index {
public:
    /// Reads all lines once. @param flatten  See `result_table_options`.
    [[nodiscard]] static result<journal_index> open(std::string path, bool flatten);

    /// Nothing: there is no such line.
    [[nodiscard]] result<std::optional<result_line>> find(std::uint64_t index) const;
    /// What the answers have.
    [[nodiscard]] std::vector<table_column> answer_columns() const { return answers_.columns(); }
    [[nodiscard]] bool has_models() const noexcept { return has_models_; }
    [[nodiscard]] bool has_finish_reasons() const noexcept { return has_finish_reasons_; }

private:
    journal_index(std::string path, bool flatten) : path_{std::move(path)}, answers_{flatten} {}
    [[nodiscard]] result<void> read();
    [[nodiscard]] result<result_line> parse(std::string const& text, std::string const& where) const;

    std::string path_;
    file_handle file_{};
    std::vector<std::uint64_t> begins_{};  ///< By index: where its line begins, counted from 1; 0: there is none.
    table::detail::column_set answers_;
    bool has_models_{false};
    bool has_finish_reasons_{false};
};

/// An answer as a row: itself where it is an object, else `{"output":…}`.
[[nodiscard]] json_value answer_row(json_value const& output);

}  // namespace coax::detail
