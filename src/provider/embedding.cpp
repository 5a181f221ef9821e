#include <coax/provider/embedding.hpp>

#include <cmath>
#include <limits>
#include <utility>

namespace coax {

result<void> validate(embedding_request const& request) {
    if (request.texts.empty()) return invalid_argument("texts", "must hold at least one");
    if (request.dimensions && *request.dimensions < 1)
        return invalid_argument("dimensions", "must be greater than 0, is " + std::to_string(*request.dimensions));
    if (request.max_tokens_per_request < 0) return invalid_argument("max_tokens_per_request", "must not be negative");
    if (request.concurrency < 1 || request.concurrency > 65'535)
        return invalid_argument("concurrency", "must be in [1, 65535], is " + std::to_string(request.concurrency));
    return {};
}

std::vector<std::vector<float>> embedding_response::values() && {
    std::vector<std::vector<float>> all;
    all.reserve(vectors.size());
    for (auto& one : vectors) all.push_back(std::move(one).value());
    return all;
}

double cosine_similarity(std::span<float const> a, std::span<float const> b) noexcept {
    if (a.size() != b.size()) return std::numeric_limits<double>::quiet_NaN();
    double product = 0;
    double of_a = 0;
    double of_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        double const x = a[i];
        double const y = b[i];
        product += x * y;
        of_a += x * x;
        of_b += y * y;
    }
    return product / std::sqrt(of_a * of_b);
}

}  // namespace coax
