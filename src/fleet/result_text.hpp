#pragma once

#include <coax/batch/outcome.hpp>
#include <coax/core/result.hpp>

#include <string>
#include <string_view>

namespace coax::fleet::detail {

/// What came of a row, as Redis keeps it.
[[nodiscard]] std::string result_text(result<batch_output<std::string>> const& outcome);
[[nodiscard]] std::string result_text(error const& why);

/// Errors: those of the row; `errc::protocol_error`: it is no result.
[[nodiscard]] result<batch_output<std::string>> read_result(std::string_view text);

}  // namespace coax::fleet::detail
