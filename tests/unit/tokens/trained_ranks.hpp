#pragma once

#include <coax/chat/content.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::test {

/// A byte-pair encoding made the slow way: the ranks are learned from a text, and a text is encoded by merging the pair
/// of the lowest rank, one by one, as the definition says. What it does is easy to see; it takes quadratic time.
class trained_ranks {
public:
    trained_ranks(std::string_view corpus, std::size_t token_count) {
        for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
        std::vector<std::string> parts;
        for (char const c : corpus) parts.emplace_back(1, c);
        while (tokens_.size() < token_count && parts.size() > 1) {
            auto const whole = most_frequent(parts);
            if (whole.size() > 255) break;
            add(whole);
            merge_all(parts, whole);
        }
    }

    /// In tiktoken's form.
    [[nodiscard]] std::string text() const {
        std::string rows;
        for (std::size_t rank = 0; rank < tokens_.size(); ++rank)
            rows += std::string{base64_data::encode(tokens_[rank]).text()} + ' ' + std::to_string(rank) + '\n';
        return rows;
    }

    [[nodiscard]] std::vector<unsigned> encode(std::string_view word) const {
        std::vector<std::string> parts;
        for (char const c : word) parts.emplace_back(1, c);
        for (;;) {
            auto best = tokens_.size();
            std::size_t at = 0;
            for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
                auto const found = ranks_.find(parts[i] + parts[i + 1]);
                if (found == ranks_.end() || found->second >= best) continue;
                best = found->second;
                at = i;
            }
            if (best == tokens_.size()) break;
            parts[at] += parts[at + 1];
            parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        }
        std::vector<unsigned> ids;
        for (auto const& part : parts) ids.push_back(static_cast<unsigned>(ranks_.at(part)));
        return ids;
    }

    [[nodiscard]] std::string const& token(std::size_t rank) const { return tokens_[rank]; }
    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }

private:
    void add(std::string token) {
        ranks_.emplace(token, tokens_.size());
        tokens_.push_back(std::move(token));
    }

    [[nodiscard]] std::string most_frequent(std::vector<std::string> const& parts) const {
        std::map<std::string, std::size_t> counts;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i)
            if (auto const pair = parts[i] + parts[i + 1]; !ranks_.contains(pair)) ++counts[pair];
        if (counts.empty()) return std::string(256, ' ');
        return std::ranges::max_element(counts, {}, [](auto const& one) { return one.second; })->first;
    }

    static void merge_all(std::vector<std::string>& parts, std::string const& whole) {
        std::vector<std::string> merged;
        for (auto& part : parts) {
            if (!merged.empty() && merged.back().size() + part.size() == whole.size() && merged.back() + part == whole)
                merged.back() = whole;
            else
                merged.push_back(std::move(part));
        }
        parts = std::move(merged);
    }

    std::vector<std::string> tokens_{};
    std::map<std::string, std::size_t> ranks_{};
};

/// Letters of an alphabet in any order: with few of them, tokens overlap in all ways.
[[nodiscard]] inline std::string random_word(std::mt19937& random, std::string_view alphabet, std::size_t size) {
    std::uniform_int_distribution<std::size_t> letter{0, alphabet.size() - 1};
    std::string word;
    while (word.size() < size) word += alphabet[letter(random)];
    return word;
}

}  // namespace coax::test
