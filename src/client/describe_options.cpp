#include "client/secret_filter.hpp"

#include <coax/cache/response_cache.hpp>
#include <coax/client/options.hpp>
#include <coax/client/token_options.hpp>
#include <coax/provider/service_profile.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/reflect/fields.hpp>
#include <coax/telemetry/observer.hpp>

#include <algorithm>

namespace coax {
namespace {

std::string text_of(secret const& key) { return key.empty() ? "[none]" : "[secret]"; }
std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(std::chrono::milliseconds time) { return std::to_string(time.count()) + " ms"; }
std::string text_of(std::string const& value) {
    auto const is_line = value.find('\n') == std::string::npos;
    return is_line ? value : "[" + std::to_string(value.size()) + " bytes]";
}
std::string text_of(std::vector<std::string> const& values) {
    std::string list;
    for (auto const& value : values) list.append(list.empty() ? "" : ", ").append(value);
    return list;
}
/// The names alone: a value may be a credential.
std::string text_of(std::vector<header_list::field> const& headers) {
    std::string list;
    for (auto const& field : headers) list.append(list.empty() ? "" : ", ").append(field.name).append(" [secret]");
    return list;
}
std::string text_of(retry_table const& table) {
    auto text = to_string(table);
    if (text.ends_with('\n')) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ';');
    return text;
}
template <class T>
    requires(std::is_arithmetic_v<T>)
std::string text_of(T value) {
    if constexpr (std::is_floating_point_v<T>) {
        auto text = std::to_string(value);
        return text.erase(text.find_last_not_of("0.", text.find('.') + 1) + 1);
    } else {
        return std::to_string(value);
    }
}
template <class T>
    requires(std::is_enum_v<T>)
std::string text_of(T value) {
    return std::string{reflect::enum_name(value)};
}
template <class R, class... A>
std::string text_of(std::function<R(A...)> const& callback) {
    return callback ? "[set]" : "[none]";
}
std::string text_of(boxed<service_profile> const& profile) { return profile ? profile->name : "[none]"; }
template <class T>
std::string text_of(std::shared_ptr<T> const& shared) {
    return shared ? "[set]" : "[none]";
}
std::string text_of(model_table const& facts) { return "as of " + facts.as_of(); }
template <class T>
std::string text_of(std::vector<std::shared_ptr<T>> const& shared) {
    return std::to_string(shared.size());
}

/// Adds a line for each option below `name` that differs from `standard`. An option of a type that has no text does not
/// compile: none is forgotten.
template <class T>
void describe(std::string& text, std::string const& name, T const& value, T const& standard);

template <class T>
void describe(std::string& text, std::string const& name, boxed<T> const& value, boxed<T> const&) {
    if (!value) return;
    text.append(name).append(": on\n");
    describe(text, name, *value, T{});
}

template <class T>
void describe_fields(std::string& text, std::string const& name, T const& value, T const& standard) {
    auto const prefix = name.empty() ? name : name + '.';
    reflect::visit_fields(value, [&](auto const&... fields) {
        reflect::visit_fields(standard, [&](auto const&... standards) {
            std::size_t index = 0;
            (describe(text, prefix + std::string{reflect::field_names<T>[index++]}, fields, standards), ...);
        });
    });
}

template <class T>
void describe(std::string& text, std::string const& name, T const& value, T const& standard) {
    if constexpr (requires { text_of(value); }) {
        auto const shown = text_of(value);
        if (auto const usual = text_of(standard); shown != usual) text.append(name).append(": ").append(shown + '\n');
    } else {
        describe_fields(text, name, value, standard);
    }
}

}  // namespace

std::string describe(client_options const& options) {
    std::string text;
    describe_fields(text, {}, options, client_options{});
    detail::secret_filter{options}.hide(text);  // in an address
    return text;
}

}  // namespace coax
