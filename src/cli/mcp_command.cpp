#include "cli/background_batches.hpp"
#include "cli/built_in_schemas.hpp"
#include "cli/commands.hpp"
#include "cli/configured_client.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/telemetry_export.hpp"

#include <coax/bind/read.hpp>
#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
#include <coax/client/toolbox.hpp>
#include <coax/mcp/server.hpp>
#include <coax/runtime/as_result.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/schema/runtime_schema.hpp>
#include <coax/version.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>

namespace coax::cli {
namespace {

constexpr char mcp_help[] =
    "Speaks the Model Context Protocol on standard input and output, for an\n"
    "assistant that starts it, with the service's key in its environment.\n"
    "Tools: chat; sentiment, summary, yes_no and keywords of a text; batch_start,\n"
    "batch_status and batch_stop, which run `coax batch` as a process of its own\n"
    "that outlives this one and writes its progress to OUT.log.\n";

constexpr char mcp_instructions[] =
    "chat asks a language model one question. sentiment, summary, yes_no and keywords answer about a text in JSON. "
    "batch_start works on a JSONL file in the background; ask batch_status for its progress, and start it again with "
    "resume to go on after an end.";

struct chat_arguments {
    std::string prompt{};
    std::optional<std::string> system{};
    std::optional<std::int64_t> max_tokens{};

    static constexpr auto coax_schema =
        describe("A question to a language model", field(&chat_arguments::prompt, "The question"),
                 field(&chat_arguments::system, "A system message"),
                 field(&chat_arguments::max_tokens, {.description = "Most tokens of the answer", .minimum = 1}));
};

struct text_arguments {
    std::string text{};
    std::optional<std::string> question{};

    static constexpr auto coax_schema =
        describe("A text to be looked at", field(&text_arguments::text, "The text"),
                 field(&text_arguments::question, "What is asked about it; needed for yes_no"));
};

struct output_argument {
    std::string out{};

    static constexpr auto coax_schema =
        describe("A batch", field(&output_argument::out, "Its output file, as given to batch_start"));
};

asio::awaitable<std::string> chat_tool(client llm, chat_request request, chat_arguments given) {
    if (given.system) request.messages.push_back(system(*std::move(given.system)));
    request.messages.push_back(user(std::move(given.prompt)));
    if (given.max_tokens) request.max_output_tokens = given.max_tokens;
    co_return (co_await llm.chat(std::move(request))).text;
}

asio::awaitable<std::string> question_tool(client llm, chat_request request, runtime_schema schema,
                                           text_arguments given) {
    auto text = given.question ? *given.question + "\n\n" + given.text : std::move(given.text);
    request.messages.push_back(user(std::move(text)));
    auto response = co_await llm.parse(std::move(request), output_format::of(schema));
    auto const value = json::read<json_value>(response.text, {.leniency = llm.options().output.leniency});
    if (!value) co_return std::move(response.text);
    co_return value->text();
}

void add_questions(toolbox& tools, client const& llm, chat_request const& request) {
    for (auto const name : built_in_schema_names()) {
        auto schema = value_or_throw(runtime_schema::parse(built_in_schema(name).value()));
        tools.add(std::string{name}, "Asks a language model for the " + std::string{name} + " of a text; JSON",
                  [llm, request, form = std::move(schema)](text_arguments given) {
                      return question_tool(llm, request, form, std::move(given));
                  });
    }
}

void add_batches(toolbox& tools, service_flags const& service) {
    auto const batches = std::make_shared<background_batches>(service);
    tools.add("batch_start", "Begins to ask a language model about each record of a JSONL file, in the background",
              [batches](batch_order order) { return value_or_throw(batches->start(order)); });
    tools.add("batch_status", "Tells how far a batch is",
              [batches](output_argument given) { return value_or_throw(batches->status(given.out)); });
    tools.add("batch_stop", "Lets a batch finish what is in work and begin no more",
              [batches](output_argument given) { return value_or_throw(batches->stop(given.out)); });
}

int run_mcp(service_flags const& service) {
    auto set = resolve_all(service, process_environment);
    if (!set) {
        print_error(set.error());
        return resolve_exit_code(set.error());
    }
    telemetry_export const exported{set->client, process_environment};
    runtime rt;
    client const llm = configured_client(rt.executor(), *set, service);
    toolbox tools;
    tools.add(
        "chat", "Asks a language model one question and returns its answer",
        [llm, request = set->request](chat_arguments given) { return chat_tool(llm, request, std::move(given)); });
    add_questions(tools, llm, set->request);
    add_batches(tools, service);
    mcp::server const server{std::move(tools), {.program_version = COAX_VERSION, .instructions = mcp_instructions}};
    auto const served = rt.run(as_result(server.serve_stdio()));
    if (served) return all_ok;
    print_error(served.error());
    return could_not_go_on;
}

}  // namespace

void add_mcp_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command =
        program.add_subcommand("mcp", "Serve chats, questions and batches to an assistant, as an MCP server");
    command->footer(std::string{mcp_help} + exit_code_help);
    command->callback([&service, &chosen] { chosen = [&service] { return run_mcp(service); }; });
}

}  // namespace coax::cli
