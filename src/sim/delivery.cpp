#include "sim/delivery.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace coax::sim::detail {
namespace {

constexpr std::size_t slow_bytes = 4;

bool has_fault(response const& out, fault_kind kind) noexcept { return out.fault && out.fault->kind == kind; }

std::string head_of(response const& out, delivery_terms const& terms, bool keep) {
    std::string head;
    head.reserve(256 + out.headers.size() + (out.chunked ? 0 : out.body.size()));
    head.append("HTTP/1.1 ")
        .append(std::to_string(out.status))
        .append(" ")
        .append(boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(out.status)))
        .append("\r\n");
    add_header(head, "Date", terms.date);
    if (!out.content_type.empty()) add_header(head, "Content-Type", out.content_type);
    head += out.headers;
    if (!keep)
        add_header(head, "Connection", "close");
    else if (terms.http_1_0)
        add_header(head, "Connection", "keep-alive");
    if (out.chunked)
        add_header(head, "Transfer-Encoding", "chunked");
    else
        add_header(head, "Content-Length", static_cast<std::int64_t>(out.body.size()));
    return head + "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
    if (piece.empty()) return;
    std::array<char, 24> size{};
    auto const length = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    out.append(size.data(), static_cast<std::size_t>(length)).append(piece).append("\r\n");
}

void chunk_pieces(delivery& plan, response const& out, bool whole) {
    for (auto const& piece : out.pieces) {
        bool const paced = out.between_pieces.count() > 0 && &piece != &out.pieces.front();
        if (paced) plan.segments.push_back({.pause = out.between_pieces});
        append_chunk(plan.segments.back().bytes, piece);
    }
    if (whole) plan.segments.back().bytes += "0\r\n\r\n";
}

/// Keeps the first `bytes` of all segments.
void keep_first(std::vector<segment>& segments, std::size_t bytes) {
    for (auto& part : segments) {
        if (part.bytes.size() > bytes) part.bytes.resize(bytes);
        bytes -= part.bytes.size();
    }
    std::erase_if(segments, [](segment const& part) { return part.bytes.empty(); });
}

/// How many bytes of a truncated body are sent.
std::size_t truncated_size(std::size_t size, std::size_t wanted) noexcept {
    if (size == 0) return 0;
    return wanted != 0 ? std::min(wanted, size - 1) : size / 2;
}

std::vector<segment> slow_down(std::vector<segment> const& segments, std::chrono::nanoseconds pause,
                               std::chrono::nanoseconds longest) {
    std::string all;
    for (auto const& part : segments) all += part.bytes;
    pause = std::max(pause, std::chrono::nanoseconds{std::chrono::milliseconds{1}});
    auto const max_steps = static_cast<std::size_t>(std::max<std::int64_t>(1, longest / pause));
    auto const step = std::max(slow_bytes, (all.size() + max_steps - 1) / max_steps);
    std::vector<segment> slow;
    for (std::size_t at = 0; at < all.size(); at += step)
        slow.push_back({.pause = pause, .bytes = all.substr(at, step)});
    return slow;
}

}  // namespace

delivery deliver(response out, delivery_terms const& terms) {
    if (has_fault(out, fault_kind::stall)) return {.segments = {}, .then = connection_end::stall};
    if (has_fault(out, fault_kind::close_before_response)) return {.segments = {}, .then = connection_end::cut};
    bool const truncated = has_fault(out, fault_kind::truncated_body);
    if (out.chunked && (terms.http_1_0 || (truncated && out.pieces.empty()))) {
        for (auto const& piece : out.pieces) out.body += piece;
        out.chunked = false;
    }
    bool const keep = terms.keep_alive && !out.close;
    delivery plan{.segments = {}, .then = keep ? connection_end::keep : connection_end::close};
    plan.segments.push_back({.pause = out.first_byte, .bytes = head_of(out, terms, keep)});
    if (out.chunked) {
        if (truncated) out.pieces.resize(std::max<std::size_t>(1, out.pieces.size() / 2));
        chunk_pieces(plan, out, !truncated);
    } else {
        if (truncated) out.body.resize(truncated_size(out.body.size(), out.fault->at_byte));
        plan.segments.back().bytes += out.body;
    }
    if (truncated) plan.then = connection_end::cut;
    if (has_fault(out, fault_kind::slow)) plan.segments = slow_down(plan.segments, out.fault->wait, terms.longest);
    if (has_fault(out, fault_kind::reset)) {
        keep_first(plan.segments, out.fault->at_byte);
        plan.then = connection_end::reset;
    }
    return plan;
}

}  // namespace coax::sim::detail
