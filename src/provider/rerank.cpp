#include <coax/provider/rerank.hpp>

namespace coax {

result<void> validate(rerank_request const& request) {
    if (request.query.empty()) return invalid_argument("query", "must not be empty");
    if (request.documents.empty()) return invalid_argument("documents", "must hold at least one");
    if (request.top_n && *request.top_n < 1) return invalid_argument("top_n", "must be greater than 0");
    return {};
}

}  // namespace coax
