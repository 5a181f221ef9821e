#pragma once

#include "sim/openai_wire.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace coax::sim::detail {

/// What the bodies of chat completions and of Responses are checked for alike.
class openai_reader {
protected:
    openai_reader(json::value const& body, parsed_chat& chat) noexcept : body_{body}, chat_{chat} {}

    /// A member that is there and not null.
    [[nodiscard]] json::value const* given(std::string_view name) const noexcept;
    /// Reads a whole number in [low, high].
    [[nodiscard]] rejection read_integer(std::string const& name, std::int64_t low, std::int64_t high,
                                         std::optional<std::int64_t>& out) const;
    /// Checks a number. A model that reasons takes the usual value alone.
    [[nodiscard]] rejection check_number(std::string_view name, double low, double high, double usual) const;
    [[nodiscard]] rejection check_bool(std::string const& name) const;
    [[nodiscard]] rejection check_text(std::string const& name, std::size_t longest) const;
    [[nodiscard]] rejection check_metadata() const;
    /// Refuses tools that are no list or too many.
    [[nodiscard]] static rejection check_tool_list(json::value const& tools);
    /// Reads a function that may be called. @param where  Its path. @param needs_type  Of its parameters.
    [[nodiscard]] rejection read_function(json::value const& function, std::string const& where, bool needs_type);
    /// Reads the schema of the output. @param where  The path of the object that it is in.
    /// @param at  How the error of the schema itself names it: `param` and `code`.
    [[nodiscard]] rejection read_output_schema(json::value const& format, std::string const& where,
                                               api_error const& at);
    /// Leaves of the tools those that are allowed. @param allowed  A list; `name_of` gives an entry's name.
    void allow_only(json::value const& allowed, std::string_view (*name_of)(json::value const& entry));
    /// Whether the model reasons, and so refuses some parameters.
    [[nodiscard]] bool is_reasoning_model() const noexcept;

    json::value const& body_;
    parsed_chat& chat_;
};

/// The first member of an object that is not among `known`; empty: there is none.
[[nodiscard]] std::string_view foreign_member(json::value const& object,
                                              std::span<std::string_view const> known) noexcept;

/// Refuses a member of `object` that is not among `known`. @param where  The object's path.
[[nodiscard]] rejection check_members(json::value const& object, std::span<std::string_view const> known,
                                      std::string const& where);
[[nodiscard]] inline rejection check_members(json::value const& object, std::initializer_list<std::string_view> known,
                                             std::string const& where) {
    return check_members(object, std::span{known.begin(), known.size()}, where);
}

/// Refuses a value that is no text or not among `known`. @param value  nullptr or null passes.
[[nodiscard]] rejection check_word(json::value const* value, std::span<std::string_view const> known,
                                   std::string const& where);

}  // namespace coax::sim::detail
