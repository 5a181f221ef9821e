#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exit_code.hpp"
#include "cli/files.hpp"
#include "cli/help.hpp"

#include <coax/client/client.hpp>
#include <coax/client/connection_check.hpp>
#include <coax/http/http_transport.hpp>
#include <coax/json/writer.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/runtime/runtime.hpp>
#include <coax/tokens/model_encoding.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace coax::cli {

namespace {

using namespace std::chrono_literals;

enum class verdict { ok, note, wrong };

struct finding {
    verdict is{verdict::ok};
    std::string what{};    ///< "key", "clock".
    std::string found{};   ///< How it is.
    std::string remedy{};  ///< What to do, where something is.
};

finding configuration_finding(service_flags const& flags) {
    auto const path = configuration_path(flags, process_environment);
    if (!path.empty()) return {verdict::ok, "configuration", path};
    if (!file_exists("coax.yaml")) return {verdict::ok, "configuration", "none: flags and environment only"};
    return {verdict::note, "configuration", "coax.yaml is here, but not used",
            "set COAX_CONFIG=coax.yaml, or give --config"};
}

finding proxy_finding(client_options const& options) {
    if (options.http.https_proxy.empty()) return {verdict::ok, "proxy", "none"};
    auto const base = parse_base_url(options.service.provider.base_url);
    if (!base) return {verdict::ok, "proxy", "set"};
    if (auto const usable = check_for(options.http, base->to); !usable)
        return {verdict::wrong, "proxy", error_text(usable.error()), "correct or unset HTTPS_PROXY"};
    return {verdict::ok, "proxy", base->to.tls ? "set, for https" : "set, but the service is reached by plain http"};
}

finding files_finding(client_options const& options) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {verdict::note, "open files", "their limit cannot be read"};
    auto const wanted = options.policies.max_concurrency + 32;
    auto const text = std::to_string(limit.rlim_max) + " at most";
    if (limit.rlim_max >= wanted) return {verdict::ok, "open files", text};
    return {verdict::wrong, "open files",
            text + ", but " + std::to_string(options.policies.max_concurrency) + " requests may be under way",
            "lower the concurrency, or raise the limit: ulimit -Hn"};
}

finding ranks_finding(std::string const& model) {
    auto const which = encoding_of_model(model);
    if (!which)
        return {verdict::ok, "token counts", "by the service, or estimates: how the model counts is not published"};
    if (auto const loaded = tokenizer::load(which->encoding); !loaded)
        return {verdict::note, "token counts", error_text(loaded.error()),
                "scripts/fetch_ranks installs what is missing"};
    return {verdict::ok, "token counts", "exact, by " + std::string{to_string(which->encoding)}};
}

std::string state_text(check_state state) {
    return state == check_state::ok ? "ok" : state == check_state::wrong ? "wrong" : "not known";
}

std::string remedy_of(connection_check const& check, service_flags const& flags) {
    bool const is_tls = check.address == check_state::wrong && check.why->code == errc::tls_failed;
    if (is_tls && check.why->message.find("client certificate") != std::string::npos)
        return "name a certificate that the service accepts, and its key, with --client-certificate and --client-key";
    if (is_tls) return "if the service has a certificate of your own authority, name its file with --ca-file";
    if (check.address == check_state::wrong)
        return "correct --base-url (or the service's variable), and look at the proxy";
    if (check.key == check_state::wrong) return "set the service's key anew; `coax providers` names its variable";
    if (check.model == check_state::wrong)
        return flags.model.empty() ? "choose a model with --model or COAX_MODEL; `coax models` lists them"
                                   : "choose another model; `coax models` lists them";
    return "try again later";
}

void add_connection(std::vector<finding>& all, client_info const& info, connection_check const& check,
                    service_flags const& flags) {
    auto const add = [&](std::string what, check_state state, std::string const& text) {
        all.push_back({state == check_state::wrong ? verdict::wrong
                       : state == check_state::ok  ? verdict::ok
                                                   : verdict::note,
                       std::move(what), text + ": " + state_text(state)});
    };
    add("address", check.address, info.address);
    add("key", check.key, info.key);
    add("model", check.model, check.model_name.empty() ? "the only one" : check.model_name);
    if (check.ok()) return;
    auto const first = std::ranges::find_if(all, [](finding const& one) { return one.is == verdict::wrong; });
    auto& blamed = first == all.end() ? all.back() : *first;
    blamed.found += " (" + error_text(*check.why) + ')';
    blamed.remedy = remedy_of(check, flags);
}

