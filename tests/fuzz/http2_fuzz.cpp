// What a server sends over HTTP/2 into a session with three requests under way: whatever the bytes are and however they
// are cut, it ends without harm, keeps to its bounds, and nobody is told anything after the end. The first byte of the
// input says how to cut, and whether the server's settings come before.
#include "http/http2_session.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

using namespace coax::http::detail;

constexpr http2_session::limits bounds{.header_bytes = 512, .stream_window = 16U << 10U};
constexpr std::size_t most_unasked = 65'535;  // until the server has acknowledged our window
constexpr std::size_t most_answer = 1U << 20U;

void must(bool holds) {
    if (!holds) std::abort();
}

struct checker final : http2_receiver {
    void request_moved(bool) override { must(!over); }
    void took_interim() override { must(!over && !has_head && ++interim <= 16); }
    void took_head(int status, coax::header_list headers) override {
        must(!over && !has_head && status >= 200 && status <= 999);
        std::size_t size = 0;
        for (auto const& each : headers) size += each.name.size() + each.value.size() + 32;
        must(size <= bounds.header_bytes);
        has_head = true;
    }
    std::size_t took_body(std::string_view bytes) override {
        must(!over && has_head);
        kept += bytes.size();
        must(kept <= most_unasked);
        return 0;
    }
    void complete() override {
        must(has_head);
        end();
    }
    void failed(http2_failure) override { end(); }
    void end() {
        must(!over);
        over = true;
    }

    std::size_t kept{0};
    int interim{0};
    bool has_head{false};
    bool over{false};
};

void feed(std::string_view input, std::size_t piece) {
    std::array<coax::http_request, 3> requests;
    std::array<checker, 3> receivers;
    http2_session session{bounds};
    std::string out;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        requests[i] = {.to = {.host = "h"}, .method = i == 2 ? "HEAD" : "POST", .body = i == 0 ? "{}" : ""};
        must(session.submit(requests[i], receivers[i]) != 0);
    }
    session.send(out, most_answer);
    while (!input.empty()) {
        session.receive(input.substr(0, piece));
        input.remove_prefix(std::min(piece, input.size()));
        out.clear();
        session.send(out, most_answer);
        must(out.size() <= most_answer + (64U << 10U));
        if (receivers[1].kept > 0 && !receivers[1].over) session.consumed(3, std::exchange(receivers[1].kept, 0));
    }
    session.abandon(5);
    receivers[2].over = true;
    session.end_all();
    must(receivers[0].over && receivers[1].over && session.stream_count() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    if (size == 0) return 0;
    std::string input{reinterpret_cast<char const*>(bytes) + 1, size - 1};
    constexpr std::string_view settings{"\0\0\0\4\0\0\0\0\0", 9};
    if ((bytes[0] & 1U) == 0) input.insert(0, settings);
    feed(input, input.size() + 1);
    feed(input, std::size_t{bytes[0]} / 2 + 1);
    return 0;
}
