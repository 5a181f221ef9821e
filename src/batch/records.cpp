#include "batch/line_reader.hpp"
#include "batch/record_text.hpp"

#include <coax/batch/records.hpp>
#include <coax/bind/read.hpp>

#include <map>
#include <memory>
#include <string_view>

namespace coax {

namespace {

constexpr std::size_t largest_line = std::size_t{1} << 30U;

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\v\f") == std::string_view::npos; }

/// Reads one line into `record`; what is wrong with the line, if anything.
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
    if (named != members->end()) {
        record.key = detail::record_text(named->second);
        record.numeric_key = named->second.kind() == json_kind::number;
    } else if (chosen) {
        return error{.code = errc::invalid_json, .message = "the record has no member \"" + options.key_field + '"'};
    }
    record.fields = std::move(*value);
    return std::nullopt;
}

std::string location(std::string const& path, std::uint64_t line) { return path + ':' + std::to_string(line); }

class record_reader final : public stream_source<batch_record> {
public:
    [[nodiscard]] static result<std::unique_ptr<record_reader>> open(std::string path, record_options options) {
        if (auto valid = validate(options); !valid) return valid.error();
        if (options.name.empty()) options.name = path;
        auto lines = detail::line_reader::open(std::move(path), options.max_line_bytes);
        if (!lines) return lines.error();
        return std::make_unique<record_reader>(std::move(*lines), std::move(options));
    }

    record_reader(detail::line_reader lines, record_options options)
        : lines_{std::move(lines)}, options_{std::move(options)} {}

    asio::awaitable<std::optional<batch_record>> next() override { co_return value_or_throw(read()); }

    /// The next record; none at the end.
    [[nodiscard]] result<std::optional<batch_record>> read() {
        while (options_.limit == 0 || next_index_ < options_.limit) {
            auto const kind = lines_.next(line_);
            if (!kind) return kind.error();
            if (*kind == detail::line_kind::end) break;
            if (*kind == detail::line_kind::line && is_blank(line_)) continue;
            return std::optional{record_from_line(*kind)};
        }
        return std::optional<batch_record>{};
    }

private:
    batch_record record_from_line(detail::line_kind kind) {
        batch_record record{.index = next_index_++, .line = lines_.line_number()};
        record.key = std::to_string(record.index);
        if (kind == detail::line_kind::too_long)
            record.problem =
                error{.code = errc::too_large,
                      .message = "the line is longer than " + std::to_string(options_.max_line_bytes) + " bytes"};
        else
            record.problem = fill_record(record, line_, options_);
        if (record.problem) record.problem->where = location(options_.name, record.line);
        return record;
    }

    detail::line_reader lines_;
    record_options options_;
    std::uint64_t next_index_{0};
    std::string line_{};
};

}  // namespace

result<void> validate(record_options const& options) {
    if (options.max_line_bytes < 2 || options.max_line_bytes > largest_line)
        return invalid_argument("max_line_bytes", "must be in [2, 1 GiB]");
    return {};
}

result<stream<batch_record>> read_records(std::string path, record_options options) {
    auto reader = record_reader::open(std::move(path), std::move(options));
    if (!reader) return reader.error();
    return stream<batch_record>{std::move(*reader)};
}

result<std::uint64_t> check_records(std::string path, record_options options,
                                    std::function<result<void>(batch_record const&)> const& check,
                                    bool allow_problems) {
    auto const name = options.name.empty() ? path : options.name;
    auto reader = record_reader::open(std::move(path), std::move(options));
    if (!reader) return reader.error();
    for (std::uint64_t count = 0;; ++count) {
        auto const record = (*reader)->read();
        if (!record) return record.error();
        if (!*record) return count;
        if ((*record)->problem) {
            if (allow_problems) continue;
            return *(*record)->problem;
        }
        if (!check) continue;
        if (auto fits = check(**record); !fits) {
            auto why = std::move(fits).error();
            why.where = location(name, (*record)->line);
            return why;
        }
    }
}

}  // namespace coax
