#include "client/body_form.hpp"

#include <coax/http/sse.hpp>

#include <algorithm>

namespace coax::detail {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t longest_field = 6;  // "event:"

bool is_event_stream(header_list const& headers) {
    auto const type = headers.find("content-type");
    auto const wanted = std::string_view{"text/event-stream"};
    return equal_ignoring_case(type.substr(0, std::min(type.size(), wanted.size())), wanted);
}

bool begins_events(std::string_view text) {
    for (std::string_view const field : {":", "data:", "event:", "id:", "retry:"})
        if (text.starts_with(field)) return true;
    return false;
}

/// Feeds every event of a whole body.
result<void> feed_all(stream_decoder& decoder, std::string_view body) {
    sse_decoder events{body.size() + 2};
    events.feed(body);
    events.feed("\n\n");  // the last event may lack its end
    chat_delta delta;
    while (!decoder.done()) {
        auto const event = events.next();
        if (!event || !*event) break;
        delta.clear();
        if (auto fed = decoder.feed(**event, delta); !fed) return fed;
    }
    return {};
}

}  // namespace

body_form body_form_of(header_list const& headers, std::string_view begin, bool is_all) {
    if (begin.starts_with(byte_order_mark)) begin.remove_prefix(byte_order_mark.size());
    begin.remove_prefix(std::min(begin.find_first_not_of(" \t\r\n"), begin.size()));
    if (begin.starts_with('{') || begin.starts_with('[') || begin.starts_with('<')) return body_form::whole;
    if (begins_events(begin)) return body_form::events;
    if (begin.size() < longest_field && !is_all) return body_form::unknown;
    return is_event_stream(headers) ? body_form::events : body_form::whole;
}

result<chat_response> decode_events(provider const& service, http_response const& response,
                                    std::chrono::system_clock::time_point now) {
    auto const decoder = service.decode_stream(response.headers, now);
    auto const fed = feed_all(*decoder, response.body);
    auto const spent = decoder->usage_so_far();
    auto outcome = decoder->finish();
    if (outcome) return outcome;
    auto why = fed ? std::move(outcome).error() : fed.error();
    why.input_tokens = spent.input_tokens;
    why.output_tokens = spent.output_tokens;
    return why;
}

}  // namespace coax::detail
