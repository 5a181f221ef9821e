#include "batch/internal/prompt_prefix.hpp"

#include <coax/batch/batch.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace coax::detail {
namespace {

bool has_marks(chat_request const& request) {
    return request.cache_prefix || std::ranges::any_of(request.messages, &message::cache_breakpoint);
}

}  // namespace

bool has_same_prefix(chat_request const& a, chat_request const& b) {
    return a.messages.size() == b.messages.size() && a.tools == b.tools &&
           std::equal(a.messages.begin(), a.messages.end() - 1, b.messages.begin());
}

bool pays_to_cache(chat_request const& first, std::uint64_t record_count, std::size_t concurrency) {
    bool const has_prefix = first.messages.size() > 1 || !first.tools.empty();
    return has_prefix && record_count >= 2 * static_cast<std::uint64_t>(concurrency);
}

struct prefix_marks::state {
    bool wanted;
    std::size_t concurrency;
    std::optional<std::uint64_t> total;
    chat_request first{};  ///< Of the batch.
    std::uint64_t count{0};
};

prefix_marks::prefix_marks(batch_options const& options)
    : state_{std::make_shared<state>(options.mark_shared_prefix, options.concurrency, options.total)} {}

chat_request prefix_marks::operator()(chat_request request) const {
    auto& batch = *state_;
    if (!batch.wanted || request.messages.empty() || has_marks(request)) return request;
    if (++batch.count == 1) batch.first = request;
    request.cache_prefix = has_same_prefix(batch.first, request) &&
                           pays_to_cache(request, batch.total.value_or(batch.count), batch.concurrency);
    return request;
}

}  // namespace coax::detail
