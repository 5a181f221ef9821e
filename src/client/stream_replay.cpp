#include "client/stream_replay.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace coax::detail {
namespace {

constexpr std::size_t piece_bytes = 24;

/// Where the piece of `text` ends that begins at `at`: at a blank, never within a character.
std::size_t end_of_piece(std::string_view text, std::size_t at) {
    if (text.size() - at <= piece_bytes) return text.size();
    if (auto const blank = text.rfind(' ', at + piece_bytes); blank != text.npos && blank > at) return blank;
    auto end = at + piece_bytes;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    return end;
}

}  // namespace

std::optional<chat_delta> stream_replay::next(chat_response const& response) {
    if (!std::exchange(begun_, true) && !(response.reasoning.empty() && response.refusal.empty()))
        return chat_delta{.refusal = response.refusal, .reasoning = response.reasoning};
    if (text_at_ < response.text.size()) {
        auto const begin = std::exchange(text_at_, end_of_piece(response.text, text_at_));
        return chat_delta{.text = response.text.substr(begin, text_at_ - begin)};
    }
    if (call_at_ < response.tool_calls.size()) return chat_delta{.tool_calls = {response.tool_calls[call_at_++]}};
    return std::nullopt;
}

}  // namespace coax::detail
