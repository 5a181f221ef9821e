#include "provider/json_text.hpp"
#include "provider/openai_decode.hpp"
#include "provider/repeated_event.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/responses_wire.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace coax::detail {

struct responses_event {
    std::string type{};
    std::string delta{};
    std::int64_t sequence_number{-1};
    std::int64_t output_index{0};
    std::int64_t content_index{0};
    std::int64_t summary_index{0};
    json_value item{};
    json_value response{};
    json_value error{};
};

struct responses_id {
    std::string id{};
};

namespace {

constexpr event_hole part_delta_holes[]{{"/delta", event_hole::kind::text},
                                        {"/sequence_number", event_hole::kind::number},
                                        {"/obfuscation", event_hole::kind::ignored_text}};

/// The part of which a piece of reasoning is.
struct reasoning_part {
    std::int64_t output_index{-1};
    std::int64_t index{-1};
    bool summary{false};

    bool operator==(reasoning_part const&) const = default;
};

bool is_end(std::string_view type) {
    return type == "response.completed" || type == "response.incomplete" || type == "response.failed" ||
           type == "response.cancelled";
}

class responses_stream_decoder final : public stream_decoder {
public:
    responses_stream_decoder(openai_profile const& profile, header_list const& headers)
        : service_{profile.service}, size_{profile.service}, item_size_{profile.service} {
        response_.request_id = request_id(headers);
        response_.rate_limits = openai_rate_limits(headers);
    }

    result<void> feed(sse_event const& event, chat_delta& delta) override {
        if (done_) return {};
        if (event.data.starts_with("[DONE]")) {
            done_ = true;
            return {};
        }
        if (before_.matches(event)) {
            repeated_.delta = std::move(before_.text());
            repeated_.sequence_number = before_.number();
            note_position(repeated_);
            return take(repeated_type_, repeated_, delta);
        }
        responses_event wire;
        auto read = json::read_into(wire, event.data, json::wire_options);
        if (!read) {
            wire = {};
            read = read_tolerantly(wire, event.data);
        }
        if (!read) return take_unreadable(event, read.error());
        note_position(wire);
        std::string const type = wire.type.empty() ? std::string{event.type} : std::move(wire.type);
        if (type == "error" || event.type == "error" || (type.empty() && is_truthy(wire.error)))
            return make_reported_error(service_, event.data, response_.request_id);
        if (!type.ends_with(".delta")) return take(type, wire, delta);
        before_.remember(event, wire.delta);
        auto taken = take(type, wire, delta);
        repeated_ = std::move(wire);
        repeated_type_ = type;
        return taken;
    }

    bool done() const noexcept override { return done_; }
    bool complete() const noexcept override { return finished_; }
    usage usage_so_far() const noexcept override { return response_.usage; }
    std::size_t content_bytes() const noexcept override { return size_.bytes(); }
    stream_position position() const override { return position_; }
    void go_on_after(stream_position where) override {
        position_ = std::move(where);
        from_middle_ = true;
    }

    result<chat_response> finish() override {
        if (!finished_) return stream_cut_off(service_, response_.request_id);
        if (auto starved = find_starved(service_, response_)) return *std::move(starved);
        return std::move(response_);
    }

private:
    void note_position(responses_event const& wire) {
        position_.event = std::max(position_.event, wire.sequence_number);
        if (!position_.response_id.empty() || !wire.response.is_object()) return;
        responses_id named;
        (void)read_tolerantly(named, wire.response.text());
        position_.response_id = std::move(named.id);
    }

    /// Data that is no JSON: of an event of the service, or of one that others put between them.
    result<void> take_unreadable(sse_event const& event, error const& why) {
        if (event.type == "error") return make_reported_error(service_, event.data, response_.request_id);
        bool const own = event.type.starts_with("response.") || (event.type.empty() && event.data.starts_with('{'));
        if (!own) return {};
        return make_protocol_error(service_, "an event of the stream is not valid", why, response_.request_id);
    }

    result<void> take(std::string_view type, responses_event& wire, chat_delta& delta) {
        if (type == "response.output_text.delta")
            return size_.append(response_.text, delta.text, std::move(wire.delta));
        if (type == "response.refusal.delta")
            return size_.append(response_.refusal, delta.refusal, std::move(wire.delta));
        if (type == "response.function_call_arguments.delta" || type == "response.custom_tool_call_input.delta")
            return grow_call(wire, delta);
        if (type == "response.reasoning_summary_text.delta")
            return append_reasoning({wire.output_index, wire.summary_index, true}, std::move(wire.delta), delta);
        if (type == "response.reasoning_text.delta")
            return append_reasoning({wire.output_index, wire.content_index, false}, std::move(wire.delta), delta);
        if (type == "response.output_item.added") return begin_item(wire, delta);
        if (type == "response.output_item.done") return end_item(wire);
        if (is_end(type)) return end(type, wire.response, delta);
        return {};
    }

