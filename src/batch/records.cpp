#include "batch/internal/line_reader.hpp"

#include <coax/batch/records.hpp>
#include <coax/bind/read.hpp>

#include <algorithm>
#include <map>
#include <string_view>

namespace coax {

namespace {

constexpr std::size_t largest_line = std::size_t{1} << 30U;

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos; }

/// The name that a member gives: text as it is, anything else as JSON.
std::string name_from(json_value const& member) {
    if (!member.is_string()) return member.text();
    auto text = json::read<std::string>(member);
    return text ? std::move(*text) : member.text();
}

/// Reads one line into `record`; its problem if it is none.
std::optional<error> fill_record(batch_record& record, std::string_view line, record_options const& options) {
    auto value = json_value::parse(line);
    if (!value) {
        auto why = std::move(value).error();
        why.message = "not JSON: " + why.message;
        return why;
    }
    if (!value->is_object()) return error{.code = errc::invalid_json, .message = "not a JSON object"};
    auto const members = json::read<std::map<std::string, json_value>>(*value);
    if (!members) return members.error();

    bool const chosen = !options.key_field.empty();
    auto const named = members->find(chosen ? options.key_field : "id");
    if (named != members->end())
        record.key = name_from(named->second);
    else if (chosen)
        return error{.code = errc::invalid_json, .message = "the record has no member \"" + options.key_field + '"'};
    record.fields = std::move(*value);
    return std::nullopt;
}

std::string place(std::string const& path, std::uint64_t line) { return path + ':' + std::to_string(line); }

}  // namespace

struct record_source::state {
    detail::line_reader reader;
    record_options options;
    std::uint64_t next_index{0};
    std::string line{};
};

record_source::record_source(core::detail::opaque<state> opened) noexcept : state_{std::move(opened)} {}
record_source::record_source(record_source&&) noexcept = default;
record_source& record_source::operator=(record_source&&) noexcept = default;
record_source::~record_source() = default;

result<record_source> record_source::open(std::string path, record_options options) {
    if (options.max_line_bytes < 2 || options.max_line_bytes > largest_line)
        return error{.code = errc::invalid_argument, .message = "must be in [2, 1 GiB]", .where = "max_line_bytes"};
    auto reader = detail::line_reader::open(std::move(path), options.max_line_bytes);
    if (!reader) return reader.error();
    return record_source{std::make_unique<state>(state{std::move(*reader), std::move(options)})};
}

result<std::optional<batch_record>> record_source::next() {
    auto& [reader, options, next_index, line] = *state_;
    if (options.limit > 0 && next_index >= options.limit) return std::optional<batch_record>{};
    for (;;) {
        auto const kind = reader.next(line);
        if (!kind) return kind.error();
        if (*kind == detail::line_kind::end) return std::optional<batch_record>{};
        if (*kind == detail::line_kind::line && is_blank(line)) continue;

        batch_record record{.index = next_index++, .line = reader.line_number()};
        record.key = std::to_string(record.index);
        if (*kind == detail::line_kind::too_long)
            record.problem =
                error{.code = errc::too_large,
                      .message = "the line is longer than " + std::to_string(options.max_line_bytes) + " bytes"};
        else
            record.problem = fill_record(record, line, options);
        if (record.problem) record.problem->where = place(reader.path(), record.line);
        return std::optional<batch_record>{std::move(record)};
    }
}

result<std::optional<batch_record>> record_source::operator()() { return next(); }

result<std::uint64_t> check_records(std::string path, record_options options,
                                    std::function<result<void>(batch_record const&)> const& check,
                                    bool allow_problems) {
    auto source = record_source::open(path, std::move(options));
    if (!source) return source.error();
    for (std::uint64_t count = 0;; ++count) {
        auto const record = source->next();
        if (!record) return record.error();
        if (!*record) return count;
        if ((*record)->problem) {
            if (allow_problems) continue;
            return *(*record)->problem;
        }
        if (!check) continue;
        if (auto fits = check(**record); !fits) {
            auto why = std::move(fits).error();
            why.where = place(path, (*record)->line);
            return why;
        }
    }
}

}  // namespace coax
