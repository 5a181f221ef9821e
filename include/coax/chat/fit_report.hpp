#pragma once

#include <coax/core/detail/toolchain.hpp>

#include <cstddef>
#include <cstdint>

namespace coax {

/// What was left out of a prompt that was too long (`coax/tokens/fit.hpp`).
struct fit_report {
    std::int64_t tokens_before{0};    ///< Of the prompt as it was given. 0: nobody looked.
    std::int64_t tokens_after{0};     ///< Of what was sent.
    std::size_t dropped_messages{0};  ///< That were left out.
    std::size_t cut_texts{0};         ///< Whose middle was left out.

    [[nodiscard]] bool operator==(fit_report const& other) const = default;
};

}  // namespace coax
