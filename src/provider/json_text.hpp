#pragma once

#include <coax/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace coax::detail {

/// The text of a string, number or boolean; empty for null, arrays and objects.
[[nodiscard]] std::string text_of(json_value const& value);

/// Whether the value is none of null, false and the empty string.
[[nodiscard]] bool is_truthy(json_value const& value);

/// The members of a JSON object, as services and gateways send them: of any type, null or missing.
using json_members = std::map<std::string, json_value>;

/// Empty for what is no object.
[[nodiscard]] json_members read_members(json_value const& value);

/// The members of an object in the order of its text, for `json::read`. For objects with few members.
class ordered_members {
public:
    using key_type = std::string;
    using mapped_type = json_value;

    json_value& operator[](std::string const& key) {
        auto found = std::ranges::find(entries_, key, &entry::first);
        if (found == entries_.end()) found = entries_.insert(found, {key, {}});
        return found->second;
    }
    [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
    [[nodiscard]] auto end() const noexcept { return entries_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    void clear() noexcept { entries_.clear(); }

private:
    using entry = std::pair<std::string, json_value>;
    std::vector<entry> entries_{};
};

}  // namespace coax::detail
