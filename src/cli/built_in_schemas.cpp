#include "cli/built_in_schemas.hpp"

#include <coax/schema/codec.hpp>

#include <array>
#include <string>
#include <vector>

namespace coax::cli {

namespace {

struct sentiment {
    enum class polarity { negative, neutral, positive };
    polarity label{};
    double confidence{};
    std::vector<std::string> emotions{};

    static constexpr auto coax_schema =
        describe("The sentiment of a text",
                 field(&sentiment::confidence, {.description = "How sure", .minimum = 0, .maximum = 1}),
                 field(&sentiment::emotions, {.description = "Emotions named or clearly implied", .max_items = 8}));
};

struct summary {
    std::string title{};
    std::string summary_text{};
    std::vector<std::string> key_points{};

    static constexpr auto coax_schema = describe(
        "A summary of a text", field(&summary::title, "A few words"),
        field(&summary::summary_text, {.description = "Two or three sentences", .name = "summary"}),
        field(&summary::key_points, {.description = "What matters most, first things first", .max_items = 10}));
};

struct yes_no {
    enum class verdict { yes, no, unclear };
    std::string reason{};
    verdict answer{};

    static constexpr auto coax_schema =
        describe("The answer to a question with yes or no", field(&yes_no::reason, "One sentence, before the answer"));
};

struct keywords {
    std::string language{};
    std::vector<std::string> words{};

    static constexpr auto coax_schema =
        describe("What a text is about", field(&keywords::language, "ISO 639-1 code of the text's language"),
                 field(&keywords::words,
                       {.description = "Most telling first", .name = "keywords", .min_items = 1, .max_items = 20}));
};

struct built_in {
    std::string_view name;
    json::codec const* type;
};

constexpr std::array built_ins{
    built_in{"sentiment", &json::codec_of<sentiment>},
    built_in{"summary", &json::codec_of<summary>},
    built_in{"yes_no", &json::codec_of<yes_no>},
    built_in{"keywords", &json::codec_of<keywords>},
};

}  // namespace

std::optional<std::string_view> built_in_schema(std::string_view name) {
    for (auto const& one : built_ins) {
        if (one.name != name) continue;
        auto const text = one.type->schema(schema_dialect::json_schema);
        if (text) return *text;
    }
    return std::nullopt;
}

std::vector<std::string_view> built_in_schema_names() {
    std::vector<std::string_view> names;
    names.reserve(std::size(built_ins));
    for (auto const& one : built_ins) names.push_back(one.name);
    return names;
}

}  // namespace coax::cli
