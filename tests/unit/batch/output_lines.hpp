#pragma once

#include <coax/batch/jsonl_writer.hpp>

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

inline std::string const line_a = R"({"index":0,"key":"a","status":"ok","output":"x"})"
                                  "\n";
inline std::string const line_b = R"({"index":1,"key":"b","status":"error","error":{"code":"refused","message":"no"}})"
                                  "\n";
inline std::string const line_c = R"({"index":2,"key":"c","status":"ok","output":{"n":1}})"
                                  "\n";

}  // namespace coax::test
