#include "provider/anthropic_citations.hpp"
#include "provider/anthropic_wire.hpp"
#include "provider/json_text.hpp"
#include "provider/repeated_event.hpp"
#include "provider/response_headers.hpp"
#include "provider/response_limits.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace coax::detail {

struct anthropic_message_start {
    std::string id{};
    std::string model{};
    anthropic_usage usage{};
};

/// The delta of a block or of the message.
struct anthropic_delta {
    std::string type{};
    std::string text{};
    std::string partial_json{};
    std::string thinking{};
    std::string signature{};
    json_value citation{};
    std::string stop_reason{};
    anthropic_stop_details stop_details{};
};

struct anthropic_event {
    std::string type{};
    std::int64_t index{0};
    anthropic_delta delta{};
    anthropic_message_start message{};
    json_value content_block{};
    anthropic_usage usage{};
    json_value error{};
};

namespace {

constexpr event_hole block_delta_holes[]{{"/delta/text", event_hole::kind::text}};

/// A content block while its deltas arrive.
struct growing_block {
    std::int64_t index{0};
    json_value start{};  ///< As the service began it; unknown members stay as they are.
    anthropic_block known{};
    std::string signature{};
    std::string partial_json{};
    std::string citations{};  ///< Elements of an array, joined with commas.
};

/// The whole input of a tool call: the pieces together, else what the block began with.
std::string tool_input(growing_block const& block) {
    if (!block.partial_json.empty()) return block.partial_json;
    return block.known.input.is_null() ? "{}" : block.known.input.text();
}

/// The block as a response that is not streamed would hold it.
std::string whole_block(growing_block const& block) {
    auto const& type = block.known.type;
    std::string grown;
    json::writer out{grown};
    out.begin_object();
    if (type == "text") out.member("text", block.known.text);
    if (type == "thinking") out.member("thinking", block.known.thinking);
    if (!block.signature.empty()) out.member("signature", block.signature);
    if (!block.citations.empty()) out.key("citations").raw("[" + block.citations + "]");
    if (!block.partial_json.empty()) {
        // A cut response leaves broken JSON, which the service would not take back.
        auto const input = json_value::parse(block.partial_json);
        out.key("input").raw(input && input->is_object() ? input->text() : "{}");
    }
    out.end_object();
    auto whole = block.start.text();
    if (auto const extra = json_value::parse(grown)) (void)json::merge_objects(whole, *extra);
    return whole;
}

class anthropic_stream_decoder final : public stream_decoder {
public:
    anthropic_stream_decoder(header_list const& headers, std::chrono::system_clock::time_point now) {
        response_.request_id = request_id(headers);
        response_.rate_limits = anthropic_rate_limits(headers, now);
    }

    result<void> feed(sse_event const& event, chat_delta& delta) override {
        if (done_ || event.type == "ping") return {};
        if (before_.matches(event)) {
            repeated_.delta.text = std::move(before_.text());
            return extend_block(repeated_, delta);
        }
        anthropic_event wire;
        auto read = json::read_into(wire, event.data, json::wire_options);
        if (!read) {
            wire = {};
            read = read_tolerantly(wire, event.data);
        }
        if (!read) return take_unreadable(event, read.error());
        std::string_view const type = wire.type.empty() ? event.type : std::string_view{wire.type};
        if (type == "error" || event.type == "error" || (type.empty() && is_truthy(wire.error)))
            return make_reported_error("anthropic", event.data, response_.request_id);
        if (type == "content_block_delta") {
            auto extended = extend_block(wire, delta);
            if (extended && wire.delta.type == "text_delta") {
                before_.remember(event, wire.delta.text);
                repeated_ = std::move(wire);
            }
            return extended;
        }
        if (type == "content_block_start") return start_block(wire, delta);
        if (type == "message_start")
            start_message(wire.message);
        else if (type == "message_delta")
            end_message(wire);
        else if (type == "message_stop")
            done_ = true;
        return {};
    }

    bool done() const noexcept override { return done_; }
    bool complete() const noexcept override { return stopped_; }
    usage usage_so_far() const noexcept override { return to_usage(counted_); }
    std::size_t content_bytes() const noexcept override { return content_bytes_; }

    result<chat_response> finish() override {
        if (!stopped_)
            return error{.code = errc::connection_lost,
                         .message = done_ ? "anthropic: the stream ended without a stop_reason"
                                          : "anthropic: the stream ended before the response did",
                         .http_status = 200,
                         .request_id = response_.request_id};
        for (auto& block : blocks_)
            if (block.known.type == "tool_use")
                response_.tool_calls.push_back(
                    {.id = block.known.id, .name = block.known.name, .arguments = tool_input(block)});
        response_.raw_content = raw_content();
        take_citations();
        if (response_.finish_reason == finish_reason::refusal)
            response_.refusal = refusal_text(stop_details_, response_.text);
        response_.usage = to_usage(counted_);
        response_.service_tier = std::move(counted_.service_tier);
        if (auto starved = find_starved("anthropic", response_)) return *std::move(starved);
        return std::move(response_);
    }

private:
    /// Data that is no JSON: of an event of the service, or of one that others put between them.
    result<void> take_unreadable(sse_event const& event, error const& why) {
        constexpr std::array own{"message_start",      "content_block_start", "content_block_delta",
                                 "content_block_stop", "message_delta",       "message_stop"};
        if (event.type == "error") return make_reported_error("anthropic", event.data, response_.request_id);
        bool const is_own = std::ranges::find(own, event.type) != own.end();
        if (!is_own && !(event.type.empty() && event.data.starts_with('{'))) return {};
        return make_protocol_error("anthropic", "an event of the stream is not valid", why, response_.request_id);
    }

