#pragma once

#include <coax/chat/content.hpp>
#include <coax/chat/tool.hpp>
#include <coax/core/result.hpp>
#include <coax/schema/codec.hpp>
#include <coax/schema/dialect.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// What becomes of a call that the model asks for.
struct tool_approval {
    bool allowed{true};
    std::string reason{};     ///< Of a call that is not allowed: the model is told.
    std::string arguments{};  ///< JSON, in place of what the model wrote; empty: that is used.
};

/// Bounds of one `client::run`.
struct run_options {
    /// Model calls before giving up with `errc::tool_failed`. Range: [1, 1000].
    int max_rounds{10};
    /// Tool calls of one turn at once. Range: [1, 128].
    std::size_t max_parallel_tools{8};
    /// Tool calls run in one turn; the model is told that the rest were not run. Range: [1, 128].
    std::size_t max_calls_per_turn{64};
    /// For each call of a tool that has no timeout of its own. Zero: none.
    std::chrono::milliseconds tool_timeout{60'000};
    /// Tokens that all model calls together may use, as the service counts them: once they have, no tool runs and no
    /// call follows, and the run ends with `errc::tool_failed`; the call that went beyond is paid for. 0: no limit.
    std::int64_t max_tokens{0};
    /// For the whole run, tools included: what is under way then is cancelled, and the run ends with `errc::timeout`.
    /// 0: the client's own `timeout` alone.
    std::chrono::milliseconds timeout{0};
    /// Asked about each call of a known tool, one after the other in the order of the calls, before any of the turn
    /// runs. A throw ends the run. Empty: all calls are allowed.
    std::function<boost::asio::awaitable<tool_approval>(tool_call call)> approve{};
    /// Called after every tool call with the arguments that it had, where the call ran. A throw ends the run.
    std::function<void(tool_call const& call, std::string_view output, bool failed)> on_tool{};
};

/// Errors: `errc::invalid_argument`; `where` is the option.
[[nodiscard]] result<void> validate(run_options const& options);

/// Options of one tool.
struct tool_options {
    /// For each call. Zero: `run_options::tool_timeout`.
    std::chrono::milliseconds timeout{0};
    /// Ask the service to enforce the schema of the arguments, which its dialect must then be able to express.
    /// Otherwise they are described in plain JSON Schema, and checked on arrival all the same.
    bool strict{true};
};

/// What a tool tells the model.
struct tool_output {
    std::string text{};
    /// Images and files besides. A service that takes none from a tool gets them in a message of the user that follows
    /// the results; of what it does not take there either the model is told.
    std::vector<content_part> parts{};
    bool failed{false};  ///< The text says what went wrong.
};

/// Functions that a model may call.
///
/// A tool takes one struct, whose fields are the arguments (their schema is made at compile time), or nothing. It
/// returns a value, nothing, or an awaitable of either: a string goes to the model as it is, a `tool_output` with its
/// images, any other value as JSON. The text of an exception goes to the model too, as the result of a failed call.
///
/// Copies are cheap and share the tools; adding one to a copy does not change the others. Thread safety: const members
/// from any thread; the functions run on the client's executor, several at once.
class toolbox {
public:
    /// Takes the arguments as JSON text and returns what the model is told; an error becomes a failed call.
    using function = std::function<boost::asio::awaitable<result<tool_output>>(std::string arguments)>;

    struct entry {
        std::string name{};
        std::string description{};
        /// Schema of the arguments. Empty: there are none.
        std::function<result<std::string>(schema_dialect)> parameters{};
        function call{};
        tool_options options{};
        /// The arguments are no object, which services want: they travel as its property "value", and `call` gets them
        /// without it. Set by `add`, from the schema.
        bool wraps{false};
    };

    /// Adds a function, a lambda or another function object. @throws coax::exception  `errc::invalid_argument`: a bad
    /// or duplicate name.
    template <class F>
    toolbox& add(std::string name, std::string description, F callable, tool_options options = {});

    /// Adds a member function: `add("find", "Finds an order", &orders::find, shared_orders)`.
    /// @param object  A `std::shared_ptr`, or a pointer to what outlives every run with this tool.
    template <class Method, class Object>
        requires std::is_member_function_pointer_v<Method>
    toolbox& add(std::string name, std::string description, Method method, Object object, tool_options options = {});

    /// Adds a tool whose schema is known only at run time.
    toolbox& add(entry tool);

    /// Null: there is no such tool. Valid while this toolbox or a copy with the tool lives.
    [[nodiscard]] entry const* find(std::string_view name) const noexcept;
    [[nodiscard]] std::vector<std::shared_ptr<entry const>> const& entries() const noexcept { return entries_; }

    /// What the service is told of the tools. Errors: `errc::invalid_argument` if the dialect cannot express the
    /// arguments of a tool that is `strict`; `where` is the tool.
    [[nodiscard]] result<std::vector<tool_definition>> definitions(schema_dialect dialect) const;

private:
    template <class Signature, class F>
    toolbox& add_function(std::string name, std::string description, F callable, tool_options options);

