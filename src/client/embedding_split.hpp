#pragma once

#include <coax/provider/embedding.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// The bounds of one request: the service's, as the caller overrides them, and so that the vectors of its response stay
/// below `max_body_bytes`.
[[nodiscard]] embedding_limits limits_of_request(embedding_request const& request, embedding_limits of_service,
                                                 std::size_t max_body_bytes) noexcept;

/// About the tokens of a text: one for each three bytes, which is seldom too few.
[[nodiscard]] std::int64_t estimated_tokens(std::string_view text) noexcept;

/// Which texts go together: neighbours, as many as the limits allow. A text that exceeds them goes alone; an empty one,
/// which no service takes, is left out.
[[nodiscard]] std::vector<std::vector<std::size_t>> split_texts(std::vector<std::string> const& texts,
                                                                embedding_limits const& limits);

/// Decides which refused requests are sent again in two halves: those that one text may have spoilt for the others.
class split_rule {
public:
    void on_success() noexcept { succeeded_ = true; }
    /// A request was refused. While none has succeeded the request as such may be wrong, whatever its texts: after 32
    /// refusals nothing is split any more.
    [[nodiscard]] bool splits(error const& why, std::size_t text_count) noexcept;

private:
    bool succeeded_{false};
    int refusals_{0};
};

}  // namespace coax::detail
