#include "config/file_settings.hpp"

#include <coax/schema/schema.hpp>

/// So that `json_schema` knows it.
template <>
inline constexpr coax::bind::detail::type_descriptor
    coax::bind::detail::descriptor_of<coax::config::detail::file_settings> =
        coax::config::detail::setting_of<coax::config::detail::file_settings>;

namespace coax {
namespace config::detail {

bind::detail::type_descriptor const& type_of_settings_in_use = setting_of<settings_in_use>;
bind::detail::type_descriptor const& type_of_file = setting_of<file_settings>;
bind::detail::type_descriptor const& type_of_secret = setting_of<secret>;

}  // namespace config::detail

/// The dialect leaves objects open; a file's are closed.
std::string configuration_schema() {
    constexpr std::string_view open = R"("type":"object","properties":)";
    constexpr std::string_view closed = R"("type":"object","additionalProperties":false,"properties":)";
    std::string text{json_schema<config::detail::file_settings>};
    for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at + closed.size()))
        text.replace(at, open.size(), closed);
    return text.insert(1, R"("$schema":"https://json-schema.org/draft/2020-12/schema","title":"coax configuration",)");
}

}  // namespace coax
