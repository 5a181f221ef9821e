#include "config/configuration_builder.hpp"
#include "config/parse_file.hpp"

#include <coax/client/router.hpp>
#include <coax/config/configuration.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace coax {
namespace config::detail {
namespace {

error to_error(problem const& wrong) { return invalid_argument(to_string(wrong.where), wrong.message); }

/// The first, with the others in its message.
error to_error(std::vector<problem> const& problems) {
    constexpr std::size_t most = 8;
    auto why = to_error(problems.front());
    for (std::size_t i = 1; i < std::min(problems.size(), most); ++i)
        why.message.append("; ").append(to_string(problems[i].where)).append(": ").append(problems[i].message);
    if (problems.size() > most)
        why.message.append("; and ").append(std::to_string(problems.size() - most)).append(" more");
    return why;
}

/// What is wrong with the names and types in a file, whatever service is used.
std::vector<problem> check_whole(node file) {
    drop_variables(file);
    file_settings scratch;
    places stated_at;
    std::vector<problem> problems;
    read_settings(file, type_of_file, &scratch, stated_at, problems);
    return problems;
}

/// The options of one service, as if it were the one that is used.
result<client_options> options_of(node const& file, configuration_options const& options, std::string const& service) {
    configuration_builder builder{file, options};
    builder.use_service(service);
    builder.read();
    if (builder.problems().empty()) builder.validate();
    if (options.complete) builder.complete();
    if (!builder.problems().empty()) return to_error(builder.problems());
    return std::move(builder).take().client;
}

result<configuration> with_routes(configuration made, node const& file, configuration_options const& options) {
    if (!made.router) return made;
    auto& router = made.router.edit();
    router.retry = made.client.policies.retry;
    router.timeout = made.client.policies.timeout;
    for (auto& each : router.routes) {
        auto of = options_of(file, options, each.name);
        if (!of) return std::move(of).error();
        each.options = *std::move(of);
    }
    return made;
}

result<configuration> build(node const& file, configuration_options const& options) {
    if (auto const problems = check_whole(file); !problems.empty()) return to_error(problems);
    configuration_builder builder{file, options};
    builder.choose_service();
    if (builder.problems().empty()) builder.read();
    if (builder.problems().empty()) builder.validate();
    if (options.complete) builder.complete();
    if (!builder.problems().empty()) return to_error(builder.problems());
    return with_routes(std::move(builder).take(), file, options);
}

result<std::string> read_text(std::string const& path) {
    std::ifstream in{path, std::ios::binary};
    std::string text(most_file_bytes + 1, '\0');
    if (!in.read(text.data(), static_cast<std::streamsize>(text.size())) && !in.eof())
        return error{.code = errc::io_failed,
                     .message = "cannot be read: " + std::error_code{errno, std::generic_category()}.message(),
                     .where = path};
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

/// All that is wrong with a file that is used with one of its services.
void check_service(node const& file, std::string const& name, configuration_options const& options,
                   std::vector<problem>& problems) {
    configuration_builder builder{file, options};
    builder.use_service(name);
    builder.read();
    if (builder.problems().empty()) builder.validate();
    for (auto const& each : builder.problems()) {
        auto const is_same = [&](problem const& other) {
            return other.message == each.message && to_string(other.where) == to_string(each.where);
        };
        if (std::ranges::none_of(problems, is_same)) problems.push_back(each);
    }
}

std::vector<problem> check(node const& file, configuration_options const& options) {
    auto problems = check_whole(file);
    if (!problems.empty()) return problems;
    auto const* const services = file.find("services");
    if (services == nullptr || services->items.empty()) check_service(file, {}, options, problems);
    if (services != nullptr)
        for (auto const& each : services->items) check_service(file, each.key, options, problems);
    configuration_builder choice{file, options};
    choice.choose_service();
    for (auto const& each : choice.problems())
        if (file.find("default_service") != nullptr) problems.push_back(each);
    return problems;
}

}  // namespace
}  // namespace config::detail

using config::detail::problem;

result<configuration> configuration_from(std::string_view text, std::string const& name,
                                         configuration_options options) {
    auto const file = config::detail::parse_file(text, name);
    if (auto const* const wrong = std::get_if<problem>(&file)) return config::detail::to_error(*wrong);
    return config::detail::build(std::get<config::detail::node>(file), options);
}

result<configuration> load_configuration(std::string const& path, configuration_options options) {
    if (path.empty())
        return config::detail::build({.kind = config::detail::node_kind::map, .at = {"configuration"}}, options);
    auto const text = config::detail::read_text(path);
    if (!text) return text.error();
    return configuration_from(*text, path, std::move(options));
}

std::vector<error> check_configuration(std::string_view text, std::string const& name,
                                       configuration_options const& options) {
    auto const file = config::detail::parse_file(text, name);
    if (auto const* const wrong = std::get_if<problem>(&file)) return {config::detail::to_error(*wrong)};
    std::vector<error> errors;
    for (auto const& each : config::detail::check(std::get<config::detail::node>(file), options))
        errors.push_back(config::detail::to_error(each));
    return errors;
}

}  // namespace coax
