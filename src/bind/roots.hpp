#pragma once

#include "json/internal/scanner.hpp"

#include <coax/json/leniency.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace coax::bind::detail {

/// An object or array in a response that stands for itself, not inside of another.
struct root_span {
    std::size_t begin{0};
    std::size_t end{0};
    bool is_whole{false};  ///< It is JSON, as far as leniency goes.
    bool is_closed{true};  ///< Its closing bracket is there.
};

/// Whether the bracket that a text begins with may begin a JSON value, and no words in brackets.
[[nodiscard]] bool looks_like_json(std::string_view text);

/// Finds the objects and arrays in a response of words, thoughts, code fences and JSON.
///
/// A thought ("<think>...</think>") holds none, nor does what comes before a closing mark without an opening one. A
/// bracket that looks like JSON, but is none, takes with it all up to its closing bracket; if it has none, up to the
/// end of its code fence or of the text: what stands inside of a broken value is never taken for a value.
class root_finder : json::detail::scanner {
public:
    root_finder(std::string_view text, json::leniency const& allowed);

    /// The last of them, in the order of the text.
    [[nodiscard]] std::vector<root_span> const& find();
    /// Behind the last thought.
    [[nodiscard]] std::size_t answer_begin() const { return answer_begin_; }

private:
    void take_bracket();
    void take_rest();
    void take_mark(std::size_t size, bool opens);
    void take_broken(char const* begin);
    [[nodiscard]] char const* find_close(char const* at, bool& is_closed) const;
    [[nodiscard]] bool goes_on_in_words() const;
    void add(char const* begin, bool is_whole, bool is_closed);
    void forget_failure();
    [[nodiscard]] std::string_view rest_of(char const* at) const { return {at, static_cast<std::size_t>(end_ - at)}; }

    std::vector<root_span> roots_{};
    std::size_t answer_begin_{0};
    std::size_t budget_;  ///< Bytes that may still be looked at: what is broken may be looked at again.
};

}  // namespace coax::bind::detail
