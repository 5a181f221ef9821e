#include "scanner.hpp"
#include "schema_tree.hpp"
#include "schema_values.hpp"

#include <coax/json/runtime_schema.hpp>
#include <coax/json/value.hpp>

#include <boost/json/parse.hpp>

#include <utility>

namespace coax {

namespace bj = boost::json;

namespace {

constexpr std::size_t max_answer_depth = 64;

struct checker : json::detail::scanner {
    explicit checker(std::string_view text) : scanner{text, max_answer_depth, true} {}
    [[nodiscard]] bool check() { return skip_value() && expect_end(); }
};

/// Text to tree, with the reader's words for what is not JSON.
result<bj::value> parse_tree(std::string_view text) {
    checker check{text};
    if (!check.check()) return json::detail::to_error(check.violations(), text);
    bj::parse_options options;
    options.max_depth = max_answer_depth + 1;
    boost::system::error_code failure;
    auto tree = bj::parse(text, failure, {}, options);
    if (failure) return error{.code = errc::invalid_json, .message = failure.message()};
    return tree;
}

/// Finds where in a valid text the value of a JSON pointer starts.
class locator : json::detail::scanner {
public:
    explicit locator(std::string_view text) : scanner{text, max_answer_depth, false} {}

    std::size_t find(std::string_view pointer) {
        std::string path;
        descend(path, pointer);
        return best_;
    }

private:
    /// Walks only into what leads to the pointer, and skips the rest.
    void descend(std::string& path, std::string_view pointer) {
        skip_space();
        best_ = static_cast<std::size_t>(at_ - text().data());
        if (path == pointer) return;
        bool const keyed = peek() == '{';
        if (!keyed && peek() != '[') return;
        ++at_;
        std::string spare;
        for (std::size_t index = 0;; ++index) {
            auto const size = path.size();
            skip_space();
            std::string_view key;
            if (peek() == '}' || peek() == ']') return;
            if (keyed && (!take('"') || !take_string(key, spare))) return;
            json::detail::append_pointer(path, keyed ? std::string{key} : std::to_string(index));
            skip_space();
            if (keyed && !take(':')) return;
            if (pointer == path || pointer.starts_with(path + "/")) return descend(path, pointer);
            path.resize(size);
            if (!skip_value()) return;
            skip_space();
            if (!take(',')) return;
        }
    }

    std::size_t best_{0};
};

std::string name_from(bj::object const& schema) {
    auto const* const title = schema.if_contains("title");
    if (title == nullptr || !title->is_string()) return "answer";
    auto const name = json::detail::make_safe_name(title->get_string());
    return name.size == 0 ? "answer" : std::string{name.view()};
}

}  // namespace

runtime_schema::runtime_schema(std::shared_ptr<state const> shared) noexcept : state_{std::move(shared)} {}

result<runtime_schema> runtime_schema::parse(std::string_view text) {
    auto tree = parse_tree(text);
    if (!tree) {
        auto why = std::move(tree).error();
        why.code = errc::invalid_argument;
        why.message = "not a usable JSON Schema: " + why.message;
        return why;
    }
    if (auto failure = json::detail::check_schema(*tree)) return std::move(*failure);
    auto name = name_from(tree->get_object());
    return runtime_schema{std::make_shared<state const>(state{std::move(*tree), std::move(name)})};
}

result<std::string> runtime_schema::for_dialect(schema_dialect dialect) const {
    auto const transformed = json::detail::transform_schema(state_->root, dialect);
    if (!transformed) return transformed.error();
    return json::detail::to_text(*transformed);
}

result<void> runtime_schema::validate(std::string_view answer) const {
    auto const tree = parse_tree(answer);
    if (!tree) return tree.error();
    auto violations = json::detail::validate_tree(state_->root, *tree, answer.size() * 64 + 10'000);
    if (violations.empty()) return {};
    for (auto& each : violations) each.offset = locator{answer}.find(each.pointer);
    return json::detail::to_error(violations, answer);
}

std::string const& runtime_schema::name() const noexcept { return state_->name; }

}  // namespace coax
