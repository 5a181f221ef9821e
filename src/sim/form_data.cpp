#include "sim/form_data.hpp"

#include "sim/text.hpp"

#include <algorithm>
#include <string>

namespace coax::sim::detail {
namespace {

/// The value of a parameter such as `name="x"` in a header's value.
std::optional<std::string_view> parameter_of(std::string_view value, std::string_view name) {
    auto const sign = "; " + std::string{name} + "=";
    auto at = value.find(sign);
    if (at == std::string_view::npos) return std::nullopt;
    value.remove_prefix(at + sign.size());
    if (!value.starts_with('"')) return value.substr(0, value.find(';'));
    value.remove_prefix(1);
    auto const end = value.find('"');
    return end == std::string_view::npos ? std::nullopt : std::optional{value.substr(0, end)};
}

/// The value of a header field of a part.
std::string_view field_of(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        auto const line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        auto const colon = line.find(": ");
        if (colon != std::string_view::npos && lower_ascii(line.substr(0, colon)) == name)
            return line.substr(colon + 2);
    }
    return {};
}

std::optional<form_part> read_part(std::string_view text) {
    constexpr std::string_view blank = "\r\n\r\n";
    auto const end = text.find(blank);
    if (end == std::string_view::npos) return std::nullopt;
    auto const head = text.substr(0, end);
    auto const disposition = field_of(head, "content-disposition");
    auto const name = parameter_of(disposition, "name");
    if (!disposition.starts_with("form-data") || !name) return std::nullopt;
    return form_part{.name = *name,
                     .file_name = parameter_of(disposition, "filename"),
                     .media_type = field_of(head, "content-type"),
                     .bytes = text.substr(end + blank.size())};
}

}  // namespace

std::optional<std::vector<form_part>> read_form(std::string_view content_type, std::string_view body) {
    auto const boundary = parameter_of(content_type, "boundary");
    if (!content_type.starts_with("multipart/form-data") || !boundary || boundary->empty()) return std::nullopt;
    auto const mark = "--" + std::string{*boundary};
    auto const divider = "\r\n" + mark;
    if (!body.starts_with(mark)) return std::nullopt;
    body.remove_prefix(mark.size());
    std::vector<form_part> parts;
    while (body.starts_with("\r\n")) {
        body.remove_prefix(2);
        auto const end = body.find(divider);
        auto part = end == std::string_view::npos ? std::nullopt : read_part(body.substr(0, end));
        if (!part) return std::nullopt;
        parts.push_back(*part);
        body.remove_prefix(end + divider.size());
    }
    return body.starts_with("--") ? std::optional{std::move(parts)} : std::nullopt;
}

form_part const* find_part(std::vector<form_part> const& parts, std::string_view name) noexcept {
    auto const found = std::ranges::find(parts, name, &form_part::name);
    return found != parts.end() ? &*found : nullptr;
}

}  // namespace coax::sim::detail
