#include "json/internal/scanner.hpp"
#include "json/internal/text.hpp"

#include <coax/json/value.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace coax {
namespace {

/// Nesting of values that are passed on and never read into a struct.
constexpr std::size_t max_value_depth = 512;

boost::json::value parse_tree(std::string_view text, boost::system::error_code& failure) {
    boost::json::parse_options options;
    options.max_depth = max_value_depth;
    return boost::json::parse(text, failure, {}, options);
}

void merge(boost::json::object& into, boost::json::object const& extra) {
    for (auto const& [key, value] : extra) {
        auto* const both = into.if_contains(key);
        if (value.is_null())
            into.stable_erase(key);
        else if (both != nullptr && both->is_object() && value.is_object())
            merge(both->get_object(), value.get_object());
        else
            into.insert_or_assign(key, value);
    }
}

error not_an_object(std::string const& what) { return invalid_argument(what, what + " is not a JSON object"); }

}  // namespace

result<json_value> json_value::parse(std::string_view text) {
    if (auto const wrong = json::detail::find_syntax_error(text, max_value_depth))
        return json::detail::to_error({*wrong}, text);
    std::string compact;
    compact.reserve(text.size());
    json::detail::append_compact(compact, text);
    return json_value{checked{}, std::move(compact)};
}

json_kind json_value::kind() const noexcept {
    switch (text_.empty() ? 'n' : text_.front()) {
        case '{': return json_kind::object;
        case '[': return json_kind::array;
        case '"': return json_kind::string;
        case 't':
        case 'f': return json_kind::boolean;
        case 'n': return json_kind::null;
        default: return json_kind::number;
    }
}

result<void> json::merge_objects(std::string& body, json_value const& extra) {
    if (!extra.is_object()) return not_an_object("extra");
    boost::system::error_code failure;
    auto whole = parse_tree(body, failure);
    if (failure || !whole.is_object()) return not_an_object("body");
    auto const added = parse_tree(extra.text(), failure);
    if (failure) return not_an_object("extra");
    merge(whole.get_object(), added.get_object());
    body = boost::json::serialize(whole);
    return {};
}

}  // namespace coax
