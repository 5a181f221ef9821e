#pragma once

#include <coax/coax.hpp>

#include <string>
#include <vector>

/// What the examples want to know of a post. A plain struct; the table beside it is what the model is told.
struct sentiment {
    enum class polarity { negative, neutral, positive };
    polarity label{};
    double confidence{};
    std::vector<std::string> emotions{};

    static constexpr auto coax_schema =
        coax::describe("The sentiment of one post",
                       coax::field(&sentiment::confidence, {.description = "How sure", .minimum = 0, .maximum = 1}),
                       coax::field(&sentiment::emotions, "Emotions named or clearly implied"));
};
