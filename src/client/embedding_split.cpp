#include "client/embedding_split.hpp"

#include <algorithm>

namespace coax::detail {
namespace {

constexpr std::size_t usual_dimensions = 4'096;
/// As a decimal number with its comma, which is longer than in base64.
constexpr std::size_t bytes_per_number = 14;
constexpr int most_refusals = 32;

/// Whether the texts may be why: too long, too many, or not to the service's liking.
bool blames_input(error const& why) noexcept {
    if (why.code == errc::context_too_long) return true;
    return why.code == errc::bad_request &&
           (why.http_status == 400 || why.http_status == 413 || why.http_status == 422);
}

}  // namespace

embedding_limits limits_of_request(embedding_request const& request, embedding_limits of_service,
                                   std::size_t max_body_bytes) noexcept {
    auto const dimensions = request.dimensions ? static_cast<std::size_t>(*request.dimensions) : usual_dimensions;
    auto const that_fit = std::max<std::size_t>(max_body_bytes / bytes_per_number / dimensions, 1);
    return {.texts = request.max_texts_per_request > 0 ? request.max_texts_per_request
                                                       : std::min(of_service.texts, that_fit),
            .tokens = request.max_tokens_per_request > 0 ? request.max_tokens_per_request : of_service.tokens};
}

std::int64_t estimated_tokens(std::string_view text) noexcept { return static_cast<std::int64_t>(text.size() + 2) / 3; }

std::vector<std::vector<std::size_t>> split_texts(std::vector<std::string> const& texts,
                                                  embedding_limits const& limits) {
    std::vector<std::vector<std::size_t>> parts;
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (texts[i].empty()) continue;
        auto const more = estimated_tokens(texts[i]);
        if (parts.empty() || parts.back().size() >= limits.texts || tokens + more > limits.tokens) {
            parts.emplace_back();
            tokens = 0;
        }
        parts.back().push_back(i);
        tokens += more;
    }
    return parts;
}

bool split_rule::splits(error const& why, std::size_t text_count) noexcept {
    if (!blames_input(why)) return false;
    ++refusals_;
    return text_count > 1 && (succeeded_ || refusals_ < most_refusals);
}

}  // namespace coax::detail
