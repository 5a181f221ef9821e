#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

/// A part of multipart/form-data. Views into the body.
struct form_part {
    std::string_view name{};
    std::optional<std::string_view> file_name{};
    std::string_view media_type{};
    std::string_view bytes{};
};

/// Reads a body of multipart/form-data. @returns `nullopt`: it is none, or is cut. Source: RFC 7578.
[[nodiscard]] std::optional<std::vector<form_part>> read_form(std::string_view content_type, std::string_view body);

/// The part of that name; nullptr: there is none.
[[nodiscard]] form_part const* find_part(std::vector<form_part> const& parts, std::string_view name) noexcept;

}  // namespace coax::sim::detail
