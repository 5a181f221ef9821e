#pragma once

#include <coax/chat/tool.hpp>
#include <coax/client/output_format.hpp>
#include <coax/core/result.hpp>
#include <coax/schema/codec.hpp>
#include <coax/schema/dialect.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace coax {

/// Bounds of one `client::run`.
struct run_options {
    /// Model calls before giving up with `errc::tool_failed`. Range: [1, 1000].
    int max_rounds{10};
    /// Tool calls of one turn at once. Range: [1, 128].
    std::size_t max_parallel_tools{8};
    /// Tool calls answered in one turn; the model is told that the rest were not run. Range: [1, 128].
    std::size_t max_calls_per_turn{64};
    /// For each call of a tool that has no timeout of its own. Zero: none.
    std::chrono::milliseconds tool_timeout{60'000};
    /// Told of every finished tool call; must not throw. Runs where the call runs.
    std::function<void(tool_call const& call, std::string_view answer, bool failed)> on_tool{};
};

/// The first thing wrong with `options`; none: they are valid.
[[nodiscard]] std::optional<error> validate(run_options const& options);

/// Extra facts of one tool.
struct tool_options {
    /// For each call. Zero: `run_options::tool_timeout`.
    std::chrono::milliseconds timeout{0};
    /// Ask the service to force arguments into the schema, where its dialect can say them.
    bool strict{true};
};

namespace detail {

template <class F>
struct callable : callable<decltype(&F::operator())> {};
template <class R, class... A>
struct callable<R (*)(A...)> {
    using returned = R;
    static constexpr std::size_t arity = sizeof...(A);
    template <class... B>
    struct first_of {
        using type = void;
    };
    template <class B, class... C>
    struct first_of<B, C...> {
        using type = std::remove_cvref_t<B>;
    };
    using argument = typename first_of<A...>::type;
};
template <class C, class R, class... A>
struct callable<R (C::*)(A...)> : callable<R (*)(A...)> {};
template <class C, class R, class... A>
struct callable<R (C::*)(A...) const> : callable<R (*)(A...)> {};

template <class T>
inline constexpr bool is_awaitable = false;
template <class T, class E>
inline constexpr bool is_awaitable<boost::asio::awaitable<T, E>> = true;

template <class T>
[[nodiscard]] std::string tool_answer(T const& value) {
    if constexpr (std::is_convertible_v<T const&, std::string_view>) {
        return std::string{std::string_view{value}};
    } else {
        std::string text;
        json::codec_of<T>.write(text, &value);
        return text;
    }
}

}  // namespace detail

/// Functions a model may call. A function takes one struct (the arguments; its schema is made at compile time) or
/// nothing, and returns a value, or an awaitable of one: a string is passed to the model as it is, anything else as
/// JSON. A function that throws has its exception's text told to the model. Thread safety: const members from any
/// thread; the functions themselves run on the client's executor, several at once.
class toolbox {
public:
    /// Arguments as JSON text to the answer's text; an error becomes a failed answer.
    using function = std::function<boost::asio::awaitable<result<std::string>>(std::string arguments)>;

    struct entry {
        std::string name{};
        std::string description{};
        std::function<result<std::string>(schema_dialect)>
            parameters{};  ///< Schema text; empty function: no arguments.
        function call{};
        tool_options options{};
    };

    /// Adds a typed function. @throws coax::exception `errc::invalid_argument`: bad or repeated name.
    template <class F>
    toolbox& add(std::string name, std::string description, F call, tool_options options = {});

    /// Adds an untyped function, for schemas known only at run time.
    toolbox& add(entry tool);

    [[nodiscard]] entry const* find(std::string_view name) const noexcept;
    [[nodiscard]] std::vector<entry> const& entries() const noexcept { return entries_; }

    /// As the service is told of them. A tool whose arguments the dialect cannot say is told of in plain JSON Schema
    /// and without `strict`; its arguments are checked on arrival all the same.
    [[nodiscard]] std::vector<tool_definition> definitions(schema_dialect dialect) const;

private:
    std::vector<entry> entries_;
};

template <class F>
toolbox& toolbox::add(std::string name, std::string description, F call, tool_options options) {
    using traits = detail::callable<F>;
    using argument = typename traits::argument;
    using returned = typename traits::returned;
    static_assert(traits::arity <= 1, "coax: a tool takes one struct, whose fields are the arguments, or nothing");

    entry tool{.name = std::move(name), .description = std::move(description), .options = options};
    if constexpr (traits::arity == 1)
        tool.parameters = [](schema_dialect dialect) { return detail::schema_of(json::codec_of<argument>, dialect); };

    // The function object lives in the entry, which outlives every call of it.
    tool.call = [call = std::move(call)](std::string arguments) mutable -> boost::asio::awaitable<result<std::string>> {
        auto const invoke = [&call](auto&... args) { return call(std::move(args)...); };
        auto const answer = [](auto outcome) -> boost::asio::awaitable<result<std::string>> {
            if constexpr (!detail::is_awaitable<decltype(outcome)>)
                co_return detail::tool_answer(outcome);
            else if constexpr (std::is_void_v<typename decltype(outcome)::value_type>) {
                co_await std::move(outcome);
                co_return std::string{"done"};
            } else
                co_return detail::tool_answer(co_await std::move(outcome));
        };
        if constexpr (traits::arity == 1) {
            argument read{};
            if (auto fits = json::codec_of<argument>.read(&read, arguments); !fits) co_return fits.error();
            if constexpr (std::is_void_v<returned>)
                co_return (invoke(read), std::string{"done"});
            else
                co_return co_await answer(invoke(read));
        } else {
            if constexpr (std::is_void_v<returned>)
                co_return (invoke(), std::string{"done"});
            else
                co_return co_await answer(invoke());
        }
    };
    return add(std::move(tool));
}

}  // namespace coax
