#pragma once

#include <coax/tokens/tokenizer.hpp>

#include <optional>
#include <string_view>

namespace coax {

/// How a model cuts text into tokens, as far as that is public.
struct model_encoding {
    token_encoding encoding{};
    bool published{false};  ///< Otherwise it is likely, no more: a count with it is an estimate.

    [[nodiscard]] bool operator==(model_encoding const&) const = default;
};

/// The encoding of a model of OpenAI, by its name: snapshots and fine-tuned models have that of their model. Nothing:
/// the name is not known, or its service tells nobody how it counts; ask its endpoint (`client::count_tokens`).
[[nodiscard]] std::optional<model_encoding> encoding_of_model(std::string_view model) noexcept;

}  // namespace coax
