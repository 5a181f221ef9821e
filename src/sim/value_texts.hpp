#pragma once

#include "sim/json_text.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace coax::sim::detail {

/// The words in made-up values: the prompt's own, names and dates by chance, labels by the prompt's mood.
/// Lifetime: prompt and random source must outlive it.
class word_source {
public:
    word_source(prompt_reading const& prompt, random_source& random) noexcept : prompt_{prompt}, random_{random} {}

    [[nodiscard]] std::string word();
    /// Some words that suit a property of this name.
    [[nodiscard]] std::string phrase(std::string_view property);
    /// A text in one of JSON Schema's formats; empty: a format that is not known here.
    [[nodiscard]] std::string formatted(std::string_view format);
    /// One of an enum's values; there must be some.
    [[nodiscard]] json::value choose_label(json::array const& values);

private:
    int between(int low, int high);
    std::string date();
    std::string time();
    std::string uuid();
    std::string_view plain_word();
    std::string quote();
    template <class Words>
    std::string one_of(Words const& words);
    std::string feeling();
    json::value const* felt_label(json::array const& values);

    prompt_reading const& prompt_;
    random_source& random_;
};

}  // namespace coax::sim::detail
