#pragma once

#include <coax/batch/records.hpp>
#include <coax/chat/response.hpp>
#include <coax/core/result.hpp>
#include <coax/table/table_source.hpp>
#include <coax/tokens/model_facts.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coax {

/// What the rows of a batch's results have.
struct result_table_options {
    /// The input's rows that were asked, as `record_options::limit`. 0: all.
    std::uint64_t limit{0};
    /// Columns, in this order. Empty: all but `index`, `key` and `status`.
    std::vector<std::string> columns{};
    /// Columns that are left out.
    std::vector<std::string> exclude{};
    /// The members of answers and JSONL rows are columns, and members of their members too, as `a.b`, unless these are
    /// more than 1,000; otherwise only their members are, whatever they hold (`table_column::children`). Then `columns`
    /// may name a member that is no object, as `a.b`, all the same.
    bool flatten{true};
    /// What column `model` says. Empty: there is none.
    std::string model{};
    /// What tokens cost at a price, as JSON; nothing: not known. Not set: there is no column `cost`.
    std::function<std::optional<std::string>(usage const&, billing::tier)> cost{};
};

/// The columns besides those of the input and of the answers: error, error_kind, model, input_tokens, output_tokens,
/// cost, attempts, latency_ms; index, key and status where they are asked for.
[[nodiscard]] std::vector<std::string> const& result_columns();

/// A batch's input beside its answers: a row for each row of the input, in its order. Columns of the input come first,
/// with their values and types as they are; then those of the answers: the members of objects, else `output`; then
/// those of `result_columns`. A name that an earlier column has gets a prefix: `output.` or `result.`.
///
/// Reads both once before the rows, to know the columns; then keeps 8 bytes a row.
/// @param journal  The batch's output, as `jsonl_writer` writes it. A row that it lacks has nothing but its input.
/// @param input    Opens what the batch was asked about.
/// Errors: as the input; `errc::io_failed`; `errc::invalid_json` ("path:line"): a line that no batch wrote;
/// `errc::invalid_argument`: `columns` or `exclude` name a column that there is not.
[[nodiscard]] result<std::unique_ptr<table_source>> read_results(std::string journal, table_opener const& input,
                                                                 result_table_options options = {});

}  // namespace coax
