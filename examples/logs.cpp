// How do I log every request, without prompts and keys?
// Run: build/release/examples/logs [FOLDER]. Without a key a simulated service answers.
// Prints: the line that FOLDER/inference.log has for a call; FOLDER/default.log has what happened in words.
#include "local_server.hpp"

#include <coax/telemetry/log_observer.hpp>
#include <coax/telemetry/observer.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace {

boost::asio::awaitable<void> ask(coax::client llm) { (void)co_await llm.chat("Say hello in Finnish."); }

}  // namespace

int main(int argc, char** argv) try {
    auto const folder =
        argc > 1 ? std::string{argv[1]} : (std::filesystem::temp_directory_path() / "coax_logs").string();
    local_server const service;
    auto options = service.options();
    auto const log = std::make_shared<coax::log_observer>(coax::log_options{.console = false, .directory = folder});
    options.telemetry.edit().observers.push_back(log);
    coax::runtime rt;
    rt.run(ask(coax::client{rt, std::move(options)}));

    log->flush();
    std::string line;
    for (std::ifstream lines{folder + "/inference.log"}; std::getline(lines, line) && lines.peek() != EOF;) continue;
    std::cout << line << '\n';
} catch (coax::exception const& failure) {
    std::cerr << failure.why() << '\n';
    return 1;
}