    void start_message(anthropic_message_start& head) {
        response_.id = std::move(head.id);
        response_.model = std::move(head.model);
        counted_.update(head.usage);
    }

    void end_message(anthropic_event& wire) {
        counted_.update(wire.usage);
        if (wire.delta.stop_reason.empty()) return;
        stopped_ = true;
        response_.finish_reason = anthropic_finish_reason(wire.delta.stop_reason);
        stop_details_ = std::move(wire.delta.stop_details);
    }

    result<void> start_block(anthropic_event& wire, chat_delta& delta) {
        anthropic_block known;
        if (!json::read_into(known, wire.content_block.text(), json::wire_options)) {
            known = {};  // a member of another type, or no object: then a block that says nothing
            (void)read_tolerantly(known, wire.content_block.text());
        }
        if (blocks_.size() >= max_content_blocks)
            return response_too_large("anthropic", "more than 4,096 content blocks");
        if (known.type == "tool_use" && ++call_count_ > max_tool_calls)
            return response_too_large("anthropic", "more than 128 tool calls");
        // Of whatever kind the block is: its start alone can be large.
        if (auto counted = size_.count(wire.content_block.text().size()); !counted) return counted;
        if (known.type == "text") append(response_.text, delta.text, known.text);
        if (known.type == "thinking") append(response_.reasoning, delta.reasoning, known.thinking);
        content_bytes_ += known.name.size();
        if (known.type == "tool_use") delta.tool_calls.push_back({.id = known.id, .name = known.name});
        blocks_.push_back({.index = wire.index, .start = std::move(wire.content_block), .known = std::move(known)});
        return {};
    }

    /// Gateways leave out how a block of text begins.
    growing_block* begin_unannounced(anthropic_event const& wire) {
        auto const& kind = wire.delta.type;
        if (kind != "text_delta" && kind != "thinking_delta") return nullptr;
        std::string const type = kind == "text_delta" ? "text" : "thinking";
        auto start = json_value::parse(R"({"type":")" + type + "\"}");
        blocks_.push_back({.index = wire.index, .start = *std::move(start), .known = {.type = type}});
        return &blocks_.back();
    }

    growing_block* find(std::int64_t index) {
        auto const at =
            std::find_if(blocks_.rbegin(), blocks_.rend(), [=](auto const& block) { return block.index == index; });
        return at == blocks_.rend() ? nullptr : &*at;
    }

    result<void> extend_block(anthropic_event& wire, chat_delta& delta) {
        auto* block = find(wire.index);
        if (block == nullptr && blocks_.size() < max_content_blocks) block = begin_unannounced(wire);
        if (block == nullptr)
            return make_protocol_error("anthropic", "a delta for a block that did not begin", {.where = "/index"},
                                       response_.request_id);
        auto& added = wire.delta;
        auto& known = block->known;
        // As in the official clients, a delta of another kind than its block is ignored.
        if (added.type == "text_delta" && known.type == "text") {
            append(response_.text, delta.text, added.text);
            return size_.append(known.text, added.text);
        }
        if (added.type == "thinking_delta" && known.type == "thinking") {
            append(response_.reasoning, delta.reasoning, added.thinking);
            return size_.append(known.thinking, added.thinking);
        }
        if (added.type == "input_json_delta") {
            if (known.type == "tool_use" && !added.partial_json.empty())
                delta.tool_calls.push_back({.id = known.id, .name = known.name, .arguments = added.partial_json});
            return grow(block->partial_json, added.partial_json);
        }
        if (added.type == "signature_delta") {
            block->signature.clear();
            return grow(block->signature, added.signature);
        }
        if (added.type == "citations_delta") return add_citation(*block, added.citation);
        return {};
    }

    result<void> grow(std::string& text, std::string const& piece) {
        content_bytes_ += piece.size();
        return size_.append(text, piece);
    }

    /// Adds a piece to the response and to the delta, so that both hold the same text in the same order.
    void append(std::string& whole, std::string& visible, std::string const& piece) {
        content_bytes_ += piece.size();
        whole += piece;
        visible += piece;
    }

    result<void> add_citation(growing_block& block, json_value const& citation) {
        if (!block.citations.empty()) block.citations += ',';
        return size_.append(block.citations, citation.text());
    }

    /// The blocks' texts follow each other in the response's.
    void take_citations() {
        std::size_t end = 0;
        for (auto const& block : blocks_) {
            if (block.known.type != "text") continue;
            auto const begin = std::exchange(end, end + block.known.text.size());
            if (block.citations.empty()) continue;
            if (auto const list = json_value::parse("[" + block.citations + "]"))
                add_anthropic_citations(response_.details.edit().citations, *list, begin, end);
        }
    }

    json_value raw_content() const {
        if (blocks_.empty()) return {};
        if (blocks_.front().citations.empty() &&
            is_plain_text(blocks_.front().known.type, blocks_.front().known.citations, blocks_.size()))
            return {};
        std::string text{'['};
        for (auto const& block : blocks_) {
            if (text.size() > 1) text += ',';
            text += whole_block(block);
        }
        text += ']';
        auto raw = json_value::parse(text);
        return raw ? std::move(*raw) : json_value{};
    }

    response_size size_{"anthropic"};
    chat_response response_{};
    anthropic_usage counted_{};
    anthropic_stop_details stop_details_{};
    std::vector<growing_block> blocks_{};
    repeated_event before_{block_delta_holes};
    anthropic_event repeated_{};
    std::size_t call_count_{0};
    std::size_t content_bytes_{0};
    bool stopped_{false};
    bool done_{false};
};

}  // namespace

std::unique_ptr<stream_decoder> make_anthropic_stream_decoder(header_list const& headers,
                                                              std::chrono::system_clock::time_point now) {
    return std::make_unique<anthropic_stream_decoder>(headers, now);
}

}  // namespace coax::detail
