#include "json/internal/text.hpp"
#include "table/cell.hpp"
#include "table/internal/columns.hpp"
#include "table/internal/csv_scanner.hpp"
#include "table/sources.hpp"

#include <coax/json/detail/value_access.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace coax::table::detail {

namespace {

constexpr std::size_t most_sampled_bytes = 4U << 20U;

/// What stands between fields, where nobody says it: by the first line, outside of quotes.
char guess_separator(std::string_view text) {
    constexpr std::string_view candidates{",;\t|"};
    std::array<std::size_t, candidates.size()> counts{};
    bool quoted = false;
    for (char const c : text) {
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == '\n' || c == '\r')) break;
        if (auto const at = candidates.find(c); !quoted && at != std::string_view::npos) ++counts[at];
    }
    if (counts[0] > 0) return ',';
    auto const most = std::ranges::max_element(counts);
    return *most == 0 ? ',' : candidates[static_cast<std::size_t>(most - counts.begin())];
}

std::string place_text(text_place const& at) { return std::to_string(at.line) + ':' + std::to_string(at.column); }

/// The columns of a file, each with what precedes its value in a row: `"name":`.
struct csv_columns {
    std::vector<table_column> list{};
    std::vector<std::string> keys{};
    std::vector<bool> given{};  ///< The type was not found out.
};

/// The records of a CSV file.
class csv_source final : public table_source {
public:
    csv_source(input_file file, table_options options) : file_{std::move(file)}, options_{std::move(options)} {}

    [[nodiscard]] result<void> begin();
    std::vector<table_column> const& columns() const noexcept override { return columns_.list; }
    result<std::optional<table_row>> next() override;

private:
    [[nodiscard]] result<void> begin_text();
    [[nodiscard]] result<bool> read(csv_record& record);
    [[nodiscard]] result<bool> read_header(csv_record& first);
    [[nodiscard]] result<void> name_columns(csv_record const& header);
    [[nodiscard]] result<void> take_types();
    [[nodiscard]] result<void> find_types();
    [[nodiscard]] table_row to_row(csv_record const& record) const;
    [[nodiscard]] std::optional<error> fill(std::string& fields, csv_record const& record) const;
    [[nodiscard]] error fault_of(csv_record const& record) const;
    [[nodiscard]] error wrong_count(csv_record const& record) const;

    input_file file_;
    table_options options_;
    csv_scanner scanner_{{}};
    std::string_view rest_{};  ///< Of the piece of the file that is being cut.
    csv_columns columns_{};
    std::deque<csv_record> sample_{};  ///< Records that were read to find the types.
};

result<void> csv_source::begin() {
    if (auto begun = begin_text(); !begun) return begun;
    csv_record first;
    auto const any = read_header(first);
    if (!any) return any.error();
    if (!*any) return {};
    if (auto named = name_columns(first); !named) return named;
    if (auto taken = take_types(); !taken) return taken;
    if (!options_.header) sample_.push_back(std::move(first));
    return find_types();
}

/// Looks at how the text begins.
result<void> csv_source::begin_text() {
    auto const piece = file_.next();
    if (!piece) return piece.error();
    rest_ = *piece;
    if (rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF"))
        return error{.code = errc::io_failed,
                     .message = "UTF-16 text: make it UTF-8 with \"iconv -f UTF-16 -t UTF-8\"",
                     .where = file_.name()};
    if (rest_.starts_with(json::detail::byte_order_mark)) rest_.remove_prefix(json::detail::byte_order_mark.size());
    if (options_.separator == '\0') options_.separator = guess_separator(rest_);
    scanner_ = csv_scanner{{options_.separator, options_.max_field_bytes, options_.max_row_bytes}};
    return {};
}

/// The next record that is no blank line. False: the end.
result<bool> csv_source::read(csv_record& record) {
    for (;;) {
        bool whole = scanner_.feed(rest_);
        if (!whole) {
            auto const piece = file_.next();
            if (!piece) return piece.error();
            rest_ = *piece;
            if (!rest_.empty()) continue;
            whole = scanner_.finish();
            if (!whole) return false;
        }
        if (scanner_.record().blank()) continue;
        record = std::move(scanner_.record());
        return true;
    }
}

/// False: the file is empty.
result<bool> csv_source::read_header(csv_record& first) {
    auto any = read(first);
    if (!any || !*any) return any;
    if (first.fault == csv_fault::none) return true;
    auto why = fault_of(first);
    why.code = errc::invalid_argument;
    return why;
}

result<void> csv_source::name_columns(csv_record const& header) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at < header.fields.size(); ++at) {
        auto name = options_.header ? std::string{header[at]} : std::string{};
        if (name.empty()) name = "column_" + std::to_string(at + 1);
        auto const where = place_in(file_.name(), header.fields[at].place.line, header.fields[at].place.column);
        if (json::detail::find_invalid_utf8(name.data(), name.data() + name.size()) != name.data() + name.size())
            return invalid_argument(where, "the name of a column is not UTF-8: make the file UTF-8 with iconv");
        columns_.list.push_back({name, column_type::text});
        std::string key;
        json::append_string(key, name);
        columns_.keys.push_back(key + ':');
        names.push_back(std::move(name));
    }
    auto const twice = find_repeated(names);
    if (!twice) return {};
    auto const& place = header.fields[*twice].place;
    return invalid_argument(place_in(file_.name(), place.line, place.column),
                            "the header names column \"" + names[*twice] + "\" twice: rename one of them");
}

