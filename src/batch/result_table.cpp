#include "batch/journal_index.hpp"
#include "table/internal/columns.hpp"
#include "table/internal/row_fields.hpp"
#include "table/internal/value_shape.hpp"

#include <coax/batch/result_table.hpp>
#include <coax/json/detail/value_access.hpp>
#include <coax/json/writer.hpp>
#include <coax/table/write_table.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace coax {

namespace {

using table::detail::row_fields;

/// Where a column's value is from.
enum class column_origin { input, answer, fact };

struct result_column {
    table_column column{};
    column_origin origin{};
    std::string from{};  ///< Its name there.
};

constexpr std::array<std::pair<std::string_view, column_type>, 12> facts{{{"index", column_type::integer},
                                                                          {"key", column_type::json},
                                                                          {"status", column_type::text},
                                                                          {"error", column_type::text},
                                                                          {"error_kind", column_type::text},
                                                                          {"finish_reason", column_type::text},
                                                                          {"model", column_type::text},
                                                                          {"input_tokens", column_type::integer},
                                                                          {"output_tokens", column_type::integer},
                                                                          {"cost", column_type::number},
                                                                          {"attempts", column_type::integer},
                                                                          {"latency_ms", column_type::integer}}};
constexpr std::size_t most_columns = 1'000;
constexpr std::size_t unasked_facts = 3;  // the first ones are there where they are asked for

std::string quoted_json(std::string_view text) {
    std::string json;
    json::append_string(json, text);
    return json;
}

/// The rows of the input, each with what the journal says of it.
class result_source final : public table_source {
public:
    result_source(detail::journal_index journal, result_table_options options)
        : journal_{std::move(journal)}, options_{std::move(options)} {}

    [[nodiscard]] result<void> begin(table_opener const& input);
    std::vector<table_column> const& columns() const noexcept override { return columns_; }
    result<std::optional<table_row>> next() override;

private:
    void list_columns(std::vector<table_column> const& of_input);
    void add(table_column column, column_origin origin, std::string_view prefix);
    [[nodiscard]] result<void> choose_columns();
    [[nodiscard]] std::optional<result_column> choose(std::string const& name) const;
    [[nodiscard]] json_value join(json_value const& input, std::optional<detail::result_line> const& line) const;
    [[nodiscard]] std::string fact(std::string_view name, detail::result_line const& line) const;

