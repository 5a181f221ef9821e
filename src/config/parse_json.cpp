#include "config/parse_file.hpp"
#include "json/internal/scanner.hpp"

#include <utility>

namespace coax::config::detail {
namespace {

/// Builds a value from text that is known to be JSON.
class node_reader : json::detail::scanner {
public:
    node_reader(std::string_view text, std::string const& name)
        : scanner{text, most_levels, true}, name_{name}, counted_{text.data()} {}

    [[nodiscard]] node read() {
        skip_space();
        if (++nodes_ > most_nodes) throw problem{here(), "more than 20,000 values"};
        node value{.at = here()};
        switch (peek()) {
            case '{': read_members(value); break;
            case '[': read_items(value); break;
            case '"':
                value.kind = node_kind::quoted;
                value.text = read_string();
                break;
            default: read_literal(value);
        }
        return value;
    }

private:
    void read_members(node& map) {
        map.kind = node_kind::map;
        ++at_;
        for (skip_space(); !take('}'); skip_space()) {
            if (take(',')) skip_space();
            auto const where = here();
            auto key = read_string();
            if (map.find(key) != nullptr) throw problem{where, "\"" + key + "\" stands here twice"};
            skip_space();
            ++at_;  // the colon
            auto value = read();
            value.key = std::move(key);
            value.key_at = where;
            map.items.push_back(std::move(value));
        }
    }
    void read_items(node& list) {
        list.kind = node_kind::list;
        ++at_;
        for (skip_space(); !take(']'); skip_space()) {
            static_cast<void>(take(','));
            list.items.push_back(read());
        }
    }
    [[nodiscard]] std::string read_string() {
        ++at_;  // the quote
        std::string_view content;
        std::string spare;
        static_cast<void>(take_string(content, spare));
        return std::string{content};
    }
    void read_literal(node& value) {
        char const* const begin = at_;
        static_cast<void>(skip_value());
        value.text.assign(begin, at_);
        value.kind = value.text == "null" ? node_kind::null : node_kind::literal;
    }

    /// The place of the next byte; places are asked for in the order of the text.
    [[nodiscard]] place here() {
        for (; counted_ != at_; ++counted_) {
            bool const is_continuation = (static_cast<unsigned char>(*counted_) & 0xC0U) == 0x80;
            column_ = *counted_ == '\n' ? 1 : column_ + (is_continuation ? 0U : 1U);
            if (*counted_ == '\n') ++line_;
        }
        return {name_, line_, column_};
    }

    std::string const& name_;
    char const* counted_;
    std::size_t line_{1};
    std::size_t column_{1};
    std::size_t nodes_{0};
};

}  // namespace

parsed_file parse_json(std::string_view text, std::string const& name) try {
    if (auto const wrong = json::detail::find_syntax_error(text, most_levels)) {
        auto const found = json::detail::add_positions({*wrong}, text).front();
        return problem{{name, found.line, found.column}, "expected " + found.expected + ", found " + found.found};
    }
    return node_reader{text, name}.read();
} catch (problem const& wrong) {
    return wrong;
}

parsed_file parse_file(std::string_view text, std::string const& name) {
    if (text.size() > most_file_bytes) return problem{{name}, "larger than 1 MiB"};
    auto parsed = name.ends_with(".json") ? parse_json(text, name) : parse_yaml(text, name);
    if (auto* const root = std::get_if<node>(&parsed)) {
        if (root->kind == node_kind::null) *root = {.kind = node_kind::map, .at = {name, 1, 1}};
        if (root->kind != node_kind::map) return problem{root->at, "a file holds settings as \"name: value\""};
    }
    return parsed;
}

}  // namespace coax::config::detail
