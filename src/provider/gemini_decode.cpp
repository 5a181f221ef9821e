#include "provider/gemini_reader.hpp"
#include "provider/gemini_wire.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/service_error.hpp"
#include "provider/service_words.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>

#include <utility>
#include <vector>

namespace coax::detail {
namespace {

/// A stream that was not asked for as events is one array of chunks.
result<void> take_all(gemini_reader& reader, std::string_view body) {
    chat_delta unused;
    auto const chunks = json::read<std::vector<json_value>>(body, json::wire_options);
    if (!chunks) return reader.take(body, unused);
    for (auto const& chunk : *chunks)
        if (auto taken = reader.take(chunk.text(), unused); !taken) return taken;
    return {};
}

class gemini_stream_decoder final : public stream_decoder {
public:
    gemini_stream_decoder(std::string_view service, header_list const& headers)
        : service_{service}, reader_{service, request_id(headers)} {}

    result<void> feed(sse_event const& event, chat_delta& delta) override {
        if (event.type == "error") return make_reported_error(service_, event.data, reader_.request_id());
        auto taken = reader_.take(event.data, delta);
        if (taken) return taken;
        failed_ = failed_ || taken.error().code != errc::invalid_json;
        if (failed_) return taken;
        if (!event.data.starts_with('{')) return take_stray(event);
        return make_protocol_error(service_, "an event of the stream is not a response", taken.error(),
                                   reader_.request_id());
    }

    /// Only the end of the connection ends the stream.
    bool done() const noexcept override { return false; }
    bool complete() const noexcept override { return reader_.finished(); }
    usage usage_so_far() const noexcept override { return reader_.spent(); }
    std::size_t content_bytes() const noexcept override { return reader_.content_bytes(); }

    result<chat_response> finish() override {
        if (!failed_) reader_.pause_if_possible();
        if (reader_.finished()) return reader_.finish();
        auto why = stream_cut_off(service_, reader_.request_id());
        why.service_message = stray_text_;
        return why;
    }

private:
    /// No piece of a response: at most why the stream ends.
    result<void> take_stray(sse_event const& event) {
        if (!stray_text_.empty()) return {};
        stray_text_ = one_line(std::string{event.data}, longest_message_bytes);
        hide_keys(stray_text_);
        return {};
    }

    std::string_view service_;
    gemini_reader reader_;
    std::string stray_text_{};
    bool failed_{false};  ///< The service said why.
};

}  // namespace

result<chat_response> decode_gemini_response(std::string_view service, http_response const& response,
                                             std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    gemini_reader reader{service, request_id(response.headers), true};
    auto const unreadable = [&](error const& why) {
        return make_unreadable_error(service, "a generated content", response, why);
    };
    auto const taken = take_all(reader, response.body);
    auto const spent = reader.spent();
    if (!taken && taken.error().code == errc::invalid_json) return unreadable(taken.error());
    if (!taken) return with_tokens(taken.error(), spent);
    if (reader.empty()) return unreadable({.where = "/candidates"});
    auto whole = reader.finish();
    if (!whole) return with_tokens(std::move(whole).error(), spent);
    return whole;
}

std::unique_ptr<stream_decoder> make_gemini_stream_decoder(std::string_view service, header_list const& headers) {
    return std::make_unique<gemini_stream_decoder>(service, headers);
}

}  // namespace coax::detail
