#include "config/configuration_builder.hpp"

#include "client/internal/options_from_env.hpp"
#include "client/internal/without_secrets.hpp"
#include "config/setting_values.hpp"
#include "config/stated_settings.hpp"
#include "core/internal/near_names.hpp"

#include <coax/policy/retry.hpp>
#include <coax/provider/provider.hpp>
#include <coax/provider/service_profile.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace coax::config::detail {
namespace {

using core::detail::near_names;
using core::detail::one_of;

constexpr std::string_view provider_path = "service.provider.service";

std::optional<std::string> of_process(std::string_view name) {
    auto const* const value = std::getenv(std::string{name}.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::string names_of(node const& services) {
    std::string list;
    for (auto const& each : services.items) list.append(list.empty() ? "" : ", ").append(each.key);
    return list;
}

/// A map without some of its members.
node without(node map, std::initializer_list<std::string_view> names) {
    std::erase_if(map.items, [&](node const& each) {
        return std::ranges::find(names, std::string_view{each.key}) != names.end();
    });
    return map;
}

/// What the variables of `retry_options_from` set.
constexpr std::array retry_variables{std::pair{"RETRY_ATTEMPTS", "policies.retry.max_attempts"},
                                     std::pair{"RETRY_WAIT_EXPONENTIAL_MULTIPLIER", "policies.retry.initial_delay"},
                                     std::pair{"RETRY_WAIT_EXPONENTIAL_MIN", "policies.retry.min_delay"},
                                     std::pair{"RETRY_WAIT_EXPONENTIAL_MAX", "policies.retry.max_delay"}};

}  // namespace

configuration_builder::configuration_builder(node const& file, configuration_options const& options)
    : file_{file}, options_{options}, look_up_{options.look_up ? options.look_up : of_process} {
    used_ = {.service = {.client = options.defaults.client, .request = options.defaults.request},
             .batch = options.defaults.batch,
             .log = options.defaults.log,
             .mcp = options.defaults.mcp};
}

void configuration_builder::choose_service() {
    auto const* const services = file_.find("services");
    auto const* const standard = file_.find("default_service");
    auto const variable = non_empty(look_up_, "COAX_SERVICE");
    place from{options_.service.empty() ? "environment COAX_SERVICE" : "service"};
    if (!options_.service.empty()) {
        name_ = options_.service;
    } else if (variable) {
        name_ = *variable;
    } else if (standard != nullptr && !standard->text.empty()) {
        name_ = standard->text;
        from = standard->at;
    } else if (auto const* const routes = find_below(file_, "router.routes");
               routes != nullptr && !routes->items.empty()) {
        auto const* const first = routes->items.front().find("name");
        name_ = first != nullptr ? first->text : "";
        from = routes->at;
    } else if (services != nullptr && services->items.size() == 1) {
        name_ = services->items.front().key;
    } else if (services != nullptr && !services->items.empty()) {
        return problems_.push_back({services->at, "services: which of them (" + names_of(*services) +
                                                      ")? Choose one by name, or state default_service"});
    }
    if (name_.empty() || (services != nullptr && services->find(name_) != nullptr)) return;
    auto const known = services != nullptr ? "known are " + names_of(*services) : "the configuration names none";
    problems_.push_back({std::move(from), "no service \"" + name_ + "\": " + known});
}

void configuration_builder::read_layer(node const& layer) {
    read_settings(layer, type_of_settings_in_use, &used_, stated_at_, problems_);
}

void configuration_builder::read_file(node const& from, bool without_service) {
    auto layer = without(from, {"services", "default_service", without_service ? "service" : "services"});
    expand(layer, look_up_, problems_);
    if (problems_.empty()) read_layer(layer);
}

/// The text that the file has for a setting.
std::string configuration_builder::stated_in_file(std::string_view path) const {
    std::string text;
    auto const* const services = file_.find("services");
    for (auto const* const part : {&file_, services != nullptr ? services->find(name_) : nullptr}) {
        auto const* const value = part != nullptr ? find_below(*part, path) : nullptr;
        if (value == nullptr) continue;
        node copy = *value;
        std::vector<problem> unset;
        expand(copy, look_up_, unset);
        text = copy.text;
    }
    return text;
}

bool configuration_builder::is_other_service(node const& environment, node const& overrides) const {
    if (find_below(overrides, "service.provider.profile") != nullptr) return true;
    auto const in_file = stated_in_file(provider_path);
    auto const* wanted = find_below(overrides, provider_path);
    if (wanted == nullptr) wanted = find_below(environment, provider_path);
    return wanted != nullptr && !in_file.empty() && wanted->text != in_file;
}

void configuration_builder::read_retry_variables() {
    auto& retry = used_.service.client.policies.retry;
    auto read = retry_options_from(look_up_, retry);
    if (!read) return problems_.push_back({{"environment " + read.error().where}, read.error().message});
    retry = *std::move(read);
    for (auto const& [variable, path] : retry_variables)
        if (non_empty(look_up_, variable))
            stated_at_.insert_or_assign(path, place{std::string{"environment "} + variable});
}

void configuration_builder::read() {
    auto const overrides = stated_by(options_.overrides, problems_);
    bool const has_address = find_below(overrides, "service.provider.base_url") != nullptr;
    auto const environment = stated_by(look_up_, has_address);
    bool const is_other = is_other_service(environment, overrides);
    read_file(file_, is_other);
    auto const* const services = file_.find("services");
    if (auto const* const chosen = services != nullptr ? services->find(name_) : nullptr; chosen != nullptr)
        read_file(*chosen, is_other);
    read_layer(environment);
    read_retry_variables();
    read_layer(overrides);
    for (auto const& name : used_.service.exclude_fields)
        if (auto& omit = used_.service.client.service.provider.omit; std::ranges::find(omit, name) == omit.end())
            omit.push_back(name);
}

/// The environment for `complete_from_env`: with the provider that is stated in whatever way.
look_up_function configuration_builder::service_look_up() const {
    auto const& provider = used_.service.client.service.provider;
    bool const is_own = provider.profile || !provider.base_url.empty();
    // A key without a name is for the service that `provider_options` has by itself, whatever the environment has.
    bool const is_named = stated_at_.contains(provider_path) || stated_at_.contains("service.api_key");
    std::string const name = is_own && !stated_at_.contains(provider_path) ? "compatible"
                             : is_named                                    ? provider.service
                                                                           : "";
    auto const key_variable = provider.profile ? provider.profile->key_variable : std::string{};
    return [this, name, key_variable](std::string_view variable) -> std::optional<std::string> {
        if (variable == "COAX_PROVIDER" && !name.empty()) return name;
        if (variable == "COAX_API_KEY" && !key_variable.empty()) return look_up_(key_variable);
        return look_up_(variable);
    };
}

void configuration_builder::complete() {
    if (!problems_.empty()) return;
    auto& client = used_.service.client;
    auto& provider = client.service.provider;
    if (provider.profile) {
        provider.service = "compatible";
        if (provider.base_url.empty()) provider.base_url = provider.profile->base_url;
    }
    auto const before = values_of(type_of_settings_in_use, &used_);
    auto const look_up = service_look_up();
    auto completed = coax::detail::complete_from_env(
        [&](std::string_view name) {
            auto value = non_empty(look_up, name);
            if (value) looked_up_.emplace_back(name, *value);
            return value;
        },
        client);
    if (!completed) return problems_.push_back({{completed.error().where}, completed.error().message});
    client = *std::move(completed);
    note_changes(before, "default of " + provider.service);
}

/// Says of each value that changed which variable it is from.
void configuration_builder::note_changes(std::vector<setting_value> const& before, std::string_view otherwise) {
    std::map<std::string_view, std::string_view> old;
    for (auto const& each : before) old.emplace(each.path, each.hidden_text);
    for (auto const& now : values_of(type_of_settings_in_use, &used_)) {
        if (auto const was = old.find(now.path); was != old.end() && was->second == now.hidden_text) continue;
        auto const from = std::ranges::find(looked_up_, now.hidden_text, &std::pair<std::string, std::string>::second);
        origins_[now.path] = from != looked_up_.end() ? "environment " + from->first : std::string{otherwise};
    }
}

/// Adds an error of a validation, at the place of what it names.
void configuration_builder::add_problem(error const& why, std::string_view prefix) {
    auto const path = std::string{prefix} + why.where;
    auto found = stated_at_.find(path);
    for (auto part = path; found == stated_at_.end() && part.size() > prefix.size();) {
        auto const end = part.find_last_of(".[,");
        part.resize(end == std::string::npos ? 0 : end);
        found = stated_at_.find(part);
    }
    problems_.push_back({found != stated_at_.end() ? found->second : place{path}, path + ": " + why.message});
}

/// The name of a service in a file is checked before the environment is asked for its key.
void configuration_builder::validate_provider() {
    auto const stated = stated_at_.find(provider_path);
    auto const known = provider_names();
    auto const& name = used_.service.client.service.provider.service;
    if (stated == stated_at_.end() || std::ranges::find(known, name) != known.end()) return;
    auto const near = near_names(name, known);
    problems_.push_back({stated->second, std::string{provider_path} + ": unknown provider \"" + name + '"' +
                                             (near.empty() ? "; known are " : "; did you mean ") +
                                             one_of(near.empty() ? known : near) + (near.empty() ? "" : "?")});
}

void configuration_builder::validate() {
    validate_provider();
    auto const check = [&](result<void> const& checked, std::string_view prefix) {
        if (!checked) add_problem(checked.error(), prefix);
    };
    check(coax::validate(used_.service.client), {});
    check(coax::validate(used_.batch), "batch.");
    if (used_.log) check(coax::validate(*used_.log), "log.");
    if (used_.router) check(coax::validate(*used_.router), "router.");
    for (auto const& name : routed_services())
        if (auto const* const services = file_.find("services"); services == nullptr || services->find(name) == nullptr)
            add_problem(invalid_argument("routes", "no service \"" + name + "\": known are " +
                                                       (services == nullptr ? "none" : names_of(*services))),
                        "router.");
    for (auto server : used_.mcp) {
        server.second.name = server.first;
        check(coax::mcp::validate(server.second), "mcp." + server.first + '.');
    }
    auto request = used_.service.request;
    request.messages = {user("validated")};
    check(coax::validate(request), "request.");
    if (auto const& profile = used_.service.client.service.provider.profile; profile)
        check(coax::validate(*profile), "service.provider.");
}

std::vector<std::string> configuration_builder::routed_services() const {
    std::vector<std::string> names;
    for (auto const& each : used_.router->routes) names.push_back(each.name);
    return names;
}

configuration configuration_builder::take() && {
    configuration made{.service = name_};
    auto const& client = used_.service.client;
    for (auto& each : values_of(type_of_settings_in_use, &used_)) {
        auto const stated = stated_at_.find(each.path);
        auto const other = origins_.find(each.path);
        made.settings.push_back({std::move(each.path), coax::detail::without_secrets(std::move(each.text), client),
                                 stated != stated_at_.end() ? to_string(stated->second)
                                 : other != origins_.end()  ? other->second
                                                            : "default"});
    }
    made.client = std::move(used_.service.client);
    made.request = std::move(used_.service.request);
    made.batch = std::move(used_.batch);
    made.log = std::move(used_.log);
    made.router = std::move(used_.router);
    made.mcp = std::move(used_.mcp);
    return made;
}

}  // namespace coax::config::detail
