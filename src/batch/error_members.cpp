#include "batch/internal/error_members.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace coax::detail {

namespace {

errc code_of(std::string_view name) noexcept {
    for (int code = static_cast<int>(errc::cancelled); code <= static_cast<int>(errc::spent_on_reasoning); ++code)
        if (to_string(static_cast<errc>(code)) == name) return static_cast<errc>(code);
    return errc::internal;
}

}  // namespace

void write_error(json::writer& out, error const& why) {
    out.begin_object();
    out.member("code", to_string(why.code)).member("message", std::string_view{why.message});
    if (!why.where.empty()) out.member("where", std::string_view{why.where});
    if (why.http_status != 0) out.member("http_status", why.http_status);
    if (!why.service_code.empty()) out.member("service_code", std::string_view{why.service_code});
    if (!why.service_message.empty()) out.member("service_message", std::string_view{why.service_message});
    if (!why.request_id.empty()) out.member("request_id", std::string_view{why.request_id});
    if (why.retry_after) out.member("retry_after_ms", why.retry_after->count());
    if (why.cause) out.member("cause", std::string_view{why.cause.message()});
    out.end_object();
}

error told_error(error_members told) {
    error why{.code = code_of(told.code),
              .message = std::move(told.message),
              .where = std::move(told.where),
              .http_status = told.http_status,
              .service_code = std::move(told.service_code),
              .service_message = std::move(told.service_message),
              .request_id = std::move(told.request_id)};
    if (told.retry_after_ms) why.retry_after = std::chrono::milliseconds{*told.retry_after_ms};
    return why;
}

}  // namespace coax::detail
