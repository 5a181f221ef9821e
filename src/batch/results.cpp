#include "batch/internal/error_members.hpp"
#include "batch/output_reader.hpp"
#include "batch/record_text.hpp"

#include <coax/batch/results.hpp>

#include <string_view>

namespace coax::detail {

namespace {

struct result_members {
    std::uint64_t index{0};
    json_value key{};
    std::string status{};
    json_value output{};
    std::optional<error_members> error{};
    coax::usage usage{};
    int attempts{0};
    std::int64_t latency_ms{0};
    std::optional<std::uint64_t> same_as{};
};

error to_failure(std::optional<error_members> told, int attempts) {
    auto why = told_error(std::move(told).value_or(error_members{}));
    why.attempts = attempts;
    return why;
}

}  // namespace

struct result_lines::state {
    output_reader reader;
};

result<result_lines> result_lines::open(std::string const& path) {
    auto reader = output_reader::open(path);
    if (!reader) return std::move(reader).error();
    return result_lines{std::make_unique<state>(*std::move(reader))};
}

result<std::optional<batch_result<json_value>>> result_lines::next() {
    auto& reader = state_->reader;
    auto const found = reader.next();
    if (!found) return found.error();
    if (*found == output_reader::found::end) return std::optional<batch_result<json_value>>{};
    if (*found == output_reader::found::damaged)
        return error{.code = errc::invalid_json, .message = "a damaged line", .where = reader.where()};
    auto read = json::read<result_members>(reader.line(), {.check_utf8 = false, .require_fields = false});
    if (!read) return std::move(read).error();
    batch_result<json_value> one{.index = read->index, .key = record_text(read->key)};
    if (reader.failed())
        one.value = to_failure(std::move(read->error), read->attempts);
    else
        one.value = std::move(read->output);
    one.usage = read->usage;
    one.attempts = read->attempts;
    one.latency = std::chrono::milliseconds{read->latency_ms};
    one.same_as = read->same_as;
    return std::optional{std::move(one)};
}

std::string output_text(json_value const& output) { return record_text(output); }

}  // namespace coax::detail
