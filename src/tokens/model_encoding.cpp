#include <coax/tokens/model_encoding.hpp>

namespace coax {
namespace {

struct encoding_row {
    std::string_view prefix;
    model_encoding is;
};

using enum token_encoding;

/// The first prefix that fits counts. Source: openai/tiktoken, tiktoken/model.py; for what it does not name, gpt-5.1
/// and later, that they are of one family is all that is known.
constexpr encoding_row rows[]{
    {"gpt-oss", {o200k_harmony, true}},
    {"gpt-4o", {o200k_base, true}},
    {"gpt-4.1", {o200k_base, true}},
    {"gpt-4.5", {o200k_base, true}},
    {"gpt-4", {cl100k_base, true}},
    {"gpt-3.5", {cl100k_base, true}},
    {"gpt-35", {cl100k_base, true}},
    {"gpt-5.", {o200k_base, false}},
    {"gpt-5", {o200k_base, true}},
    {"gpt-6", {o200k_base, false}},
    {"chatgpt-4o", {o200k_base, true}},
    {"o1", {o200k_base, true}},
    {"o3", {o200k_base, true}},
    {"o4-mini", {o200k_base, true}},
    {"text-embedding-3", {cl100k_base, true}},
    {"text-embedding-ada-002", {cl100k_base, true}},
};

/// Whether a name ends behind its prefix, or goes on with another part of it.
bool ends_part(std::string_view rest, std::string_view prefix) noexcept {
    if (rest.empty() || prefix.back() == '.') return true;
    return rest.front() == '-' || rest.front() == ':' || rest.front() == '.';
}

}  // namespace

std::optional<model_encoding> encoding_of_model(std::string_view model) noexcept {
    if (model.starts_with("ft:")) model.remove_prefix(3);
    if (model.starts_with("openai/")) model.remove_prefix(7);
    for (auto const& row : rows)
        if (model.starts_with(row.prefix) && ends_part(model.substr(row.prefix.size()), row.prefix)) return row.is;
    return std::nullopt;
}

}  // namespace coax