/// By how much this machine's clock is ahead of the service's. Nothing: the service does not tell the time.
asio::awaitable<std::optional<std::chrono::seconds>> clock_ahead(http_options options, base_url at) {
    http_transport transport{co_await asio::this_coro::executor, std::move(options)};
    auto const response = co_await transport.send(
        {.to = at.to, .method = "GET", .target = at.path.empty() ? "/" : at.path}, {.first_byte = 5s, .total = 10s});
    if (!response) co_return std::nullopt;
    std::tm parts{};
    std::string const date{response->headers.find("Date")};
    if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) co_return std::nullopt;
    co_return std::chrono::seconds{std::time(nullptr) - ::timegm(&parts)};
}

finding clock_finding(std::optional<std::chrono::seconds> ahead) {
    if (!ahead) return {verdict::ok, "clock", "not compared: the service tells no time"};
    auto const off = std::chrono::abs(*ahead);
    if (off <= 30s) return {verdict::ok, "clock", "as the service's"};
    return {off > 5min ? verdict::wrong : verdict::note, "clock",
            std::to_string(off.count()) + (*ahead > 0s ? " s ahead of the service's" : " s behind the service's"),
            "set it (timedatectl set-ntp true): certificates, tokens and waits that are told depend on it"};
}

asio::awaitable<std::vector<finding>> examine(client_options options, service_flags const& flags) {
    std::vector<finding> all{proxy_finding(options), files_finding(options)};
    auto const base = parse_base_url(options.service.provider.base_url);
    auto const http = options.http;
    client const llm{co_await asio::this_coro::executor, std::move(options)};
    auto const info = llm.info();
    auto const check = co_await llm.check_connection();
    add_connection(all, info, check, flags);
    if (check.address == check_state::ok) {
        auto const address = base ? base : parse_base_url(info.address);
        if (address) all.push_back(clock_finding(co_await clock_ahead(http, *address)));
    }
    all.push_back(ranks_finding(info.model));
    co_return all;
}

/// On a terminal lines are broken at its width; elsewhere each finding is a line, as other programs read it.
std::size_t text_width() {
    if (::isatty(STDOUT_FILENO) != 1) return std::string::npos;
    return std::max<std::size_t>(terminal_columns(STDOUT_FILENO), 60);
}

std::string to_text(std::vector<finding> const& all, std::size_t width) {
    constexpr std::size_t indent = 22;
    std::string text;
    for (auto const& one : all) {
        auto mark = std::string{reflect::enum_name(one.is)};
        mark.resize(7, ' ');
        auto what = one.what;
        what.resize(15, ' ');
        text += mark + what + wrapped(one.found, indent, width) + '\n';
        if (!one.remedy.empty())
            text += std::string(indent, ' ') + "-> " + wrapped(one.remedy, indent + 3, width) + '\n';
    }
    return text;
}

std::string to_json(std::vector<finding> const& all) {
    std::string text;
    json::writer out{text};
    out.begin_array();
    for (auto const& one : all) {
        out.begin_object().member("is", reflect::enum_name(one.is)).member("what", one.what).member("found", one.found);
        if (!one.remedy.empty()) out.member("remedy", one.remedy);
        out.end_object();
    }
    out.end_array();
    return text + '\n';
}

int run_doctor(bool as_json, service_flags const& service) {
    std::vector<finding> all{configuration_finding(service)};
    auto options = resolve(service, process_environment);
    if (options) {
        runtime rt;
        auto more = rt.run(examine(std::move(*options), service));
        all.insert(all.end(), more.begin(), more.end());
    } else {
        all.push_back({verdict::wrong, "service", error_text(options.error()),
                       "`coax providers` lists the variables of each service; `coax serve-sim` needs none"});
    }
    print_answer(as_json ? to_json(all) : visible(to_text(all, text_width())));
    bool const is_well = std::ranges::none_of(all, [](finding const& one) { return one.is == verdict::wrong; });
    return is_well ? all_ok : could_not_go_on;
}

}  // namespace

void add_doctor_command(CLI::App& program, service_flags const& service, chosen_command& chosen) {
    auto* const command =
        program.add_subcommand("doctor", "Look at configuration, service, key, model, network, clock and limits");
    auto as_json = std::make_shared<bool>(false);
    command->add_flag("--json", *as_json, "Print a JSON array, an object for each thing that was looked at");
    command->footer(std::string{"Each line says ok, note or wrong; what to do stands below it. Costs no tokens where "
                                "the service's own list of models has the model; else a chat of a few tokens is "
                                "sent.\n\n"} +
                    exit_code_help);
    command->callback(
        [as_json, &service, &chosen] { chosen = [as_json, &service] { return run_doctor(*as_json, service); }; });
}

}  // namespace coax::cli
