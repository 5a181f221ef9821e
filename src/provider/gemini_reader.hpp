#pragma once

#include "provider/response_limits.hpp"

#include <coax/chat/response.hpp>
#include <coax/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

struct gemini_part;
struct gemini_chunk;
struct gemini_candidate;

/// The parts of a response, put together from those of its chunks: what the service wants back of its own message.
class growing_parts {
public:
    /// A part; consecutive texts of one kind become one, a signed part stays as it is.
    void add(json_value&& part, gemini_part const& known);
    /// All parts as an array, where text alone would lose something; null: it does not.
    /// @param continuation  The token by which the service goes on, as a last element; empty: none.
    [[nodiscard]] json_value finish(std::string_view continuation) const;
    [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

private:
    struct one_part {
        std::string text{};  ///< JSON, or of a plain text that text.
        bool is_plain{false};
        bool is_thought{false};
    };

    std::vector<one_part> parts_{};
    bool wanted_back_{false};
};

/// Reads a response from its chunks: a whole response is one, a stream has several.
class gemini_reader {
public:
    /// @param whole  The response is one chunk: it may have several candidates.
    gemini_reader(std::string_view service, std::string request_id, bool whole = false)
        : service_{service}, whole_{whole}, size_{service}, response_{.request_id = std::move(request_id)} {}

    /// Reads one GenerateContentResponse. What it shows is added to `delta`.
    /// Errors: `errc::invalid_json`, where it is no JSON object; the service's own error; `errc::content_filtered`, of
    /// the prompt; `errc::too_large`.
    [[nodiscard]] result<void> take(std::string_view text, chat_delta& delta);
    /// Whether the service said why the response ended.
    [[nodiscard]] bool finished() const noexcept { return finished_; }
    /// Makes what came of a stream that broke a part that the service goes on from. Nothing where all that was shown is
    /// not covered by a token of the service, or where nothing came. Source: reference gemini-since-08.md, section A2.
    void pause_if_possible();
    /// Whether there is anything of a response.
    [[nodiscard]] bool empty() const noexcept { return !finished_ && parts_.empty(); }
    [[nodiscard]] usage const& spent() const noexcept { return response_.usage; }
    [[nodiscard]] std::size_t content_bytes() const noexcept { return size_.bytes(); }
    [[nodiscard]] std::string const& request_id() const noexcept { return response_.request_id; }
    /// The whole response; call once. Errors: `errc::spent_on_reasoning`.
    [[nodiscard]] result<chat_response> finish();

private:
    [[nodiscard]] result<void> take(gemini_chunk& chunk, std::string_view text, chat_delta& delta);
    [[nodiscard]] result<void> take(gemini_candidate& candidate, chat_delta& delta);
    [[nodiscard]] result<void> take(json_value&& part, chat_delta& delta);
    [[nodiscard]] result<void> take_finish(gemini_candidate const& candidate);
    [[nodiscard]] result<void> add_call(gemini_part& known, chat_delta& delta);
    /// One of several responses; the first is the response itself.
    void add_choice(gemini_candidate& candidate);

    std::string_view service_;
    bool whole_;
    response_size size_;
    chat_response response_;
    growing_parts parts_{};
    std::string continuation_{};
    bool covered_{false};  ///< The token stands for all that came.
    bool finished_{false};
};

}  // namespace coax::detail
