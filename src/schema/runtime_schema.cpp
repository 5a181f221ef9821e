#include "json/internal/pointer.hpp"
#include "json/internal/scanner.hpp"
#include "schema/emit_schema.hpp"
#include "schema/explain.hpp"
#include "schema/json_source.hpp"
#include "schema/schema_check.hpp"
#include "schema/schema_navigation.hpp"
#include "schema/schema_upgrade.hpp"
#include "schema/schema_validate.hpp"
#include "schema/schema_values.hpp"

#include <coax/bind/detail/descriptor_of.hpp>
#include <coax/json/value.hpp>
#include <coax/schema/runtime_schema.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace coax {

namespace bj = boost::json;

/// What copies of a runtime_schema share.
struct runtime_schema::state {
    bj::value root;
    std::string name;
    bool is_object{false};
    mutable std::mutex mutex{};
    mutable std::map<schema_dialect, result<std::string>> texts{};  ///< Made by the first who asks for one.
};

namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t most_bytes = 4U << 20U;

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

std::string name_from(bj::value const& schema) {
    auto const* const title = schema.is_object() ? schema.get_object().if_contains("title") : nullptr;
    if (title == nullptr || !title->is_string()) return "answer";
    auto const name = bind::detail::make_safe_name(title->get_string());
    return name.size == 0 ? "answer" : std::string{name.view()};
}

/// The part of a pointer that can be followed in the file, through references too: what is inside of the last place may
/// have been put together.
std::string nearest_place(bj::value const& root, std::string pointer) {
    auto const* at = &root;
    for (std::size_t begin = 0; begin < pointer.size();) {
        auto const end = std::min(pointer.find('/', begin + 1), pointer.size());
        auto const step = std::string_view{pointer}.substr(begin, end - begin);
        boost::system::error_code failure;
        auto const* next = at->find_pointer(step, failure);
        if (next == nullptr) next = schema::detail::follow(root, *at).find_pointer(step, failure);
        if (next == nullptr) {
            pointer.resize(begin);
            break;
        }
        at = next;
        begin = end;
    }
    return pointer;
}

bool has_object_root(bj::value const& root) {
    auto const flat = schema::detail::flatten_schema(root, false);
    return flat.problem == schema::detail::schema_problem::none &&
           is_plain_object(schema::detail::json_source{flat}.root());
}

result<std::string> emit(bj::value const& root, schema_dialect dialect) {
    using schema::detail::schema_problem;
    auto const flat = schema::detail::flatten_schema(root, !schema::detail::rules_of(dialect).any_value);
    auto const refuse = [&](schema_problem problem, std::string const& where) {
        return error{.code = errc::invalid_argument,
                     .message = std::string{schema::detail::explain(problem)},
                     .where = nearest_place(root, where)};
    };
    if (flat.problem != schema_problem::none) return refuse(flat.problem, flat.where);
    schema::detail::json_source source{flat};
    auto made = schema::detail::emit_schema(source, dialect);
    if (made.problem != schema_problem::none) return refuse(made.problem, made.location.pointer);
    return std::move(made.text);
}

}  // namespace

runtime_schema::runtime_schema(core::detail::shared_opaque<state> shared) noexcept : state_{std::move(shared)} {}

result<runtime_schema> runtime_schema::parse(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // of an editor
    if (text.size() > most_bytes)
        return error{.code = errc::invalid_argument, .message = "not a usable JSON Schema: larger than 4 MiB"};
    auto parsed = parse_tree(text);
    if (!parsed.violations.empty()) {
        auto why = json::detail::to_error(parsed.violations, text);
        why.code = errc::invalid_argument;
        why.message = "not a usable JSON Schema: " + why.message;
        return why;
    }
    auto const places = schema::detail::check_schema(parsed.tree);
    if (!places) return places.error();
    auto upgraded = schema::detail::upgrade_schema(parsed.tree, *places);
    if (!upgraded) return std::move(upgraded).error();
    auto made = std::make_shared<state>();
    made->name = name_from(*upgraded);
    made->root = *std::move(upgraded);
    made->is_object = has_object_root(made->root);
    return runtime_schema{std::move(made)};
}

result<std::string> runtime_schema::for_dialect(schema_dialect dialect) const {
    if (dialect == schema_dialect::json_schema) return schema::detail::to_text(state_->root);
    std::scoped_lock const lock{state_->mutex};
    auto [known, is_new] = state_->texts.try_emplace(dialect, std::string{});
    if (is_new) known->second = emit(state_->root, dialect);
    return known->second;
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

bool runtime_schema::is_object() const noexcept { return state_->is_object; }

}  // namespace coax
