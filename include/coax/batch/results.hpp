#pragma once

#include <coax/batch/outcome.hpp>
#include <coax/bind/read.hpp>
#include <coax/core/detail/opaque.hpp>
#include <coax/core/result.hpp>
#include <coax/json/value.hpp>
#include <coax/tasks/stream.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coax {

namespace detail {

/// The lines of an output file as results.
class result_lines {
public:
    [[nodiscard]] static result<result_lines> open(std::string const& path);
    /// Nothing: the end. Errors: `errc::io_failed`, `errc::invalid_json`.
    [[nodiscard]] result<std::optional<batch_result<json_value>>> next();

    struct state;

private:
    explicit result_lines(core::detail::opaque<state> opened) noexcept : state_{std::move(opened)} {}

    core::detail::opaque<state> state_;
};

[[nodiscard]] std::string output_text(json_value const& output);

/// The value of a line as a `T`.
template <class T>
[[nodiscard]] result<T> read_output(json_value output) {
    if constexpr (std::same_as<T, json_value>)
        return output;
    else if constexpr (std::same_as<T, std::string>)
        return output_text(output);
    else
        return json::read<T>(output);
}

template <class T>
[[nodiscard]] batch_result<T> to_result(batch_result<json_value> line) {
    batch_result<T> one{.index = line.index, .key = std::move(line.key)};
    if (line.value)
        one.value = read_output<T>(*std::move(line.value));
    else
        one.value = std::move(line.value).error();
    one.usage = line.usage;
    one.attempts = line.attempts;
    one.latency = line.latency;
    one.same_as = line.same_as;
    return one;
}

template <class T>
class result_source final : public stream_source<batch_result<T>> {
public:
    explicit result_source(result_lines lines) : lines_{std::move(lines)} {}

    asio::awaitable<std::optional<batch_result<T>>> next() override {
        auto line = lines_.next().value();
        if (!line) co_return std::nullopt;
        co_return to_result<T>(*std::move(line));
    }

private:
    result_lines lines_;
};

}  // namespace detail

/// The results in the output file of a batch, in the order of its lines, one by one: a failed row has its error, one
/// whose output is no `T` has `errc::invalid_json`. `std::string` is the text of an output, or its JSON. The stream
/// blocks for the disk only, and throws `errc::io_failed` and, for what is no line of an output or is damaged,
/// `errc::invalid_json`.
/// Errors: `errc::io_failed`, `where` is the path.
template <class T>
[[nodiscard]] result<stream<batch_result<T>>> read_results(std::string const& path) {
    auto lines = detail::result_lines::open(path);
    if (!lines) return std::move(lines).error();
    return stream<batch_result<T>>{std::make_unique<detail::result_source<T>>(*std::move(lines))};
}

}  // namespace coax
