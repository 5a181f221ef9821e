#include "sim/openai_reader.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

/// The members of a chat request that say how the response is made, served and billed.
/// Source: reference openai.md, section 2.1; openai-since-08.md, A3.
namespace coax::sim::detail {
namespace {

using words = std::initializer_list<std::string_view>;

constexpr std::array<std::string_view, 38> known_members{"messages",
                                                         "model",
                                                         "max_completion_tokens",
                                                         "max_tokens",
                                                         "temperature",
                                                         "top_p",
                                                         "n",
                                                         "stop",
                                                         "presence_penalty",
                                                         "frequency_penalty",
                                                         "logit_bias",
                                                         "logprobs",
                                                         "top_logprobs",
                                                         "seed",
                                                         "tools",
                                                         "tool_choice",
                                                         "parallel_tool_calls",
                                                         "response_format",
                                                         "stream",
                                                         "stream_options",
                                                         "reasoning_effort",
                                                         "verbosity",
                                                         "service_tier",
                                                         "store",
                                                         "metadata",
                                                         "safety_identifier",
                                                         "prompt_cache_key",
                                                         "user",
                                                         "prompt_cache_options",
                                                         "prompt_cache_retention",
                                                         "prediction",
                                                         "modalities",
                                                         "audio",
                                                         "web_search_options",
                                                         "moderation",
                                                         "functions",
                                                         "function_call",
                                                         "data_sources"};

std::string list_of(words supported) {
    std::string list;
    for (auto const word : supported) list += (list.empty() ? "'" : ", '") + std::string{word} + '\'';
    return list;
}

/// Reads the options of one request.
class option_reader : openai_reader {
public:
    option_reader(json::value const& body, parsed_chat& chat) noexcept : openai_reader{body, chat} {}

    rejection read() {
        for (auto const step : {&option_reader::read_words, &option_reader::read_logprobs, &option_reader::read_bias,
                                &option_reader::read_prediction, &option_reader::read_cache})
            if (auto wrong = (this->*step)()) return wrong;
        return check_metadata();
    }

private:
    rejection check_word(std::string const& name, words supported) const {
        auto const* value = given(name);
        if (value == nullptr) return std::nullopt;
        if (!value->is_string()) return invalid_type(name, "a string");
        auto const word = view(value->get_string());
        if (std::ranges::find(supported, word) != supported.end()) return std::nullopt;
        return unsupported_value(word, list_of(supported), name);
    }

    rejection read_words() {
        if (auto wrong = check_word("reasoning_effort", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}))
            return wrong;
        if (auto wrong = check_word("verbosity", {"low", "medium", "high"})) return wrong;
        if (auto wrong = check_word("service_tier", {"auto", "default", "flex", "scale", "priority", "fast"}))
            return wrong;
        auto const tier = text_member(body_, "service_tier");
        if (tier == "fast")
            chat_.tier = "priority";
        else if (!tier.empty() && tier != "auto")
            chat_.tier = tier;
        if (auto wrong = check_text("safety_identifier", 64)) return wrong;
        if (auto wrong = check_text("prompt_cache_key", 1'024)) return wrong;
        return check_bool("store");
    }

    rejection read_logprobs() {
        if (auto wrong = check_bool("logprobs")) return wrong;
        chat_.logprobs = is_bool(given("logprobs"), true);
        auto const* top = given("top_logprobs");
        if (top != nullptr && top->is_int64()) chat_.top_logprobs = static_cast<int>(top->get_int64());
        return top == nullptr || top->is_int64() ? std::nullopt : rejection{invalid_type("top_logprobs", "an integer")};
    }

    rejection read_bias() {
        auto const* bias = given("logit_bias");
        if (bias == nullptr) return std::nullopt;
        if (!bias->is_object()) return invalid_type("logit_bias", "an object");
        for (auto const& [name, value] : bias->get_object()) {
            auto const token = view(name);
            std::uint64_t number = 0;
            auto const [end, failure] = std::from_chars(token.data(), token.data() + token.size(), number);
            if (failure != std::errc{} || end != token.data() + token.size())
                return bad_request("Invalid key in 'logit_bias': " + std::string{token} +
                                       ". You should only be submitting non-negative integers.",
                                   "logit_bias", "invalid_logit_bias");
            auto const* amount = value.if_int64();
            if (amount == nullptr || *amount < -100 || *amount > 100)
                return bad_request("Invalid 'logit_bias': expected integers between -100 and 100.", "logit_bias",
                                   "invalid_logit_bias");
        }
        return std::nullopt;
    }

    rejection read_prediction() {
        auto const* prediction = given("prediction");
        if (prediction == nullptr) return std::nullopt;
        if (text_member(*prediction, "type") != "content")
            return unsupported_value(text_member(*prediction, "type"), "'content'", "prediction.type");
        auto const* content = member(*prediction, "content");
        if (content == nullptr) return missing_parameter("prediction.content");
        return content->is_string() || content->is_array() ? std::nullopt
                                                           : rejection{invalid_type("prediction.content", "a string")};
    }

    rejection read_cache() {
        auto const* wanted = given("prompt_cache_options");
        if (wanted == nullptr) return std::nullopt;
        if (!wanted->is_object()) return invalid_type("prompt_cache_options", "an object");
        for (auto const& [name, value] : wanted->get_object()) {
            auto const where = "prompt_cache_options." + std::string{view(name)};
            if (name == "mode" && !is_word(value, {"implicit", "explicit"}))
                return unsupported_value(text_of(value), "'implicit' and 'explicit'", where);
            if (name == "ttl" && !is_word(value, {"30m", "12h"}))
                return unsupported_value(text_of(value), "'30m' and '12h'", where);
            if (name != "mode" && name != "ttl" && name != "prewarm" && name != "comparison_response_id")
                return unknown_parameter(where);
        }
        return std::nullopt;
    }

    static std::string_view text_of(json::value const& value) {
        auto const* text = value.if_string();
        return text == nullptr ? std::string_view{} : view(*text);
    }

    static bool is_word(json::value const& value, words supported) {
        return value.is_string() && std::ranges::find(supported, view(value.get_string())) != supported.end();
    }
};

}  // namespace

rejection refuse_unknown_members(json::value const& body) {
    for (auto const& [name, value] : body.get_object())
        if (std::ranges::find(known_members, view(name)) == known_members.end())
            return unknown_parameter(std::string{view(name)});
    return std::nullopt;
}

rejection read_openai_options(json::value const& body, parsed_chat& chat) { return option_reader{body, chat}.read(); }

}  // namespace coax::sim::detail