result<void> csv_source::take_types() {
    columns_.given.assign(columns_.list.size(), false);
    for (auto const& wanted : options_.types) {
        auto const found = std::ranges::find(columns_.list, wanted.name, &table_column::name);
        if (found == columns_.list.end()) return unknown_column(file_.name(), wanted.name, columns_.list);
        found->type = wanted.type;
        columns_.given[static_cast<std::size_t>(found - columns_.list.begin())] = true;
    }
    return {};
}

result<void> csv_source::find_types() {
    std::vector<type_guess> guesses(columns_.list.size());
    auto const learn = [&](csv_record const& record) {
        if (record.fault != csv_fault::none || record.fields.size() != guesses.size()) return;
        for (std::size_t at = 0; at < guesses.size(); ++at)
            if (!record[at].empty()) guesses[at].add(record[at]);
    };
    std::size_t bytes = 0;
    std::ranges::for_each(sample_, learn);
    while (sample_.size() < options_.sample_rows && bytes < most_sampled_bytes) {
        csv_record record;
        auto const any = read(record);
        if (!any) return any.error();
        if (!*any) break;
        learn(record);
        bytes += record.text.size() + record.fields.size() * sizeof(csv_record::field);
        sample_.push_back(std::move(record));
    }
    if (options_.sample_rows == 0) return {};
    for (std::size_t at = 0; at < guesses.size(); ++at)
        if (!columns_.given[at]) columns_.list[at].type = guesses[at].type();
    return {};
}

result<std::optional<table_row>> csv_source::next() {
    csv_record record;
    if (!sample_.empty()) {
        record = std::move(sample_.front());
        sample_.pop_front();
    } else {
        auto const any = read(record);
        if (!any) return any.error();
        if (!*any) return std::optional<table_row>{};
    }
    return std::optional{to_row(record)};
}

table_row csv_source::to_row(csv_record const& record) const {
    table_row row{.line = record.place.line, .where = place_in(file_.name(), record.place.line)};
    std::string fields;
    row.problem = record.fault != csv_fault::none                ? fault_of(record)
                  : record.fields.size() != columns_.list.size() ? wrong_count(record)
                                                                 : fill(fields, record);
    if (!row.problem) row.fields = json::detail::value_access::make(std::move(fields));
    return row;
}

/// Writes a record as the object of its values; what is wrong with it, if anything.
std::optional<error> csv_source::fill(std::string& fields, csv_record const& record) const {
    auto const wrong = [&](std::size_t at, std::string message) {
        auto const& place = record.fields[at].place;
        return error{.code = errc::invalid_json,
                     .message = "column \"" + columns_.list[at].name + "\" " + std::move(message),
                     .where = place_in(file_.name(), place.line, place.column)};
    };
    auto const* const end = record.text.data() + record.text.size();
    auto const* const invalid = json::detail::find_invalid_utf8(record.text.data(), end);
    auto const bad = static_cast<std::size_t>(invalid - record.text.data());
    fields.reserve(record.text.size() + columns_.keys.size() * 24);
    fields += '{';
    for (std::size_t at = 0; at < record.fields.size(); ++at) {
        auto const text = record[at];
        auto const type = columns_.list[at].type;
        if (invalid != end && bad < record.fields[at].end)
            return wrong(at, "is not UTF-8: make the file UTF-8 with iconv");
        fields.append(at == 0 ? "" : ",").append(columns_.keys[at]);
        if (text.empty())
            fields += record.fields[at].quoted && type == column_type::text ? "\"\"" : "null";
        else if (!columns_.given[at])
            append_guessed(fields, text, type);
        else if (!append_given(fields, text, type))
            return wrong(at, "is no " + std::string{to_string(type)} + ": \"" + json::detail::shorten(text) + '"');
    }
    fields += '}';
    return std::nullopt;
}

error csv_source::fault_of(csv_record const& record) const {
    auto const& [line, column] = record.fault_place;
    auto const bytes = [](std::size_t most) { return std::to_string(most) + " bytes"; };
    auto const quote = record.fields.back().quoted
                           ? " (is its quote, opened at " + place_text(record.fields.back().place) + ", ever closed?)"
                           : std::string{};
    error why{.code = errc::too_large, .where = place_in(file_.name(), line, column)};
    switch (record.fault) {
        case csv_fault::record_too_large:
            why.message = "the row is larger than " + bytes(options_.max_row_bytes) + quote;
            break;
        case csv_fault::field_too_large:
            why.message = "the field is larger than " + bytes(options_.max_field_bytes) + quote;
            break;
        case csv_fault::open_quote:
            why.code = errc::invalid_json;
            why.message = "the quote that opens here is never closed";
            break;
        default:
            why.code = errc::invalid_json;
            why.message = "text after the closing quote: a quote within quotes is written twice";
    }
    return why;
}

error csv_source::wrong_count(csv_record const& record) const {
    auto const count = record.fields.size();
    return {.code = errc::invalid_json,
            .message = std::to_string(count) + (count == 1 ? " field" : " fields") + " where the table has " +
                       std::to_string(columns_.list.size()) + " columns",
            .where = place_in(file_.name(), record.place.line)};
}

}  // namespace

result<std::unique_ptr<table_source>> open_csv(input_file file, table_options const& options) {
    auto made = std::make_unique<csv_source>(std::move(file), options);
    if (auto begun = made->begin(); !begun) return begun.error();
    return std::unique_ptr<table_source>{std::move(made)};
}

}  // namespace coax::table::detail
