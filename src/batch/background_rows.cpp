#include "batch/background_ledger.hpp"

#include <coax/batch/background_rows.hpp>
#include <coax/batch/json_line.hpp>
#include <coax/runtime/as_result.hpp>

#include <utility>

namespace coax {
namespace {

/// Whether the response is over, so that another one can take its place.
bool ends_response(error const& why) {
    return why.code != errc::cancelled && why.code != errc::timeout && why.code != errc::closed && !is_retryable(why) &&
           why.code != errc::authentication && why.code != errc::quota_exhausted;
}

}  // namespace

struct background_rows::state {
    background_responses responses;
    service_batch_questions questions;
    std::function<std::string(batch_record const&)> sent;
    background_rows_options options;
    detail::background_ledger ledger;

    [[nodiscard]] asio::awaitable<std::string> begin(batch_record const& record, std::uint64_t digest) {
        auto const begun =
            co_await responses.start(value_or_throw(questions.request(record)), options.how, questions.format);
        value_or_throw(ledger.begun(digest, begun.id));
        co_return begun.id;
    }
};

background_rows::background_rows(client llm, service_batch_questions questions,
                                 std::function<std::string(batch_record const&)> sent, background_rows_options options)
    : state_{
          std::make_shared<state>(state{.responses = background_responses{std::move(llm)},
                                        .questions = std::move(questions),
                                        .sent = std::move(sent),
                                        .options = options,
                                        .ledger = value_or_throw(detail::background_ledger::open(options.ledger))})} {}

bool background_rows::knows(batch_record const& record) const {
    return !state_->ledger.find(sent_digest(state_->sent(record))).empty();
}

asio::awaitable<batch_output<std::string>> background_rows::ask(batch_record record) const {
    std::shared_ptr<state> const all = state_;
    auto const digest = sent_digest(all->sent(record));
    std::string id{all->ledger.find(digest)};
    bool const is_kept = !id.empty();
    if (!is_kept) id = co_await all->begin(record, digest);
    auto response = co_await as_result(all->responses.wait(id, all->options.wait, all->questions.format));
    if (!response && is_kept && response.error().code == errc::not_found) {  // kept no longer
        id = co_await all->begin(record, digest);
        response = co_await as_result(all->responses.wait(id, all->options.wait, all->questions.format));
    }
    if (!response) {
        if (ends_response(response.error())) value_or_throw(all->ledger.over(digest));
        auto why = std::move(response).error();
        why.attempts = 1;
        throw_error(std::move(why));
    }
    batch_output<std::string> output{.usage = response->usage,
                                     .tier = tier_of_window(all->options.how.completion_window)};
    output.value = all->questions.output ? all->questions.output(*response) : std::move(response->text);
    co_return output;
}

void background_rows::end() const noexcept { state_->ledger.remove(); }

billing::tier tier_of_window(std::string_view completion_window) noexcept {
    if (completion_window == "2h") return billing::tier::background_2h;
    return completion_window == "8h" ? billing::tier::background_8h : billing::tier::standard;
}

}  // namespace coax
