#include "provider/openai_advanced.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace coax::detail {
namespace {

using json::writer;
using namespace std::string_view_literals;

constexpr std::array tiers{"", "auto", "default", "flex", "scale", "priority", "fast"};
constexpr std::array verbosities{"", "low", "medium", "high"};
constexpr std::array ttls{"", "30m", "12h"};

bool instructs(message const& msg) { return msg.role == role::system || msg.role == role::developer; }
bool has_content(message const& msg) { return !msg.text.empty() || !msg.parts.empty(); }

/// Whether the model caches at marks only: gpt-5.6 and what came after it.
bool needs_cache_marks(std::string_view model) {
    for (auto const prefix : {"ft:"sv, "gpt-"sv})
        if (model.starts_with(prefix)) model.remove_prefix(prefix.size());
    int major = 0;
    int minor = 0;
    auto const* const end = model.data() + model.size();
    auto const read = std::from_chars(model.data(), end, major);
    if (read.ec != std::errc{}) return false;
    if (read.ptr != end && *read.ptr == '.') std::from_chars(read.ptr + 1, end, minor);
    return major > 5 || (major == 5 && minor >= 6);
}

}  // namespace

result<void> check_openai_advanced(openai_profile const& profile, advanced_options const& options, bool streaming) {
    auto const is_one_of = [](auto const& words, std::string const& word) {
        return std::ranges::find(words, word) != words.end();
    };
    bool const strict = profile.known_values;
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    rule const rules[]{
        {"n", options.n > 1 && streaming, "shows one response in a stream: ask for several without one"},
        {"thinking", options.thinking != thinking_options{}, "has no such parameter: `reasoning_effort` is its word"},
        {"service_tier", strict && !is_one_of(tiers, options.service_tier),
         "takes auto, default, flex, scale, priority or fast"},
        {"verbosity", strict && !is_one_of(verbosities, options.verbosity), "takes low, medium or high"},
        {"safety_identifier", strict && options.safety_identifier.size() > 64, "takes at most 64 characters"},
        {"cache_ttl", !is_one_of(ttls, options.cache_ttl), "takes 30m or 12h"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken)
            return invalid_argument(std::string{"advanced."} + field, std::string{profile.service} + ' ' + message);
    return {};
}

void write_openai_advanced(writer& out, advanced_options const& options) {
    auto const text = [&](std::string_view name, std::string const& value) {
        if (!value.empty()) out.member(name, value);
    };
    if (options.n > 1) out.member("n", options.n);
    if (options.logprobs) out.member("logprobs", true);
    if (options.top_logprobs > 0) out.member("top_logprobs", options.top_logprobs);
    if (!options.logit_bias.empty()) {
        out.key("logit_bias").begin_object();
        for (auto const& [token, bias] : options.logit_bias) out.member(std::to_string(token), bias);
        out.end_object();
    }
    text("service_tier", options.service_tier);
    text("verbosity", options.verbosity);
    if (options.store) out.member("store", *options.store);
    if (!options.prediction.empty())
        out.key("prediction")
            .begin_object()
            .member("type", "content")
            .member("content", options.prediction)
            .end_object();
    text("safety_identifier", options.safety_identifier);
    text("prompt_cache_key", options.prompt_cache_key);
}

openai_cache_marks::openai_cache_marks(openai_profile const& profile, std::string_view model,
                                       chat_request const& request) {
    if (!profile.known.has(request_member::cache_marks) || !needs_cache_marks(model)) return;
    auto const& all = request.messages;
    if (request.cache_prefix) {
        auto const end = std::ranges::find_if_not(all, instructs);
        auto const last = std::find_if(std::make_reverse_iterator(end), all.rend(), has_content);
        prefix_end_ = static_cast<std::size_t>(all.rend() - last);
    }
    for (std::size_t i = 0; i < all.size(); ++i)
        if (at(request, i)) ++count_;
}

bool openai_cache_marks::at(chat_request const& request, std::size_t index) const noexcept {
    auto const& msg = request.messages[index];
    return (msg.cache_breakpoint && has_content(msg)) || index + 1 == prefix_end_;
}

void openai_cache_marks::write_options(writer& out, advanced_options const& options) const {
    out.key("prompt_cache_options").begin_object().member("mode", "explicit");
    if (!options.cache_ttl.empty()) out.member("ttl", options.cache_ttl);
    out.end_object();
}

}  // namespace coax::detail
