#include "config/setting_values.hpp"

#include "config/file_settings.hpp"
#include "config/read_settings.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>

namespace coax::config::detail {
namespace {

std::string below(std::string const& path, std::string_view name) {
    return path + (path.empty() ? "" : ".") + std::string{name};
}

void add_leaves(type_descriptor const& type, std::string const& path, std::vector<setting_leaf>& leaves) {
    if (!is_group(type)) return leaves.push_back({path, &type});
    for_each_setting(type, [&](field_descriptor const& field, std::size_t) {
        add_leaves(*field.type, below(path, field.name), leaves);
    });
}

/// The text of a JSON string, any other JSON as it is.
std::string plain_text(std::string json) {
    if (!json.starts_with('"')) return json;
    auto text = json::read<std::string>(json);
    return text ? *std::move(text) : json;
}

void add_values(type_descriptor const& type, void const* value, std::string const& path,
                std::vector<setting_value>& values) {
    if (type.what == kind::nullable) {
        auto const* const held = type.nullable->get(value);
        if (held != nullptr) return add_values(*type.inner, held, path, values);
        return values.push_back({path, "none", "none"});
    }
    if (type.what == kind::object) {
        void* members[bind::detail::most_fields];
        type.structure->locate(const_cast<void*>(value), members);  // only looked at
        return for_each_setting(type, [&](field_descriptor const& field, std::size_t index) {
            add_values(*field.type, members[index], below(path, field.name), values);
        });
    }
    std::string json;
    bind::detail::write_value(json, type, value, {});
    auto const text = plain_text(std::move(json));
    bool const is_secret = &type == &type_of_secret;
    values.push_back({path, text, is_secret ? static_cast<secret const*>(value)->reveal() : text});
}

}  // namespace

std::vector<setting_leaf> leaves_of(type_descriptor const& type) {
    std::vector<setting_leaf> leaves;
    add_leaves(type, {}, leaves);
    return leaves;
}

std::vector<setting_value> values_of(type_descriptor const& type, void const* object) {
    std::vector<setting_value> values;
    add_values(type, object, {}, values);
    return values;
}

}  // namespace coax::config::detail
