#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/number_flag.hpp"
#include "cli/service_flags.hpp"

#include <coax/sim/server.hpp>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coax::cli {

namespace {

struct serve_sim_flags {
    sim::options options{};
    std::string ca_out{};
    std::string script{};
    std::int64_t latency_ms{0};
    std::vector<std::string> faults{};
    std::vector<std::string> batch_faults{};
    std::int64_t batch_ms{0};
};

constexpr auto script_help =
    "A rule of --script says when it answers, and what; the first that fits is used. All that stands in \"when\" must\n"
    "hold: prompt (words in the user's last message), prompt_regex, model (\"gpt-*\": names that begin so), schema (a\n"
    "property at its root, or its title), tool (one of this name may be called), tool_result (words in a result).\n"
    "In \"then\" stands one of text ({prompt} and {tool_results} stand for those), json, tool_calls, refusal and "
    "status\n"
    "(an error, with its message), and headers and delay_ms. \"times\" is how often the rule answers.\n"
    "  {\"when\":{\"tool_result\":\"degrees\"},\"then\":{\"text\":\"Take a coat: {tool_results}.\"}}\n"
    "  "
    "{\"when\":{\"tool\":\"get_weather\"},\"then\":{\"tool_calls\":[{\"name\":\"get_weather\",\"arguments\":{\"city\":"
    "\"Oslo\"}}]}}\n"
    "  {\"when\":{\"schema\":\"label\"},\"then\":{\"json\":{\"label\":\"angry\",\"score\":9}}}\n"
    "  {\"times\":2,\"then\":{\"status\":503,\"headers\":{\"retry-after\":\"1\"}}}\n\n"
    "The environment variable COAX_SIM_KEY names the only key accepted; unset: any.";

/// `KIND=PROBABILITY` and `KIND:PROBABILITY:VALUE` alike.
result<sim::fault> fault_of(std::string text) {
    std::replace(text.begin(), text.end(), '=', ':');
    return sim::parse_fault(text);
}

void print_stats(sim::server_stats const& stats) {
    std::printf("%llu requests, %llu connections\n", static_cast<unsigned long long>(stats.requests),
                static_cast<unsigned long long>(stats.connections));
    for (auto const& [status, count] : stats.responses_by_status)
        std::printf("status %d: %llu\n", status, static_cast<unsigned long long>(count));
    if (stats.batches > 0)
        std::printf("batches: %llu, rows done: %llu\n", static_cast<unsigned long long>(stats.batches),
                    static_cast<unsigned long long>(stats.batch_rows));
    for (auto const& [kind, count] : stats.faults)
        std::printf("fault %s: %llu\n", std::string{to_string(kind)}.c_str(), static_cast<unsigned long long>(count));
}

int serve_sim(serve_sim_flags const& flags) {
    auto const fail = [](error const& why, int code) {
        print_error(why);
        return code;
    };
    auto options = flags.options;
    options.latency.first_byte = std::chrono::milliseconds{flags.latency_ms};
    for (auto const& text : flags.faults) {
        auto fault = fault_of(text);
        if (!fault) return fail(fault.error(), bad_usage);
        options.faults.push_back(*fault);
    }
    options.batch_duration = std::chrono::milliseconds{flags.batch_ms};
    for (auto const& text : flags.batch_faults) {
        auto fault = sim::parse_batch_fault(text);
        if (!fault) return fail(fault.error(), bad_usage);
        options.batch_faults.push_back(*fault);
    }
    if (!flags.script.empty()) {
        auto const text = read_file(flags.script);
        if (!text) return fail(text.error(), could_not_go_on);
        auto rules = sim::parse_answer_rules(*text, flags.script);
        if (!rules) return fail(rules.error(), bad_usage);
        options.answers = *std::move(rules);
    }
    if (auto key = process_environment("COAX_SIM_KEY")) options.api_key = secret{std::move(*key)};
    if (auto const valid = sim::validate(options); !valid) return fail(valid.error(), bad_usage);
    raise_file_limit();

    // Waiting for signals begins before the address is told: whoever reads it may send one at once.
    asio::io_context waiting{1};
    asio::signal_set signals{waiting, SIGINT, SIGTERM};
    signals.async_wait([](auto, int) {});
    sim::server server{std::move(options)};
    if (!flags.ca_out.empty())
        if (auto written = write_file(flags.ca_out, server.ca_pem()); !written)
            return fail(written.error(), could_not_go_on);
    std::printf("serving on %s\n", server.url().c_str());
    std::fflush(stdout);

    waiting.run();
    auto const stats = server.stats();
    server.stop();
    print_stats(stats);
    return all_ok;
}

}  // namespace

void add_serve_sim_command(CLI::App& program, chosen_command& chosen) {
    auto* const command = program.add_subcommand(
        "serve-sim", "Serve made-up answers on 127.0.0.1 as OpenAI, Azure, Anthropic and Gemini do, until Ctrl-C");
    auto flags = std::make_shared<serve_sim_flags>();
    auto& options = flags->options;
    add_number(*command, "--port", options.port, number_range<int>{0, 65'535},
               "0: any free one; the address is printed");
    auto* const tls = command->add_flag("--tls", options.tls, "Serve TLS with a certificate of its own");
    command->add_option("--ca-out", flags->ca_out, "Write the certificate authority there, for --ca-file")->needs(tls);
    command->add_option("--certificate-host", options.certificate_host, "Host name in the certificate")->needs(tls);
    add_number(*command, "--seed", options.seed, number_range{std::uint64_t{0}}, "Decides answers and faults");
    constexpr number_range count{0.0, 1e9};
    add_number(*command, "--rpm", options.requests_per_minute, count, "Requests a minute before 429; 0: no limit");
    add_number(*command, "--tpm", options.tokens_per_minute, count, "Tokens a minute before 429; 0: no limit");
    add_number(*command, "--latency-ms", flags->latency_ms, number_range<std::int64_t>{0, 86'400'000},
               "Wait before the first byte");
    add_number(*command, "--tokens-per-second", options.latency.tokens_per_second, number_range{0.0, 1e9},
               "Speed of writing; 0: at once");
    command->add_option(
        "--fault", flags->faults,
        "KIND=PROBABILITY or KIND:PROBABILITY:VALUE, repeatable, such as reset=0.05, http_status:0.1:503, "
        "rate_limited:0.1:200 (milliseconds), schema_violation=0.05");
    add_number(*command, "--batch-ms", flags->batch_ms, number_range<std::int64_t>{0, 86'400'000},
               "From the making of a batch to its end");
    command->add_option(
        "--batch-fault", flags->batch_faults,
        "KIND, KIND:SHARE or KIND:SHARE:BATCH, repeatable, such as expire:0.5:1, fail_rows:0.5, vanish, "
        "invalid, out_of_order, lost_answer");
    command->add_option("--script", flags->script,
                        "Answer by the rules in this file, one a line, where one of them fits (see below)");
    command->add_option("--record", options.record_file,
                        "Add each request to this file as a line of JSON, with secrets as ***");
    command->footer(script_help);
    command->callback([flags, &chosen] { chosen = [flags] { return serve_sim(*flags); }; });
}

}  // namespace coax::cli
