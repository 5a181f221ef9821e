#pragma once

#include <coax/chat/response.hpp>

#include <cstddef>
#include <optional>

namespace coax::detail {

/// A whole response as the deltas of a stream: what was thought, what was refused, the text in pieces of a few words,
/// and each tool call.
class stream_replay {
public:
    /// The next delta of `response`, the same one each time; nothing: it was the last.
    [[nodiscard]] std::optional<chat_delta> next(chat_response const& response);

private:
    bool begun_{false};
    std::size_t text_at_{0};
    std::size_t call_at_{0};
};

}  // namespace coax::detail
