#include "cli/mcp_servers.hpp"

#include "cli/console.hpp"

#include <coax/http/http_transport.hpp>
#include <coax/telemetry/log_observer.hpp>

#include <memory>
#include <utility>

namespace coax::cli {
namespace {

mcp::session_options server_of_flag(std::string const& flag) {
    mcp::session_options made;
    if (flag.starts_with("http://") || flag.starts_with("https://"))
        made.url = flag;
    else
        made.command = {"/bin/sh", "-c", flag};
    return made;
}

/// What holds for the service holds for servers that state nothing of their own.
void complete_server(mcp::session_options& server, http_options const& http) {
    if (server.http.ca_file.empty()) server.http.ca_file = http.ca_file;
    if (server.http.https_proxy.empty()) server.http.https_proxy = http.https_proxy;
    if (server.http.no_proxy.empty()) server.http.no_proxy = http.no_proxy;
}

/// The log that observes a client; null: there is none.
std::shared_ptr<log_observer> log_of(configuration const& set) {
    for (auto const& each : set.client.telemetry->observers)
        if (auto found = std::dynamic_pointer_cast<log_observer>(each)) return found;
    return nullptr;
}

std::function<void(std::string_view)> line_logger(std::shared_ptr<log_observer> log, std::string const& name) {
    if (!log) return {};
    return [log = std::move(log), name](std::string_view line) {
        log->write(log_level::info, "MCP server " + name + ": " + std::string{line});
    };
}

}  // namespace

result<std::vector<mcp::session_options>> mcp_options(std::vector<std::string> const& flags, configuration const& set) {
    std::vector<mcp::session_options> all;
    for (auto const& [name, stated] : set.mcp) {
        all.push_back(stated);
        all.back().name = name;
    }
    for (auto const& flag : flags) {
        all.push_back(server_of_flag(flag));
        if (auto valid = validate(all.back()); !valid) return invalid_argument("--mcp", valid.error().message);
    }
    for (auto& each : all) complete_server(each, set.client.http);
    return all;
}

mcp_servers::mcp_servers(asio::any_io_executor executor, std::vector<mcp::session_options> options,
                         configuration const& set) {
    auto const log = log_of(set);
    for (auto& each : options) {
        auto const& name = !each.name.empty() ? each.name : !each.url.empty() ? each.url : each.command.back();
        each.on_stderr = line_logger(log, name);
        sessions_.emplace_back(executor, std::move(each));
    }
}

asio::awaitable<toolbox> mcp_servers::tools() {
    toolbox box;
    for (auto& each : sessions_) {
        for (auto const& left_out : (co_await each.tools()).left_out) print_note("a tool is left out: " + left_out);
        box = co_await each.add_to(std::move(box));
    }
    co_return box;
}

asio::awaitable<void> mcp_servers::close() {
    for (auto& each : sessions_) co_await each.close();
}

}  // namespace coax::cli
