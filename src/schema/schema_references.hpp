#pragma once

#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace coax::schema::detail {

/// Finds what references name: schemas by their place, their `$id` or an anchor.
class reference_index {
public:
    explicit reference_index(boost::json::value const& root);

    /// The JSON pointer of the schema that a reference names; none: it is not in this file, or no object or boolean.
    /// @param from  Where the reference stands: `$id`s around it say what it is relative to.
    [[nodiscard]] std::optional<std::string> find(std::string const& from, std::string_view reference) const;

    /// Of a `$recursiveRef` or `$dynamicRef`, which name different schemas as evaluation goes on: none, too, where this
    /// file leaves a choice.
    [[nodiscard]] std::optional<std::string> find_dynamic(std::string const& from, std::string_view reference) const;

private:
    void collect(boost::json::value const& schema, std::string const& where, std::string base, std::size_t level);
    void collect_names(boost::json::object const& schema, std::string const& where, std::string const& base);
    [[nodiscard]] std::string base_at(std::string const& pointer) const;

    boost::json::value const& root_;
    std::map<std::string, std::string> places_{};           ///< Pointers by URI.
    std::map<std::string, std::size_t> dynamic_anchors_{};  ///< How often each is there.
    std::size_t recursive_anchors_{0};
};

/// The text with its percent-encoded bytes decoded.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// A JSON pointer as the fragment of a reference: "#/$defs/a%20b".
[[nodiscard]] std::string reference_to(std::string_view pointer);

}  // namespace coax::schema::detail
