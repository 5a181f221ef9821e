#include "client/reask.hpp"
#include "client/usage_totals.hpp"

#include <coax/client/parse_stream.hpp>

namespace coax::detail {
namespace {

error violated(error violation) {
    violation.code = errc::invalid_output;
    return violation;
}

}  // namespace

boost::asio::awaitable<bool> answer_feed::next(bind::detail::partial_core& reader) {
    for (;;) {
        if (stopped_) throw_error(violated(*reader.problem()));
        auto const delta = co_await words_.next();
        if (!delta) co_return false;
        if (delta->text.empty()) continue;
        reader.feed(delta->text);
        if (!options_.stop_at_violation || !reader.problem()) co_return true;
        stopped_ = true;
        auto const closed = std::move(words_);
    }
}

boost::asio::awaitable<chat_response> answer_feed::finish(bind::detail::partial_core& reader) {
    while (co_await next(reader)) continue;
    auto answer = co_await words_.finish();
    check_usable(answer).value();
    co_return answer;
}

error misfit(error violation, chat_response const& answer) {
    auto why = violated(std::move(violation));
    why.http_status = 200;
    why.request_id = answer.request_id;
    return billed(std::move(why), answer);
}

}  // namespace coax::detail
