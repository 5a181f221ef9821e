#pragma once

#include "batch/sketches.hpp"

#include <coax/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// One member of the answers.
struct answer_column {
    std::string name{};  ///< "a.b" for a member of a member, "tags[]" for what is in a list; empty: the answer itself.
    std::uint64_t present{0};
    std::uint64_t nulls{0};
    std::uint64_t texts{0};                         ///< Booleans among them.
    std::map<std::string, std::uint64_t> values{};  ///< Of texts and booleans; empty: there are too many.
    bool free_text{false};                          ///< There were too many values.
    number_sketch numbers{};

    /// Texts that come again and again, as those of an enum do.
    [[nodiscard]] bool is_choice() const noexcept;
};

/// How the members of answers are distributed. Holds 64 members and 40 values of each at most.
class answer_columns {
public:
    void add(json_value const& answer) { add({}, answer, 0); }
    /// In the order in which they came.
    [[nodiscard]] std::vector<answer_column> const& all() const noexcept { return columns_; }

private:
    void add(std::string const& name, json_value const& value, int depth);
    void add_members(std::string const& name, json_value const& value, int depth);
    void add_elements(std::string const& name, json_value const& value, int depth);
    answer_column* find(std::string const& name);

    std::vector<answer_column> columns_{};
};

}  // namespace coax::detail
