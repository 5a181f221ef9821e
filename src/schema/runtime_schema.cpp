#include "json/internal/pointer.hpp"
#include "json/internal/scanner.hpp"
#include "schema/emit_schema.hpp"
#include "schema/explain.hpp"
#include "schema/json_source.hpp"
#include "schema/schema_check.hpp"
#include "schema/schema_validate.hpp"
#include "schema/schema_values.hpp"

#include <coax/bind/detail/descriptor_of.hpp>
#include <coax/json/value.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace coax {

namespace bj = boost::json;

/// What copies of a runtime_schema share.
struct runtime_schema::state {
    bj::value root;
    std::string name;
};

namespace {

constexpr std::size_t max_depth = 64;

/// Text to tree, or what of it is not JSON in the reader's words.
struct parsed_text {
    bj::value tree{};
    std::vector<json::violation> violations{};
};
parsed_text parse_tree(std::string_view text) {
    if (auto const wrong = json::detail::find_syntax_error(text, max_depth)) return {.violations = {*wrong}};
    bj::parse_options options;
    options.max_depth = max_depth + 1;
    boost::system::error_code failure;
    parsed_text parsed{.tree = bj::parse(text, failure, {}, options)};
    if (failure) parsed.violations.push_back({.expected = "JSON", .found = "what is not: " + failure.message()});
    return parsed;
}

/// Those of one place keep their order.
void sort_by_place(std::vector<json::violation>& violations) {
    auto const is_before = [](auto const& a, auto const& b) { return a.offset < b.offset; };
    for (auto at = violations.begin(); at != violations.end(); ++at)
        std::rotate(std::upper_bound(violations.begin(), at, *at, is_before), at, at + 1);
}

/// All that is wrong with a response, in the order of the text.
std::vector<json::violation> examine(bj::value const& schema, std::string_view response) {
    auto parsed = parse_tree(response);
    if (!parsed.violations.empty()) return std::move(parsed.violations);
    auto violations = schema::detail::validate_tree(schema, parsed.tree, response.size() * 64 + 10'000);
    for (auto& each : violations) each.offset = json::detail::locate_pointer(response, each.pointer);
    sort_by_place(violations);
    return violations;
}

std::string name_from(bj::object const& schema) {
    auto const* const title = schema.if_contains("title");
    if (title == nullptr || !title->is_string()) return "answer";
    auto const name = bind::detail::make_safe_name(title->get_string());
    return name.size == 0 ? "answer" : std::string{name.view()};
}

}  // namespace

runtime_schema::runtime_schema(core::detail::shared_opaque<state> shared) noexcept : state_{std::move(shared)} {}

result<runtime_schema> runtime_schema::parse(std::string_view text) {
    auto parsed = parse_tree(text);
    if (!parsed.violations.empty()) {
        auto why = json::detail::to_error(parsed.violations, text);
        why.code = errc::invalid_argument;
        why.message = "not a usable JSON Schema: " + why.message;
        return why;
    }
    if (auto const checked = schema::detail::check_schema(parsed.tree); !checked) return checked.error();
    auto name = name_from(parsed.tree.get_object());
    return runtime_schema{std::make_shared<state>(state{std::move(parsed.tree), std::move(name)})};
}

result<std::string> runtime_schema::for_dialect(schema_dialect dialect) const {
    if (dialect == schema_dialect::json_schema) return schema::detail::to_text(state_->root);
    schema::detail::json_source source{state_->root};
    auto made = schema::detail::emit_schema(source, dialect);
    if (made.problem == schema::detail::schema_problem::none) return std::move(made.text);
    return error{.code = errc::invalid_argument,
                 .message = std::string{schema::detail::explain(made.problem)},
                 .where = std::move(made.location.pointer)};
}

result<void> runtime_schema::validate(std::string_view response) const {
    auto const violations = examine(state_->root, response);
    if (violations.empty()) return {};
    return json::detail::to_error(violations, response);
}

std::vector<json::violation> runtime_schema::find_violations(std::string_view response) const {
    return json::detail::add_positions(examine(state_->root, response), response);
}

std::string const& runtime_schema::name() const noexcept { return state_->name; }

}  // namespace coax
