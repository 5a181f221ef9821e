#pragma once

#include <coax/http/sse.hpp>
#include <coax/provider/provider.hpp>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace coax::test {

/// 2023-09-29 16:26:37 GMT
inline constexpr std::chrono::system_clock::time_point test_time{std::chrono::seconds{1'696'004'797}};

inline std::shared_ptr<provider const> make(provider_options const& options) { return make_provider(options).value(); }
/// @param service  Its name, or "openai/responses" for another form of its requests.
inline std::shared_ptr<provider const> make(std::string service) {
    auto const slash = std::min(service.find('/'), service.size());
    provider_options options{.service = service.substr(0, slash)};
    if (slash < service.size()) options.api = service.substr(slash + 1);
    if (options.service == "azure") options.base_url = "https://res.openai.azure.com";
    if (options.service == "azure_ai") options.base_url = "https://res.services.ai.azure.com";
    if (options.service == "compatible") options.base_url = "http://localhost:8000/v1";
    return make(options);
}

/// The services that can be asked for a chat.
inline std::vector<std::string_view> chat_services() {
    auto names = provider_names();
    std::erase_if(names, [](auto name) { return name == "typesafe" || name == "perplexity"; });
    return names;
}

inline json_value json(std::string_view text) { return json_value::parse(text).value(); }

/// Both texts as the same JSON, whatever the order of members.
inline testing::AssertionResult same_json(std::string_view actual, std::string_view expected) {
    boost::system::error_code failed;
    auto const left = boost::json::parse(actual, failed);
    if (failed) return testing::AssertionFailure() << "not JSON: " << actual;
    auto const right = boost::json::parse(expected, failed);
    if (failed) return testing::AssertionFailure() << "the expectation is not JSON: " << expected;
    if (left == right) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "actual   " << boost::json::serialize(left) << "\nexpected "
                                       << boost::json::serialize(right);
}

inline http_response ok(std::string_view body, header_list headers = {}) {
    return {.status = 200, .headers = std::move(headers), .body = std::string{body}};
}

inline boost::json::value const replacements[]{nullptr,
                                               true,
                                               -7,
                                               2.5,
                                               "x",
                                               boost::json::array{},
                                               boost::json::array{1},
                                               boost::json::object{},
                                               boost::json::object{{"a", 1}}};

/// Calls `each` with the text of `root` for each value in it replaced by each of the others, and left out.
template <class Each>
void for_each_mutation(boost::json::value& root, boost::json::value& at, Each const& each) {
    auto const original = at;
    for (auto const& other : replacements) {
        at = other;
        each(boost::json::serialize(root));
    }
    at = original;
    if (auto* const object = at.if_object())
        for (auto& member : *object) for_each_mutation(root, member.value(), each);
    if (auto* const array = at.if_array())
        for (auto& item : *array) for_each_mutation(root, item, each);
}

/// A response in one line, to compare and to read.
inline std::string describe(chat_response const& response) {
    std::string text = "text=" + response.text;
    for (auto const& call : response.tool_calls) text += " call=" + call.id + "," + call.name + "," + call.arguments;
    text += " finish=" + std::string{to_string(response.finish_reason)};
    if (!response.refusal.empty()) text += " refusal=" + response.refusal;
    if (!response.reasoning.empty()) text += " reasoning=" + response.reasoning;
    text +=
        " usage=" + std::to_string(response.usage.input_tokens) + "/" + std::to_string(response.usage.output_tokens);
    text += " id=" + response.id + " model=" + response.model;
    if (!response.raw_content.is_null()) text += " raw=" + response.raw_content.text();
    if (!response.content_filter.is_null()) text += " filter=" + response.content_filter.text();
    return text;
}

struct stream_outcome {
    result<chat_response> response;
    std::string shown{};   ///< The deltas' texts together.
    std::string hidden{};  ///< Their reasoning.
    usage counted{};
};

/// Feeds all events of `bytes`, which arrive in the pieces [0, cut) and [cut, end).
inline stream_outcome run_stream(provider const& service, std::string_view bytes, std::size_t cut,
                                 header_list const& headers = {}) {
    auto const decoder = service.decode_stream(headers, test_time);
    sse_decoder events;
    stream_outcome out{.response = error{.code = errc::internal}};
    chat_delta delta;
    for (auto const piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
        events.feed(piece);
        for (auto event = events.next(); event.value(); event = events.next()) {
            delta.clear();
            auto const fed = decoder->feed(**event, delta);
            out.shown += delta.text + delta.refusal;
            out.hidden += delta.reasoning;
            out.counted = decoder->usage_so_far();
            if (!fed) {
                out.response = fed.error();
                return out;
            }
        }
    }
    out.response = decoder->finish();
    return out;
}

inline stream_outcome run_stream(provider const& service, std::string_view bytes) {
    return run_stream(service, bytes, bytes.size());
}

/// "data: …" events from lines of JSON.
inline std::string as_events(std::vector<std::string_view> const& lines) {
    std::string bytes;
    for (auto const line : lines) bytes.append("data: ").append(line).append("\n\n");
    return bytes;
}

}  // namespace coax::test
