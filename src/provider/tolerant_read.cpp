#include "provider/tolerant_read.hpp"

#include "json/internal/text.hpp"

#include <algorithm>
#include <cstdint>

namespace coax::detail {
namespace {

class json_repair {
public:
    explicit json_repair(std::string_view text) : rest_{text} { out_.reserve(text.size() + 16); }

    std::string run() {
        for (int depth = 0; !rest_.empty();) {
            char const c = rest_.front();
            copy(1);
            if (c == '"') finish_string();
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            if (depth <= 0 && (c == '}' || c == ']')) break;
        }
        return std::move(out_);
    }

private:
    void copy(std::size_t count) {
        count = std::min(count, rest_.size());
        out_ += rest_.substr(0, count);
        rest_.remove_prefix(count);
    }

    void finish_string() {
        while (!rest_.empty()) {
            auto const run = json::detail::find_plain_end(rest_.data(), rest_.data() + rest_.size());
            copy(static_cast<std::size_t>(run.end - rest_.data()));
            if (rest_.empty()) return;
            if (rest_.front() == '"') return copy(1);
            if (rest_.front() == '\\')
                take_escape();
            else
                escape_control_character();
        }
    }

    /// A backslash before anything else means nothing.
    void take_escape() {
        constexpr std::string_view known = "\"\\/bfnrtu";
        if (rest_.size() > 1 && known.find(rest_[1]) != std::string_view::npos) return copy(2);
        rest_.remove_prefix(1);
    }

    void escape_control_character() {
        constexpr std::string_view digits = "0123456789abcdef";
        auto const byte = static_cast<unsigned char>(rest_.front());
        out_ += "\\u00";
        out_ += {digits[byte >> 4U], digits[byte & 15U]};
        rest_.remove_prefix(1);
    }

    std::string_view rest_;
    std::string out_{};
};

/// The object that follows the last `key` in a text which need not be JSON; empty: there is none.
std::string_view usage_object(std::string_view body, std::string_view key) {
    auto const at = body.rfind(key);
    if (at == std::string_view::npos) return {};
    auto rest = body.substr(at + key.size());
    auto const begin = rest.find_first_not_of(" \t\r\n:");
    if (begin == std::string_view::npos || rest[begin] != '{') return {};
    return rest.substr(begin);
}

/// The counts of all services' `usage`.
struct any_usage {
    std::int64_t prompt_tokens{0};
    std::int64_t completion_tokens{0};
    std::int64_t input_tokens{0};
    std::int64_t output_tokens{0};
    std::int64_t cache_creation_input_tokens{0};
    std::int64_t cache_read_input_tokens{0};
};

/// Gemini's `usageMetadata`.
struct gemini_counts {
    std::int64_t prompt{0};
    std::int64_t candidates{0};
    std::int64_t thoughts{0};

    static constexpr auto coax_schema = describe("", field(&gemini_counts::prompt, {.name = "promptTokenCount"}),
                                                 field(&gemini_counts::candidates, {.name = "candidatesTokenCount"}),
                                                 field(&gemini_counts::thoughts, {.name = "thoughtsTokenCount"}));
};

}  // namespace

std::string repair_json(std::string_view text) { return json_repair{text}.run(); }

result<json_value> parse_tolerantly(std::string_view text) {
    auto parsed = json::read<json_value>(repair_json(text), tolerant_options);
    if (parsed && !parsed->is_object())
        return error{.code = errc::invalid_json, .message = "expected an object, found something else"};
    return parsed;
}

usage salvage_usage(std::string_view body) {
    gemini_counts counts;
    if (read_tolerantly(counts, usage_object(body, "\"usageMetadata\"")))
        return {.input_tokens = std::max<std::int64_t>(counts.prompt, 0),
                .output_tokens = std::max<std::int64_t>(counts.candidates + counts.thoughts, 0)};
    any_usage told;
    if (!read_tolerantly(told, usage_object(body, "\"usage\""))) return {};
    auto const cached = told.cache_creation_input_tokens + told.cache_read_input_tokens;
    return {.input_tokens = std::max<std::int64_t>(told.prompt_tokens + told.input_tokens + cached, 0),
            .output_tokens = std::max<std::int64_t>(told.completion_tokens + told.output_tokens, 0)};
}

}  // namespace coax::detail
