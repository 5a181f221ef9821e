#pragma once

#include <coax/bind/write.hpp>
#include <coax/chat/request.hpp>
#include <coax/client/chat_all.hpp>
#include <coax/client/client.hpp>
#include <coax/client/output_format.hpp>
#include <coax/client/parsed.hpp>
#include <coax/client/prompt_text.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/json/detail/value_access.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// What a model is shown as an answer to follow.
template <class In, class Out>
struct prompt_example {
    In input{};
    Out output{};
};

/// What a `prompt_function` asks, and how.
template <class In, class Out>
struct prompt_options {
    /// What is asked of each input. Must not be empty.
    prompt_text<In> prompt{};
    /// The system message, a template too. Empty: none.
    prompt_text<In> system{};
    /// Shown as turns before the question, each by the same template.
    std::vector<prompt_example<In, Out>> examples{};
    /// Parameters of all requests; its messages stand before the others.
    chat_request request{};
};

namespace detail {

/// The part of a prompt function that knows no types. Immutable.
class prompt_plan {
public:
    struct example {
        json_value input{};
        std::string output{};
    };

    /// @param input  The type of what the templates are over.
    /// @throws coax::exception  `errc::invalid_argument`: a template.
    prompt_plan(std::string_view prompt, std::string_view system_text, bind::detail::type_descriptor const& input,
                std::vector<example> const& examples, chat_request request);

    /// @throws coax::exception  `errc::invalid_argument`: a key of a map that is not there.
    [[nodiscard]] chat_request request_for(json_value const& input) const;

private:
    struct parts;
    core::detail::shared_opaque<parts> parts_;
};

/// All members are written, those without a value too.
template <class T>
[[nodiscard]] json_value prompt_input(T const& input) {
    std::string text;
    json::write_to(text, input, {.omit_empty_optionals = false});
    return json::detail::value_access::make(std::move(text));
}

template <class Out>
[[nodiscard]] std::string example_text(Out const& output) {
    if constexpr (std::same_as<Out, std::string>)
        return output;
    else
        return json::write(output);
}

}  // namespace detail

/// A question in words as a function: from an `In`, whose fields a template has places for, to an `Out`, whose schema
/// the service is given. Both are structs; `Out` may be a std::string: the response's text.
///
///     auto const docstring = coax::prompt_function<function_source, docstring_text>{
///         {.prompt = "Write a docstring for {{name}}:\n{{code}}", .system = "You write {{language}} documentation."}};
///     docstring_text const text = co_await docstring(llm, source);
///     auto const outcomes = co_await docstring.all(llm, sources);
///
/// Thread safety: immutable. Lifetime: calls keep what they need.
template <class In, class Out>
class prompt_function {
public:
    /// @throws coax::exception  `errc::invalid_argument`: a template that is not known until now names what `In` has
    /// not, or is none; `where` is the field or the template's line.
    explicit prompt_function(prompt_options<In, Out> options)
        : plan_{options.prompt.text(), options.system.text(), bind::detail::descriptor_of<In>,
                to_examples(options.examples), std::move(options.request)} {}

    /// Asks. @throws coax::exception  As `client::parse`.
    [[nodiscard]] boost::asio::awaitable<Out> operator()(client llm, In input) const {
        return ask(plan_, std::move(llm), std::move(input));
    }

    /// Asks for each of many inputs, `options.concurrency` at once: one outcome for each, in their order. What is wrong
    /// with one is its own outcome.
    /// @throws coax::exception  As `parse_all`.
    [[nodiscard]] boost::asio::awaitable<std::vector<call_outcome<Out>>> all(
        client llm, std::vector<In> inputs, many_options<std::type_identity_t<Out>> options = {}) const {
        auto call = [plan = plan_, llm = std::move(llm)](In const& input) {
            return start(llm, plan.request_for(detail::prompt_input(input)));
        };
        return detail::call_all<Out>(std::move(inputs), std::move(options), std::move(call), &take);
    }

    /// The request that is made of an input; the schema of `Out` is added by the client.
    [[nodiscard]] chat_request request_for(In const& input) const {
        return plan_.request_for(detail::prompt_input(input));
    }

private:
    static std::vector<detail::prompt_plan::example> to_examples(std::vector<prompt_example<In, Out>> const& examples) {
        std::vector<detail::prompt_plan::example> shown;
        for (auto const& one : examples)
            shown.push_back({detail::prompt_input(one.input), detail::example_text(one.output)});
        return shown;
    }
    static constexpr bool is_text = std::same_as<Out, std::string>;
    using response = std::conditional_t<is_text, chat_response, parsed<Out>>;

    static boost::asio::awaitable<response> start(client const& llm, chat_request request) {
        if constexpr (is_text)
            return llm.parse(std::move(request), output_format{});
        else
            return llm.template parse_response<Out>(std::move(request));
    }
    static boost::asio::awaitable<Out> ask(detail::prompt_plan plan, client llm, In input) {
        auto got = co_await start(llm, plan.request_for(detail::prompt_input(input)));
        if constexpr (is_text)
            co_return std::move(got.text);
        else
            co_return std::move(got.value);
    }
    static void take(call_outcome<Out>& outcome, response&& got) {
        if constexpr (is_text) {
            detail::set_cost(outcome, got);
            outcome.value = std::move(got.text);
        } else {
            detail::set_cost(outcome, got.response);
            outcome.value = std::move(got.value);
        }
    }

    detail::prompt_plan plan_;
};

}  // namespace coax