    result<void> append_reasoning(reasoning_part part, std::string piece, chat_delta& delta) {
        if (piece.empty()) return {};
        bool const begins = !(part == std::exchange(reasoning_, part));
        if (begins && !response_.reasoning.empty())
            if (auto parted = size_.append(response_.reasoning, delta.reasoning, "\n\n"); !parted) return parted;
        return size_.append(response_.reasoning, delta.reasoning, std::move(piece));
    }

    result<void> begin_item(responses_event const& wire, chat_delta& delta) {
        responses_item item;
        (void)read_tolerantly(item, wire.item.text());
        if (!is_call(item)) return {};
        if (++call_count_ > max_tool_calls) return response_too_large(service_, "more than 128 tool calls");
        auto const counted = size_.count(item.name.size() + item.call_id.size());
        tool_call begun{.id = std::move(item.call_id.empty() ? item.id : item.call_id), .name = std::move(item.name)};
        delta.tool_calls.push_back(begun);
        calls_.insert_or_assign(wire.output_index, std::move(begun));
        return counted;
    }

    result<void> grow_call(responses_event& wire, chat_delta& delta) {
        auto const counted = size_.count(wire.delta.size());
        auto const known = calls_.find(wire.output_index);
        auto piece = known == calls_.end() ? tool_call{} : known->second;
        piece.arguments = std::move(wire.delta);
        delta.tool_calls.push_back(std::move(piece));
        return counted;
    }

    result<void> end_item(responses_event& wire) {
        if (!wire.item.is_object()) return {};
        if (items_.size() >= max_content_blocks) return response_too_large(service_, "more than 4,096 items");
        auto const counted = item_size_.count(wire.item.text().size());
        items_.insert_or_assign(wire.output_index, std::move(wire.item));
        return counted;
    }

    /// The response as the last event has it; from the items that came before, where it has none.
    result<void> end(std::string_view type, json_value const& object, chat_delta& delta) {
        std::string_view text = object.is_object() ? std::string_view{object.text()} : "{}";
        std::string repaired;
        auto wire = read_responses_object(text, repaired);
        if (!wire) return wire.error();
        if (wire->output.empty() && !items_.empty()) {
            repaired = with_items(text);
            text = repaired;
            if (wire = read_responses_object(text, repaired); !wire) return wire.error();
        }
        wire->status = type.substr(type.find('.') + 1);
        response_.usage = to_usage(wire->usage);
        auto whole = to_chat_response(service_, *wire, text, response_.request_id);
        if (!whole) return std::move(whole).error();
        if (whole->tool_calls.size() < call_count_)
            return make_protocol_error(service_, "the response lacks a tool call that it began",
                                       {.where = "/response/output"}, response_.request_id);
        finished_ = done_ = true;
        return take_whole(*std::move(whole), delta);
    }

    std::string with_items(std::string_view object) const {
        std::string list;
        for (auto const& [index, item] : items_) list.append(list.empty() ? "" : ",").append(item.text());
        std::string whole{object};
        if (auto const output = json_value::parse("{\"output\":[" + list + "]}"))
            (void)json::merge_objects(whole, *output);
        return whole;
    }

    /// What was shown is the response; what was not shown yet is, now.
    result<void> take_whole(chat_response whole, chat_delta& delta) {
        for (auto const text : {&chat_response::text, &chat_response::refusal, &chat_response::reasoning}) {
            if (from_middle_) continue;
            auto& so_far = response_.*text;
            auto rest = (whole.*text).starts_with(so_far) ? (whole.*text).substr(so_far.size()) : std::string{};
            auto& visible = text == &chat_response::text      ? delta.text
                            : text == &chat_response::refusal ? delta.refusal
                                                              : delta.reasoning;
            if (auto appended = size_.append(so_far, visible, std::move(rest)); !appended) return appended;
            whole.*text = std::move(so_far);
        }
        whole.rate_limits = response_.rate_limits;
        whole.finish_reason =
            refine_finish_reason(whole.finish_reason, !whole.refusal.empty(), !whole.tool_calls.empty());
        response_ = std::move(whole);
        return {};
    }

    std::string_view service_;
    response_size size_;
    response_size item_size_;  ///< Of whole items, which repeat what their deltas were.
    chat_response response_{};
    reasoning_part reasoning_{};
    std::map<std::int64_t, json_value> items_{};
    std::map<std::int64_t, tool_call> calls_{};  ///< Those that began, without arguments.
    repeated_event before_{part_delta_holes};
    responses_event repeated_{};
    std::string repeated_type_{};
    std::size_t call_count_{0};
    stream_position position_{};
    bool from_middle_{false};  ///< Another stream has shown the beginning.
    bool finished_{false};
    bool done_{false};
};

}  // namespace

std::unique_ptr<stream_decoder> make_responses_stream_decoder(openai_profile const& profile,
                                                              header_list const& headers) {
    return std::make_unique<responses_stream_decoder>(profile, headers);
}

}  // namespace coax::detail