    detail::journal_index journal_;
    result_table_options options_;
    std::unique_ptr<table_source> input_{};
    std::vector<result_column> all_{};
    std::set<std::string> names_{};
    std::vector<table_column> columns_{};
    std::uint64_t index_{0};
};

result<void> result_source::begin(table_opener const& input) {
    auto first = input();
    if (!first) return first.error();
    auto const of_input = find_columns(**first, options_.flatten ? most_columns : 0);
    if (!of_input) return of_input.error();
    list_columns(*of_input);
    if (auto chosen = choose_columns(); !chosen) return chosen;
    auto again = input();
    if (!again) return again.error();
    input_ = std::move(*again);
    return {};
}

void result_source::list_columns(std::vector<table_column> const& of_input) {
    for (auto const& column : of_input) add(column, column_origin::input, {});
    for (auto const& column : journal_.answer_columns()) add(column, column_origin::answer, "output.");
    for (auto const& [name, type] : facts) {
        bool const is_there = name == "model"           ? !options_.model.empty() || journal_.has_models()
                              : name == "finish_reason" ? journal_.has_finish_reasons()
                              : name == "cost"          ? static_cast<bool>(options_.cost)
                                                        : true;
        if (is_there) add({std::string{name}, type}, column_origin::fact, "result.");
    }
}

void result_source::add(table_column column, column_origin origin, std::string_view prefix) {
    auto from = column.name;
    while (!names_.insert(column.name).second) column.name.insert(0, prefix.empty() ? "input." : prefix);
    all_.push_back({std::move(column), origin, std::move(from)});
}

result<void> result_source::choose_columns() {
    std::vector<table_column> known;
    known.reserve(all_.size());
    for (auto const& each : all_) known.push_back(each.column);
    for (auto const& [wanted, option] :
         {std::pair{&options_.columns, "columns"}, std::pair{&options_.exclude, "exclude"}})
        for (auto const& name : *wanted)
            if (table::detail::find_nested(known, name) == nullptr)
                return table::detail::unknown_column(option, name, known);
    auto const is_excluded = [&](result_column const& each) {
        bool const unasked =
            each.origin == column_origin::fact && options_.columns.empty() &&
            std::ranges::find(facts.begin(), facts.begin() + unasked_facts, each.from,
                              [](auto const& one) { return one.first; }) != facts.begin() + unasked_facts;
        return unasked || std::ranges::find(options_.exclude, each.column.name) != options_.exclude.end();
    };
    std::erase_if(all_, is_excluded);
    if (!options_.columns.empty()) {
        std::vector<result_column> chosen;
        for (auto const& name : options_.columns)
            if (auto column = choose(name)) chosen.push_back(*std::move(column));
        all_ = std::move(chosen);
    }
    for (auto const& each : all_) columns_.push_back(each.column);
    return {};
}

/// A column, or a member of one that holds objects; nothing: it is excluded.
std::optional<result_column> result_source::choose(std::string const& name) const {
    auto const whole = std::ranges::find(all_, name, [](auto const& one) -> auto const& { return one.column.name; });
    if (whole != all_.end()) return *whole;
    for (auto const& each : all_) {
        auto const begin = each.column.name.size();
        bool const may_be = name.starts_with(each.column.name + '.') && !table::detail::is_list(each.column);
        auto const* const member =
            may_be ? table::detail::find_nested(each.column.children, std::string_view{name}.substr(begin + 1))
                   : nullptr;
        if (member == nullptr) continue;
        auto const of_member = each.from + name.substr(begin);
        return result_column{{name, member->type, member->children}, each.origin, of_member};
    }
    return std::nullopt;
}

result<std::optional<table_row>> result_source::next() {
    if (options_.limit != 0 && index_ >= options_.limit) return std::optional<table_row>{};
    auto row = input_->next();
    if (!row || !*row) return row;
    auto const line = journal_.find(index_++);
    if (!line) return line.error();
    auto joined = std::move(**row);
    joined.fields = join(joined.problem ? json_value{} : joined.fields, *line);
    joined.problem.reset();  // the journal's line tells it
    return std::optional{std::move(joined)};
}

json_value result_source::join(json_value const& input, std::optional<detail::result_line> const& line) const {
    std::string text;
    json::writer out{text};
    row_fields of_input{input};
    bool const is_ok = line && line->status == "ok";
    row_fields answer{is_ok ? detail::answer_row(line->output) : json_value{}};
    out.begin_object();
    for (auto const& each : all_) {
        out.key(each.column.name);
        if (each.origin == column_origin::fact) {
            out.raw(line ? fact(each.from, *line) : "null");
            continue;
        }
        auto const* const value = (each.origin == column_origin::input ? of_input : answer).find(each.from);
        out.raw(value != nullptr ? std::string_view{value->text()} : "null");
    }
    out.end_object();
    return json::detail::value_access::make(std::move(text));
}

/// What the journal says of a row, as JSON.
std::string result_source::fact(std::string_view name, detail::result_line const& line) const {
    auto const of_error = [&](std::string const& member) {
        auto const found = line.error.find(member);
        return found == line.error.end() ? std::string{"null"} : found->second.text();
    };
    if (name == "index") return std::to_string(line.index);
    if (name == "key") return line.key.text();
    if (name == "status") return quoted_json(line.status);
    if (name == "error") return of_error("message");
    if (name == "error_kind") return of_error("code");
    if (name == "finish_reason") return line.finish_reason ? quoted_json(*line.finish_reason) : "null";
    if (name == "model") return quoted_json(line.model.value_or(options_.model));
    if (name == "input_tokens") return std::to_string(line.usage.input_tokens);
    if (name == "output_tokens") return std::to_string(line.usage.output_tokens);
    if (name == "cost") {
        auto const tier = parse_tier(line.tier.value_or("")).value_or(billing::tier::standard);
        return options_.cost(line.usage, tier).value_or("null");
    }
    return std::to_string(name == "attempts" ? line.attempts : line.latency_ms);
}

}  // namespace

std::vector<std::string> const& result_columns() {
    static std::vector<std::string> const names = [] {
        std::vector<std::string> all;
        all.reserve(facts.size());
        for (auto const& each : facts) all.emplace_back(each.first);
        return all;
    }();
    return names;
}

result<std::unique_ptr<table_source>> read_results(std::string journal, table_opener const& input,
                                                   result_table_options options) {
    auto index = detail::journal_index::open(std::move(journal), options.flatten);
    if (!index) return index.error();
    auto made = std::make_unique<result_source>(std::move(*index), std::move(options));
    if (auto begun = made->begin(input); !begun) return begun.error();
    return std::unique_ptr<table_source>{std::move(made)};
}

}  // namespace coax
