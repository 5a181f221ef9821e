#pragma once

#include <coax/batch/journal.hpp>

#include <chrono>
#include <string>

namespace coax::test {

inline batch_result<std::string> ok(std::uint64_t index, std::string key, std::string text) {
    batch_result<std::string> outcome{.index = index, .key = std::move(key)};
    outcome.value = std::move(text);
    outcome.usage = {.input_tokens = 5, .output_tokens = 2};
    outcome.attempts = 1;
    outcome.latency = std::chrono::milliseconds{12};
    return outcome;
}

/// As a journal writes it that knows nothing of run and row.
inline std::string line_of(batch_result<std::string> const& outcome, line_facts const& facts = {}) {
    return to_json_line(outcome, output_kind::text, facts) + '\n';
}

inline result<void> write(batch_journal& journal, batch_result<std::string> const& outcome,
                          row_identity const& row = {}) {
    return journal.write(outcome, output_kind::text, false, row);
}

/// Lines of outputs that had no checksums.
inline std::string const line_a = R"({"index":0,"key":"a","status":"ok","output":"x"})"
                                  "\n";
inline std::string const line_b = R"({"index":1,"key":"b","status":"error","error":{"code":"refused","message":"no"}})"
                                  "\n";
inline std::string const line_c = R"({"index":2,"key":"c","status":"ok","output":{"n":1}})"
                                  "\n";

}  // namespace coax::test
