#pragma once

#include <coax/bind/detail/descriptor_of.hpp>

#include <string_view>

namespace coax {

/// A template whose text is known at run time only, for `prompt_text`: checked when the function is made.
struct runtime_prompt {
    std::string_view text{};
};

namespace detail {

/// What is wrong with a template: none of these is ever defined, and a compiler that meets one names it.
void the_input_has_no_such_field();
void a_place_is_never_closed();
void a_place_has_no_name();

constexpr std::string_view without_spaces(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Whether a type has what "a.b" names. What may be anything has.
constexpr bool has_field(bind::detail::type_descriptor const* type, std::string_view name) {
    using bind::detail::kind;
    while (type->what == kind::nullable || type->what == kind::converted) type = type->inner;
    if (name.empty() || type->what == kind::map || type->what == kind::any || type->what == kind::variant) return true;
    if (type->structure == nullptr) return false;
    for (std::size_t i = 0; i < type->structure->field_count; ++i) {
        auto const& field = type->structure->fields[i];
        if (field.type == nullptr || !name.starts_with(field.name)) continue;
        auto const rest = name.substr(field.name.size());
        if (rest.empty()) return true;
        if (rest.front() == '.' && has_field(field.type, rest.substr(1))) return true;
    }
    return false;
}

/// Looks at each place of a template: `{{name}}`, `{{a.b}}`, `{{record}}`.
consteval void check_places(std::string_view text, bind::detail::type_descriptor const& input) {
    for (auto open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
        bool const is_plain = open > 0 && text[open - 1] == '\\';
        text.remove_prefix(open + 2);
        if (is_plain) continue;
        auto const close = text.find("}}");
        if (close == std::string_view::npos) return a_place_is_never_closed();
        auto const name = without_spaces(text.substr(0, close));
        if (name.empty()) return a_place_has_no_name();
        if (name != "record" && !has_field(&input, name)) return the_input_has_no_such_field();
        text.remove_prefix(close + 2);
    }
}

}  // namespace detail

/// A template over the fields of `In`, as `prompt_template` has them. A literal is checked by the compiler: a place
/// for what `In` has not does not compile. It refers to the text, which is to outlive it.
template <class In>
class prompt_text {
public:
    constexpr prompt_text() = default;
    consteval explicit(false) prompt_text(char const* literal) : text_{literal} {
        detail::check_places(text_, bind::detail::descriptor_of<In>);
    }
    explicit(false) prompt_text(runtime_prompt given) noexcept : text_{given.text} {}

    [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_{};
};

}  // namespace coax
