#pragma once

#include "core/internal/deleter.hpp"
#include "http/http2_session.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <nghttp2/nghttp2.h>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace coax::http::detail {

// The functions of before 1.60 are deprecated from then on; the newer ones differ in a type alone.
#if NGHTTP2_VERSION_NUM >= 0x013c00
using nghttp2_io_size = nghttp2_ssize;
#else
using nghttp2_io_size = ssize_t;
#endif

struct session_stream {
    http2_receiver* to;  // null: it ended, or was abandoned
    std::string_view body_left;
    header_list headers{};
    std::size_t header_bytes{0};
    int status{0};
    int interim_responses{0};
    bool has_head{false};  // of the final response
    bool sent{false};
    bool reset_by_peer{false};
    std::optional<http2_failure::reason> refused_for{};  // what we do not take of it
};

/// A session of nghttp2 and its streams. What frames do is in http2_frames.cpp, what the session is asked for in
/// http2_session.cpp.
struct http2_session::impl {
    explicit impl(limits with);

    /// These fail for want of memory alone.
    static void check(int returned) {
        if (returned != 0) throw std::bad_alloc{};
    }

    static impl& self(void* user) noexcept { return *static_cast<impl*>(user); }

    [[nodiscard]] session_stream* find(std::int32_t id) noexcept {
        auto const found = streams.find(id);
        return found == streams.end() ? nullptr : &found->second;
    }

    void break_down(http2_code code, std::string reason) {
        if (!broken) broken = http2_breakdown{code, std::move(reason)};
    }

    /// Runs what a callback does; no exception may pass through the C library.
    template <class F>
    int guarded(F const& work) noexcept {
        try {
            return work();
        } catch (...) {
            out_of_memory = true;
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }

    /// Ends streams that nghttp2 has nothing against.
    void reset_refused() {
        if (!std::exchange(refuses, false)) return;
        using reason = http2_failure::reason;
        for (auto const& [id, of] : streams) {
            if (of.refused_for != reason::no_final_response && of.refused_for != reason::violation) continue;
            auto const code = of.refused_for == reason::violation ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_CANCEL;
            check(nghttp2_submit_rst_stream(session.get(), NGHTTP2_FLAG_NONE, id, code));
        }
    }

    static void set_callbacks(nghttp2_session_callbacks* on);

    int begin_frame(nghttp2_frame_hd const& frame);
    int take_field(std::int32_t id, std::string_view name, std::string_view value);
    int take_frame(nghttp2_frame const& frame);
    void take_header_block(session_stream& of);
    void end_response(session_stream& of, std::int32_t id);
    int take_data(std::int32_t id, std::string_view bytes);
    void frame_sent(nghttp2_frame const& frame);
    void frame_not_sent(nghttp2_frame const& frame);
    int closed(std::int32_t id, std::uint32_t code);

    static nghttp2_io_size read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room,
                                     std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept;

    limits bounds;
    std::unique_ptr<nghttp2_session, core::detail::deleter<nghttp2_session_del>> session{};
    std::unordered_map<std::int32_t, session_stream> streams{};
    std::optional<http2_breakdown> broken{};
    std::optional<http2_code> gone_away{};
    std::string last_complaint{};
    int frames_of_no_use{0};
    bool agreed{false};
    bool leaving{false};
    bool refuses{false};  // a stream that is to be reset
    bool out_of_memory{false};
};

}  // namespace coax::http::detail
