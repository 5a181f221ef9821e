#pragma once

#include "sim/parsed_chat.hpp"

#include <coax/sim/answer_rule.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coax::sim::detail {

/// The rules by which a service answers, and how often each has. Belongs to one thread.
class answer_script {
public:
    explicit answer_script(std::vector<answer_rule> rules) : rules_{std::move(rules)}, used_(rules_.size(), 0) {}

    /// The first rule that answers this chat, which counts as used. nullptr: none does.
    [[nodiscard]] answer_rule const* pick(parsed_chat const& chat);

private:
    std::vector<answer_rule> rules_;
    std::vector<std::uint64_t> used_;
};

/// The text of a rule with what its placeholders stand for.
[[nodiscard]] std::string filled_in(std::string_view text, parsed_chat const& chat);

}  // namespace coax::sim::detail
