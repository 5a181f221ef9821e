#include "cli/cache_flags.hpp"
#include "cli/commands.hpp"
#include "cli/configured_client.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/mcp_servers.hpp"
#include "cli/number_flag.hpp"
#include "cli/setting_flags.hpp"
#include "cli/telemetry_export.hpp"

#include <coax/chat/content_file.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/client.hpp>
#include <coax/client/tool_stream.hpp>
#include <coax/json/writer.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax::cli {

namespace {

struct chat_flags {
    std::string text{};
    std::string system{};
    std::vector<std::string> files{};
    std::vector<std::string> mcp{};
    bool stream{false};
    bool as_json{false};
    std::optional<double> temperature{};
    std::optional<std::int64_t> max_tokens{};
    std::optional<double> timeout{};
    cache_flags cache{};
};

/// A response that is printed piece by piece. Ends its line, so that a note after it begins on a new one.
class open_line {
public:
    open_line() = default;
    open_line(open_line const&) = delete;
    open_line& operator=(open_line const&) = delete;
    ~open_line() {
        if (open_) std::fputs("\n", stdout);  // main says so if it cannot be written
    }

    void add(std::string const& piece) {
        if (piece.empty()) return;
        print_answer(piece);
        open_ = true;
    }
    void end() {
        if (std::exchange(open_, false)) print_answer("\n");
    }

private:
    bool open_{false};
};

/// Prints why a response is incomplete, if it is. Returns the exit code.
int check_complete(chat_response const& response) {
    switch (response.finish_reason) {
        case finish_reason::refusal:
            print_note("the model declined to answer: " + response.refusal);
            return some_failed;
        case finish_reason::content_filter: print_note("a content filter cut the answer"); return some_failed;
        case finish_reason::length: print_note("the answer was cut by its token limit"); return some_failed;
        default: return all_ok;
    }
}

std::string response_as_json(chat_response const& response) {
    std::string text;
    json::writer out{text};
    out.begin_object().member("text", std::string_view{response.text});
    if (!response.refusal.empty()) out.member("refusal", std::string_view{response.refusal});
    if (!response.reasoning.empty()) out.member("reasoning", std::string_view{response.reasoning});
    out.member("finish_reason", to_string(response.finish_reason)).member("model", std::string_view{response.model});
    out.key("usage").begin_object().member("input_tokens", response.usage.input_tokens);
    out.member("output_tokens", response.usage.output_tokens).end_object();
    out.member("attempts", response.attempts).member("cached", response.cached);
    out.member("latency_ms", response.latency.count()).end_object();
    return text;
}

int print_response(chat_response const& response, bool as_json) {
    if (as_json)
        print_answer(response_as_json(response) + '\n');
    else if (!response.text.empty())
        print_answer(response.text + '\n');
    return check_complete(response);
}

asio::awaitable<int> print_whole(client llm, chat_request request, bool as_json) {
    co_return print_response(co_await llm.chat(std::move(request)), as_json);
}

asio::awaitable<int> print_with_tools(client llm, chat_request request, mcp_servers& servers, bool as_json) {
    auto tools = co_await servers.tools();
    co_return print_response(co_await llm.run(std::move(request), std::move(tools)), as_json);
}

asio::awaitable<int> print_stream(client llm, chat_request request) {
    auto stream = co_await llm.stream(std::move(request));
    open_line line;
    while (auto const delta = co_await stream.next()) line.add(delta->text);
    line.end();
    co_return check_complete(co_await stream.finish());
}

/// As the model writes; each of its turns begins a line.
asio::awaitable<int> print_stream_with_tools(client llm, chat_request request, mcp_servers& servers) {
    auto tools = co_await servers.tools();
    auto run = co_await llm.run_stream(std::move(request), std::move(tools));
    open_line line;
    while (auto const event = co_await run.next()) {
        if (event->kind == run_event_kind::round_begun) line.end();
        if (event->kind == run_event_kind::text) line.add(event->text);
    }
    line.end();
    co_return check_complete(co_await run.finish());
}

asio::awaitable<int> ask(client llm, chat_request request, chat_flags const& flags, mcp_servers& tools) {
    if (tools.empty())
        return flags.stream ? print_stream(std::move(llm), std::move(request))
                            : print_whole(std::move(llm), std::move(request), flags.as_json);
    return flags.stream ? print_stream_with_tools(std::move(llm), std::move(request), tools)
                        : print_with_tools(std::move(llm), std::move(request), tools, flags.as_json);
}

int exit_code_of(error const& why) {
    switch (why.code) {
        case errc::invalid_argument: return bad_usage;
        case errc::authentication:
        case errc::quota_exhausted:
        case errc::connect_failed:
        case errc::tls_failed:
        case errc::not_found:
        case errc::io_failed: return could_not_go_on;
        default: return some_failed;
    }
}

/// The question and the files that belong to it.
result<message> question_of(std::string text, std::vector<std::string> const& files) try {
    if (files.empty()) return user(std::move(text));
    message question{.parts = {text_part{std::move(text)}}};
    for (auto const& path : files) question.parts.push_back(content_file(path));
    return question;
} catch (exception const& wrong) {
    return wrong.why();
}

std::vector<setting> settings_of(chat_flags const& flags) {
    setting_flags stated;
    stated.add("request.temperature", flags.temperature, "--temperature")
        .add("request.max_output_tokens", flags.max_tokens, "--max-tokens")
        .add_seconds("policies.timeout", flags.timeout, "--timeout");
    add_settings(stated, flags.cache);
    return std::move(stated).take();
}

/// @param request  With the parameters that are set.
result<chat_request> request_of(chat_flags const& flags, chat_request request) {
    auto text = flags.text == "-" ? read_file("-") : result<std::string>{flags.text};
    if (!text) return text.error();
    if (!flags.system.empty()) request.messages.push_back(system(flags.system));
    auto question = question_of(std::move(*text), flags.files);
    if (!question) return question.error();
    request.messages.push_back(std::move(*question));
    return request;
}

int run_chat(chat_flags const& flags, service_flags const& service) {
    auto const fail = [](error const& why, int code) {
        print_error(why);
        return code;
    };
    if (auto checked = check_cache_flags(flags.cache); !checked) return fail(checked.error(), bad_usage);
    auto set = resolve_all(service, process_environment, {.flags = settings_of(flags)});
    if (!set) return fail(set.error(), resolve_exit_code(set.error()));
    auto request = request_of(flags, std::move(set->request));
    if (!request) return fail(request.error(), bad_usage);
    if (auto opened = open_response_cache(set->client); !opened)
        return fail(opened.error(), exit_code_of(opened.error()));
    auto servers = mcp_options(flags.mcp, *set);
    if (!servers) return fail(servers.error(), bad_usage);

    telemetry_export const exported{set->client, process_environment};
    runtime rt;
    mcp_servers tools{rt.executor(), *std::move(servers), *set};
    client const llm = configured_client(rt.executor(), *set, service);
    auto const code = rt.run(as_result(ask(llm, *std::move(request), flags, tools)));
    rt.run(tools.close());
    return code ? *code : fail(code.error(), exit_code_of(code.error()));
}

}  // namespace

