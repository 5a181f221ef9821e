#include "client/reask.hpp"
#include "client/usage_totals.hpp"

#include <coax/client/parse_stream.hpp>

namespace coax::detail {
namespace {

error as_invalid_output(error violation) {
    violation.code = errc::invalid_output;
    return violation;
}

}  // namespace

boost::asio::awaitable<bool> response_feed::next(bind::detail::partial_core& reader) {
    for (;;) {
        if (stopped_) throw_error(as_invalid_output(*reader.problem()));
        auto const delta = co_await stream_.next();
        if (!delta) co_return false;
        if (delta->text.empty()) continue;
        reader.feed(delta->text);
        if (!options_.stop_at_violation || !reader.problem()) co_return true;
        stopped_ = true;
        auto const closed = std::move(stream_);
    }
}

boost::asio::awaitable<chat_response> response_feed::finish(bind::detail::partial_core& reader) {
    while (co_await next(reader)) continue;
    auto response = co_await stream_.finish();
    check_usable(response).value();
    co_return response;
}

error invalid_output_error(error violation, chat_response const& response) {
    auto why = as_invalid_output(std::move(violation));
    why.http_status = 200;
    why.request_id = response.request_id;
    return with_totals(std::move(why), response);
}

}  // namespace coax::detail
