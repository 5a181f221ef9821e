#include "batch/answer_columns.hpp"

#include "batch/record_text.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace coax::detail {
namespace {

constexpr std::size_t most_columns = 64;
constexpr std::size_t most_choices = 40;
constexpr std::size_t longest_choice = 120;
constexpr int deepest_member = 4;

void add_text(answer_column& to, std::string text) {
    ++to.texts;
    if (to.free_text) return;
    if (text.size() <= longest_choice)
        ++to.values[std::move(text)];
    else
        to.free_text = true;
    if (to.values.size() > most_choices) to.free_text = true;
    if (to.free_text) to.values.clear();
}

void add_number(answer_column& to, json_value const& value) {
    auto const number = json::read<double>(value);
    if (number && std::isfinite(*number)) to.numbers.add(*number);
}

}  // namespace

bool answer_column::is_choice() const noexcept {
    return !free_text && texts > 0 && (texts >= 2 * values.size() || values.size() <= 2);
}

answer_column* answer_columns::find(std::string const& name) {
    auto const found = std::ranges::find(columns_, name, &answer_column::name);
    if (found != columns_.end()) return &*found;
    if (columns_.size() == most_columns) return nullptr;
    columns_.push_back({.name = name});
    return &columns_.back();
}

void answer_columns::add(std::string const& name, json_value const& value, int depth) {
    if (depth > deepest_member) return;
    if (value.is_object()) return add_members(name, value, depth);
    if (value.is_array()) return add_elements(name, value, depth);
    auto* const column = find(name);
    if (column == nullptr) return;
    ++column->present;
    switch (value.kind()) {
        case json_kind::null: ++column->nulls; break;
        case json_kind::number: add_number(*column, value); break;
        default: add_text(*column, record_text(value));
    }
}

void answer_columns::add_members(std::string const& name, json_value const& value, int depth) {
    auto const members = json::read<std::map<std::string, json_value>>(value);
    if (!members) return;
    for (auto const& [key, member] : *members) add(name.empty() ? key : name + '.' + key, member, depth + 1);
}

void answer_columns::add_elements(std::string const& name, json_value const& value, int depth) {
    auto const elements = json::read<std::vector<json_value>>(value);
    if (!elements) return;
    for (auto const& element : *elements) add(name + "[]", element, depth + 1);
}

}  // namespace coax::detail
