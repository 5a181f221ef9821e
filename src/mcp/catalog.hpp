#pragma once

#include "mcp/mirrored_parameters.hpp"

#include <coax/core/result.hpp>
#include <coax/json/value.hpp>
#include <coax/mcp/session.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coax::mcp::detail {

/// A tool whose schemas were read.
struct known_tool {
    tool described{};
    runtime_schema input;
    std::optional<runtime_schema> output{};
    std::vector<mirrored_parameter> mirrored{};
};

/// The tools of a server, as its pages say.
class catalog {
public:
    explicit catalog(session_limits const& limits) : limits_{limits} {}

    /// Reads a page. @returns The cursor of the next; none: it is the last.
    /// Errors: `errc::protocol_error`; `errc::too_large`: too many pages or tools.
    [[nodiscard]] result<std::optional<std::string>> add_page(json_value const& page);

    [[nodiscard]] std::vector<known_tool> const& tools() const noexcept { return tools_; }
    [[nodiscard]] std::vector<std::string> const& left_out() const noexcept { return left_out_; }
    /// Null: there is none of that name.
    [[nodiscard]] known_tool const* find(std::string_view name) const noexcept;
    /// How long the server says that it stays as it is: the least of its pages.
    [[nodiscard]] std::chrono::milliseconds lifetime() const noexcept {
        return lifetime_.value_or(std::chrono::milliseconds::zero());
    }

private:
    void add_tool(json_value const& text);
    void leave_out(std::string const& name, std::string const& why);

    session_limits limits_;
    std::size_t pages_{0};
    std::vector<known_tool> tools_{};
    std::vector<std::string> left_out_{};
    std::optional<std::chrono::milliseconds> lifetime_{};
};

}  // namespace coax::mcp::detail
