#include "bind/internal/pattern.hpp"

#include "bind/ecma_pattern.hpp"
#include "core/internal/deleter.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace coax::bind::detail {
namespace {

/// Patterns kept at once. A program has few; a service that takes schemas from its users may see many.
constexpr std::size_t most_patterns = 256;
/// Steps of one search, against patterns that take exponential time.
constexpr std::uint32_t most_steps = 1'000'000;

using shared_code = std::shared_ptr<pcre2_code const>;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

shared_code compile(std::string_view pattern) {
    int failure = 0;
    PCRE2_SIZE offset = 0;
    // As in ECMA-262, which JSON Schema refers to: text is Unicode, and $ is the very end.
    constexpr auto options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_ALLOW_EMPTY_CLASS |
                             PCRE2_MATCH_UNSET_BACKREF;
    auto const translated = to_pcre(pattern);
    pcre2_code* const code = pcre2_compile(units(translated), translated.size(), options, &failure, &offset, nullptr);
    return {code, [](pcre2_code const* made) { pcre2_code_free(const_cast<pcre2_code*>(made)); }};
}

class pattern_cache {
public:
    shared_code find_or_compile(std::string_view pattern) {
        std::string key{pattern};
        {
            std::scoped_lock const lock{mutex_};
            if (auto const found = codes_.find(key); found != codes_.end()) return found->second;
        }
        auto code = compile(pattern);
        std::scoped_lock const lock{mutex_};
        if (codes_.size() >= most_patterns) codes_.clear();
        return codes_.try_emplace(std::move(key), std::move(code)).first->second;
    }

private:
    std::mutex mutex_;
    std::unordered_map<std::string, shared_code> codes_;
};

pattern_cache& the_cache() {
    static pattern_cache cache;
    return cache;
}

using match_data = std::unique_ptr<pcre2_match_data, core::detail::deleter<pcre2_match_data_free>>;
using match_context = std::unique_ptr<pcre2_match_context, core::detail::deleter<pcre2_match_context_free>>;

}  // namespace

pattern_outcome match_pattern(std::string_view pattern, std::string_view text) {
    auto const code = the_cache().find_or_compile(pattern);
    if (code == nullptr) return pattern_outcome::not_a_pattern;
    match_data const data{pcre2_match_data_create(1, nullptr)};
    match_context const context{pcre2_match_context_create(nullptr)};
    if (data == nullptr || context == nullptr) throw std::bad_alloc{};
    pcre2_set_match_limit(context.get(), most_steps);
    auto const found = pcre2_match(code.get(), units(text), text.size(), 0, 0, data.get(), context.get());
    return found >= 0 ? pattern_outcome::matches : pattern_outcome::differs;
}

}  // namespace coax::bind::detail
