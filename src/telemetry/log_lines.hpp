#pragma once

#include <coax/telemetry/log_options.hpp>
#include <coax/telemetry/observer.hpp>

#include <string>
#include <string_view>

/// What a log says of operations: text for people, and JSON.
namespace coax::telemetry::detail {

/// The room that an operation belongs to.
[[nodiscard]] std::string_view room_of(operation_kind kind) noexcept;

/// The level of an operation's end, and of what happens in it.
[[nodiscard]] log_level level_of(operation const& ended) noexcept;
[[nodiscard]] log_level level_of(moment const& what) noexcept;

/// Whether lines of a level are written.
[[nodiscard]] bool is_wanted(log_options const& options, std::string_view room, log_level level);

/// One line, such as "chat gpt-5.4-mini: ok in 812 ms, 120 + 35 tokens, 1 attempt (openai, req_1)".
[[nodiscard]] std::string text_of(operation const& ended);
[[nodiscard]] std::string text_of(operation const& in, moment const& what);

/// Text on one line, without what a terminal would obey.
[[nodiscard]] std::string one_line(std::string_view text);

/// Whether `inference.log` has a line for it: a request to a model.
[[nodiscard]] bool is_inference(operation_kind kind) noexcept;

/// That line.
[[nodiscard]] std::string inference_json(operation const& ended, bool contents);

}  // namespace coax::telemetry::detail