    std::vector<std::shared_ptr<entry const>> entries_;
};

namespace detail {

/// What a function takes and returns.
template <class Returned, class... Arguments>
struct signature {
    template <class First = void, class...>
    struct first {
        using type = std::remove_cvref_t<First>;
    };
    using argument = typename first<Arguments...>::type;  ///< void: it takes nothing.
    static constexpr std::size_t arity = sizeof...(Arguments);
};

// A noexcept function is one of these as well.
template <class R, class... A>
signature<R, A...> signature_of(R (*)(A...));
template <class C, class R, class... A>
signature<R, A...> signature_of(R (C::*)(A...));
template <class C, class R, class... A>
signature<R, A...> signature_of(R (C::*)(A...) const);
template <class C, class R, class... A>
signature<R, A...> signature_of(R (C::*)(A...) &);
template <class C, class R, class... A>
signature<R, A...> signature_of(R (C::*)(A...) const&);

template <class F>
concept has_signature = requires(F f) { signature_of(f); };
template <class F>
concept has_call_signature = requires { signature_of(&F::operator()); };

template <class T>
inline constexpr bool is_awaitable = false;
template <class T, class E>
inline constexpr bool is_awaitable<boost::asio::awaitable<T, E>> = true;

/// Whether a type's JSON is an object with fields that are known at compile time.
template <class T>
consteval bool is_struct() {
    auto const* type = &bind::detail::descriptor_of<T>;
    while (type->what == bind::detail::kind::converted) type = type->inner;
    return type->what == bind::detail::kind::object;
}

template <class Argument>
[[nodiscard]] result<std::string> parameters_of(schema_dialect dialect) {
    return json::codec_of<Argument>.schema(dialect).transform([](std::string_view text) { return std::string{text}; });
}

template <class T>
[[nodiscard]] tool_output to_output(T value) {
    if constexpr (std::is_same_v<T, tool_output>) {
        return value;
    } else if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        return {.text = std::string{std::string_view{value}}};
    } else {
        tool_output output;
        json::codec_of<T>.write(output.text, &value);
        return output;
    }
}

/// Calls `function`, which outlives the call, and makes what it returns the output for the model.
template <class F, class... Argument>
boost::asio::awaitable<tool_output> output_of(F& function, Argument... argument) {
    using returned = std::invoke_result_t<F&, Argument...>;
    if constexpr (std::is_void_v<returned>) {
        function(std::move(argument)...);
        co_return tool_output{.text = "done"};
    } else if constexpr (!is_awaitable<returned>) {
        co_return to_output<std::decay_t<returned>>(function(std::move(argument)...));
    } else if constexpr (std::is_void_v<typename returned::value_type>) {
        co_await function(std::move(argument)...);
        co_return tool_output{.text = "done"};
    } else {
        co_return to_output(co_await function(std::move(argument)...));
    }
}

template <class Argument, class F>
boost::asio::awaitable<result<tool_output>> call_tool(std::shared_ptr<F> function, std::string arguments) {
    if constexpr (std::is_void_v<Argument>) {
        co_return co_await output_of(*function);
    } else {
        Argument argument{};
        if (auto read = json::codec_of<Argument>.read(&argument, arguments); !read) co_return std::move(read).error();
        co_return co_await output_of(*function, std::move(argument));
    }
}

}  // namespace detail

template <class F>
toolbox& toolbox::add(std::string name, std::string description, F callable, tool_options options) {
    if constexpr (std::is_member_function_pointer_v<F>)
        static_assert(!std::is_member_function_pointer_v<F>,
                      "coax: a member function needs its object: add(name, description, &type::function, object)");
    else if constexpr (detail::has_signature<F>)
        return add_function<decltype(detail::signature_of(callable))>(std::move(name), std::move(description),
                                                                      std::move(callable), options);
    else if constexpr (detail::has_call_signature<F>)
        return add_function<decltype(detail::signature_of(&F::operator()))>(std::move(name), std::move(description),
                                                                            std::move(callable), options);
    else
        static_assert(std::is_member_function_pointer_v<F>,
                      "coax: a generic or overloaded function does not tell what it takes; use a lambda whose "
                      "parameter is the struct of the arguments");
}

template <class Method, class Object>
    requires std::is_member_function_pointer_v<Method>
toolbox& toolbox::add(std::string name, std::string description, Method method, Object object, tool_options options) {
    static_assert(requires { *object; }, "coax: the object of a member function is a pointer or a std::shared_ptr");
    auto bound = [method, object = std::move(object)]<class... A>(A&&... argument) -> decltype(auto) {
        return ((*object).*method)(std::forward<A>(argument)...);
    };
    return add_function<decltype(detail::signature_of(method))>(std::move(name), std::move(description),
                                                                std::move(bound), options);
}

template <class Signature, class F>
toolbox& toolbox::add_function(std::string name, std::string description, F callable, tool_options options) {
    using argument = typename Signature::argument;
    static_assert(Signature::arity <= 1, "coax: a tool takes one struct, whose fields are the arguments, or nothing");
    entry tool{.name = std::move(name), .description = std::move(description), .options = options};
    if constexpr (Signature::arity == 1) {
        static_assert(detail::is_struct<argument>(),
                      "coax: a tool takes one struct, whose fields are the arguments; put this value into a struct");
        static_assert(std::is_invocable_v<F&, argument>, "coax: a tool takes its argument by value or const reference");
        tool.parameters = &detail::parameters_of<argument>;
    }
    tool.call = [shared = std::make_shared<F>(std::move(callable))](std::string arguments) {
        return detail::call_tool<argument>(shared, std::move(arguments));
    };
    return add(std::move(tool));
}

}  // namespace coax