void add_chat_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command = program.add_subcommand("chat", "Ask one question and print the answer");
    auto flags = std::make_shared<chat_flags>();
    command->add_option("TEXT", flags->text, "The question; - reads it from standard input")->required();
    auto* const stream = command->add_flag("--stream", flags->stream, "Print the answer as it is written");
    command->add_flag("--json", flags->as_json, "Print the answer with its tokens, time and so on as a JSON object")
        ->excludes(stream);
    command
        ->add_option("--mcp", flags->mcp,
                     "MCP server whose tools the model may use: its address, or the command that starts it; may be "
                     "repeated")
        ->allow_extra_args(false);
    command->add_option("--system", flags->system, "System message");
    command->add_option("--file", flags->files, "Image, PDF, text or sound that the question is about; may be repeated")
        ->allow_extra_args(false);
    add_number(*command, "--temperature", flags->temperature, number_range{0.0, 2.0}, "Sampling temperature");
    add_number(*command, "--max-tokens", flags->max_tokens, number_range{std::int64_t{1}}, "Most tokens of the answer");
    add_number(*command, "--timeout", flags->timeout, number_range{0.0, 1e6},
               "Seconds for the whole call, retries included; 0: no limit");
    add_cache_flags(*command, flags->cache);
    command->callback([flags, &service, &chosen] { chosen = [flags, &service] { return run_chat(*flags, service); }; });
}

}  // namespace coax::cli
