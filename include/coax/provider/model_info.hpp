#pragma once

#include <coax/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coax {

/// A model as its service lists it.
struct model_info {
    std::string id{};    ///< What a request names it by.
    std::string name{};  ///< For people; empty: the service gives none.
    std::string owner{};
    std::optional<std::chrono::sys_seconds> created{};
    std::optional<std::int64_t> max_input_tokens{};   ///< Where the service tells.
    std::optional<std::int64_t> max_output_tokens{};  ///< Where the service tells.
    std::string retires{};  ///< The date from which it is gone, as the service writes it; empty: none is told.
    json_value raw{};       ///< All that the service said of it.
};

/// A part of a service's list.
struct model_page {
    std::vector<model_info> models{};
    std::string next{};  ///< Names the next part; empty: this is the last.
    /// The list is shown to valid keys only, and names all that requests may name.
    bool authoritative{false};
};

}  // namespace coax
