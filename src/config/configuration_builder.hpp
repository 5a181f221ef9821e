#pragma once

#include "config/expand.hpp"
#include "config/file_settings.hpp"
#include "config/node.hpp"
#include "config/read_settings.hpp"
#include "config/setting_values.hpp"

#include <coax/config/configuration.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::config::detail {

/// Puts a configuration together: defaults, file, environment, overrides, each over the one before.
class configuration_builder {
public:
    /// @param file     A map; must outlive the builder.
    /// @param options  Must outlive the builder.
    configuration_builder(node const& file, configuration_options const& options);

    /// Which of the file's services is used; a problem where that is not clear.
    void choose_service();
    /// The same for one that is known to be there. Empty: none.
    void use_service(std::string name) { name_ = std::move(name); }
    /// Reads all that is stated.
    void read();
    /// Fills what nothing states from the variables of the service.
    void complete();
    /// Looks for values that cannot be.
    void validate();
    /// The services that the router's routes name.
    [[nodiscard]] std::vector<std::string> routed_services() const;

    [[nodiscard]] std::vector<problem> const& problems() const noexcept { return problems_; }
    [[nodiscard]] configuration take() &&;

private:
    void read_layer(node const& layer);
    void read_file(node const& from, bool without_service);
    void read_retry_variables();
    [[nodiscard]] bool is_other_service(node const& environment, node const& overrides) const;
    [[nodiscard]] std::string stated_in_file(std::string_view path) const;
    [[nodiscard]] look_up_function service_look_up() const;
    void note_changes(std::vector<setting_value> const& before, std::string_view otherwise);
    void add_problem(error const& why, std::string_view prefix);
    void validate_provider();

    node const& file_;
    configuration_options const& options_;
    look_up_function look_up_;
    std::string name_{};
    settings_in_use used_{};
    places stated_at_{};
    std::map<std::string, std::string, std::less<>> origins_{};  ///< Of what nothing states.
    std::vector<std::pair<std::string, std::string>> looked_up_{};
    std::vector<problem> problems_{};
};

}  // namespace coax::config::detail
