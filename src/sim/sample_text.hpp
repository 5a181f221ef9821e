#pragma once

#include "sim/json_text.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace coax::sim::detail {

/// Text for made-up values: the prompt's own words, random names and dates, labels that follow the prompt's sentiment.
/// Lifetime: prompt and random source must outlive it.
class sample_text {
public:
    sample_text(prompt_words const& prompt, random_source& random) noexcept : prompt_{prompt}, random_{random} {}

    [[nodiscard]] std::string word();
    /// A few words that fit a property of this name.
    [[nodiscard]] std::string phrase(std::string_view property);
    /// A text in one of JSON Schema's formats; empty: the format is not known.
    [[nodiscard]] std::string formatted(std::string_view format);
    /// One of an enum's values, of which there are some.
    [[nodiscard]] json::value choose_label(json::array const& values);

private:
    int between(int low, int high);
    std::string date();
    std::string time();
    std::string_view plain_word();
    std::string quote();
    template <class Words>
    std::string one_of(Words const& words);
    std::string feeling();
    json::value const* sentiment_label(json::array const& values);

    prompt_words const& prompt_;
    random_source& random_;
};

}  // namespace coax::sim::detail
