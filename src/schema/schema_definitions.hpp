#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace coax::schema::detail {

/// The definitions of a schema that is written anew, under names that services accept: those that are referred to.
class definition_list {
public:
    struct entry {
        std::string name;
        std::string origin;  ///< JSON pointer in the file.
    };

    explicit definition_list(boost::json::value const& root);

    /// The new reference to what an old one names: "#" or "#/$defs/name".
    [[nodiscard]] std::string reference_to(std::string_view reference);

    /// It grows by references.
    [[nodiscard]] std::size_t count() const { return entries_.size(); }
    [[nodiscard]] entry const& operator[](std::size_t index) const { return entries_[index]; }

    /// The root as a definition.
    [[nodiscard]] std::string const& root_name() const { return root_.name; }
    /// A root may only name a definition, which then takes its place.
    [[nodiscard]] std::string const& root_origin() const { return root_.origin; }
    [[nodiscard]] bool has_circular_root() const { return is_circular_; }

private:
    void follow_root(boost::json::value const& root);
    void find_copy_of_root(boost::json::object const& root);
    [[nodiscard]] std::string unique_name(std::string_view pointer);

    entry root_{"root", ""};
    bool is_circular_{false};
    std::map<std::string, std::string> names_{};  ///< By pointers; empty: the root.
    std::unordered_set<std::string> used_names_{};
    std::vector<entry> entries_{};
};

}  // namespace coax::schema::detail
