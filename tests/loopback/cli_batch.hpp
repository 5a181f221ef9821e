#pragma once

#include "loopback/cli_program.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/value.hpp>
#include <coax/sim/server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace coax::test {

struct output_line {
    std::uint64_t index{0};
    std::string key{};
    std::string status{};
    json_value output{};
    std::map<std::string, json_value> error{};
};

/// The lines of an output file; a line that is none fails the test.
inline std::vector<output_line> lines_of(std::string const& path) {
    std::vector<output_line> lines;
    std::ifstream file{path};
    for (std::string text; std::getline(file, text);) {
        auto line = json::read<output_line>(text, {.require_fields = false});
        EXPECT_TRUE(line) << text;
        if (line) lines.push_back(std::move(*line));
    }
    return lines;
}

/// Whole lines of a file that is being written.
inline std::size_t count_lines(std::string const& path) {
    std::ifstream file{path};
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>{file}, {}, '\n'));
}

/// Each index from 0 to count - 1, once, with its key.
inline void expect_each_once(std::vector<output_line> const& lines, std::uint64_t count) {
    std::vector<int> seen(count, 0);
    for (auto const& line : lines) {
        ASSERT_LT(line.index, count);
        ++seen[line.index];
        EXPECT_EQ(line.key, "post-" + std::to_string(line.index));
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(count));
}

/// 200 records, a simulator over TLS, and the flags to bring them together.
struct batch_setting {
    temp_folder folder{};
    sim::server server;
    std::string input{};
    std::string out{folder.path("out.jsonl")};
    program::environment variables{{"COAX_API_KEY", "sk-test-key"}};

    explicit batch_setting(sim::options options) : server{with_tls(std::move(options))} {
        std::string text;
        for (int i = 0; i < 200; ++i)
            text += R"({"id":"post-)" + std::to_string(i) + R"(","text":"post \"no\" )" + std::to_string(i) + "\"}\n";
        input = folder.write("in.jsonl", text);
        if (!server.ca_pem().empty()) folder.write("ca.pem", server.ca_pem());
    }
    static sim::options with_tls(sim::options options) {
        options.tls = true;
        return options;
    }
    [[nodiscard]] std::vector<std::string> flags(std::vector<std::string> more = {}) const {
        std::vector<std::string> all{"batch",     input,   "--prompt",  "Judge: {{text}}",    "--schema",
                                     "sentiment", "--out", out,         "--base-url",         server.url() + "/v1",
                                     "--model",   "m",     "--ca-file", folder.path("ca.pem")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    [[nodiscard]] program_end run(std::vector<std::string> more = {}) const {
        return run_program(flags(std::move(more)), variables);
    }
};

inline bool all_ok(std::vector<output_line> const& lines) {
    return std::all_of(lines.begin(), lines.end(), [](auto const& line) { return line.status == "ok"; });
}

/// Gives a flag another value.
inline void replace(std::vector<std::string>& flags, std::string const& flag, std::string value) {
    *(std::find(flags.begin(), flags.end(), flag) + 1) = std::move(value);
}

/// Three records without ids.
inline std::string const rows = "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n";

}  // namespace coax::test
