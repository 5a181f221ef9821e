#include <coax/chat/prompt_template.hpp>
#include <coax/client/prompt_function.hpp>

#include <memory>
#include <optional>

namespace coax::detail {

struct prompt_plan::parts {
    prompt_template prompt;
    std::optional<prompt_template> system;
    chat_request request;  ///< With the messages of the examples.
};

namespace {

rendered_prompt render_prompt(prompt_template const& with, json_value const& input) {
    return value_or_throw(with.render(input, true));
}

/// A template whose places are all for fields of the input.
prompt_template parse_prompt(std::string_view text, std::string_view where,
                             bind::detail::type_descriptor const& input) {
    auto made = value_or_throw(prompt_template::parse(text, where));
    for (auto const& name : made.fields())
        if (name != "record" && !has_field(&input, name))
            throw_error(invalid_argument(name, "the input has no field \"" + name + "\", which the template \"" +
                                                   std::string{where} + "\" names"));
    return made;
}

}  // namespace

prompt_plan::prompt_plan(std::string_view prompt, std::string_view system_text,
                         bind::detail::type_descriptor const& input, std::vector<example> const& examples,
                         chat_request request) {
    auto made = std::make_shared<parts>(parse_prompt(prompt, "prompt", input), std::nullopt, std::move(request));
    if (!system_text.empty() && prompt.starts_with("system:"))
        throw_error(invalid_argument("system", "the prompt has a system part of its own"));
    if (!system_text.empty()) made->system = parse_prompt(system_text, "system", input);
    for (auto const& [shown, output] : examples) {
        made->request.messages.push_back(user(render_prompt(made->prompt, shown).user));
        made->request.messages.push_back(assistant(output));
    }
    parts_ = std::move(made);
}

chat_request prompt_plan::request_for(json_value const& input) const {
    auto request = parts_->request;
    auto asked = render_prompt(parts_->prompt, input);
    if (parts_->system) asked.system = render_prompt(*parts_->system, input).user;
    if (!asked.system.empty()) request.messages.insert(request.messages.begin(), coax::system(std::move(asked.system)));
    request.messages.push_back(user(std::move(asked.user)));
    return request;
}

}  // namespace coax::detail
