#include "fleet/result_text.hpp"

#include "batch/internal/error_members.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/json/writer.hpp>

#include <optional>
#include <utility>

namespace coax::fleet::detail {
namespace {

struct result_members {
    std::optional<std::string> value{};
    std::optional<coax::detail::error_members> error{};
    coax::usage usage{};
    int attempts{0};
};

void write_cost(json::writer& out, usage const& used, int attempts) {
    out.key("usage").raw(json::write(used));
    out.member("attempts", attempts).end_object();
}

}  // namespace

std::string result_text(error const& why) {
    std::string text;
    json::writer out{text};
    coax::detail::write_error(out.begin_object().key("error"), why);
    write_cost(out, {.input_tokens = why.input_tokens, .output_tokens = why.output_tokens}, why.attempts);
    return text;
}

std::string result_text(result<batch_output<std::string>> const& outcome) {
    if (!outcome) return result_text(outcome.error());
    std::string text;
    json::writer out{text};
    out.begin_object().member("value", std::string_view{outcome->value});
    write_cost(out, outcome->usage, outcome->attempts);
    return text;
}

result<batch_output<std::string>> read_result(std::string_view text) {
    auto read = json::read<result_members>(text, {.require_fields = false});
    if (!read || (!read->value && !read->error))
        return error{.code = errc::protocol_error, .message = "what Redis has as a row's result is none"};
    if (read->error) {
        auto why = coax::detail::told_error(std::move(*read->error));
        why.attempts = read->attempts;
        why.input_tokens = read->usage.input_tokens;
        why.output_tokens = read->usage.output_tokens;
        return why;
    }
    return batch_output<std::string>{
        .value = std::move(*read->value), .usage = read->usage, .attempts = read->attempts};
}

}  // namespace coax::fleet::detail
