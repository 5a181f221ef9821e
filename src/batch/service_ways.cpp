#include "batch/internal/service_ways.hpp"

#include "batch/internal/batch_route_state.hpp"

#include <coax/provider/background.hpp>
#include <coax/provider/service_batch.hpp>

#include <filesystem>
#include <utility>

namespace coax::detail {

namespace {

bool is_there(std::string const& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

}  // namespace

std::string batches_ledger_of(std::string const& journal) { return journal + ".batches"; }

std::string background_ledger_of(std::string const& journal) { return journal + ".background"; }

bool has_rows_under_way(std::string const& journal) {
    return has_open_batches(batches_ledger_of(journal)) || is_there(background_ledger_of(journal));
}

service_batch_options only_draining(service_batch_options options) {
    options.drain_only = true;
    options.unfinished = unfinished_rows::live;
    return options;
}

result<service_ways> ways_of(batch_route const& route, std::string const& journal, std::string const& service) {
    auto const* const wanted = route.state();
    service_ways ways{.begins_in_background = wanted != nullptr && wanted->background};
    if (wanted != nullptr) {
        ways.batches = wanted->batches;
        ways.background = wanted->background;
    }
    if (journal.empty()) {
        if (!ways.batches && !ways.background) return ways;
        return invalid_argument("journal", "must name a file: what goes by the service outlives its run");
    }
    service_batch_options left{.ledger = batches_ledger_of(journal)};
    if (!ways.batches && has_open_batches(left.ledger)) ways.batches = only_draining(std::move(left));
    if (!ways.background && is_there(background_ledger_of(journal))) ways.background.emplace();
    if (ways.batches && ways.batches->ledger.empty()) ways.batches->ledger = batches_ledger_of(journal);
    if (ways.background && ways.background->ledger.empty()) ways.background->ledger = background_ledger_of(journal);
    if (ways.batches) ways.batches->service = service;
    if (ways.batches && !ways.batches->drain_only && ways.background)
        return invalid_argument("via",
                                "responses in the background are under way: first go on with via_background, or "
                                "with one request each");
    return ways;
}

result<void> check_batches(provider const& service, std::string_view where) {
    if (service.limits_of_batches().requests > 0) return {};
    return invalid_argument(std::string{where}, std::string{service.name()} +
                                                    " has no batches of its own; openai, azure, anthropic and gemini "
                                                    "do");
}

result<void> check_background(provider const& service, chat_request sample, std::string_view completion_window,
                              std::string_view where) {
    sample.messages.push_back(user("x"));
    auto const encoded =
        service.encode_background(sample, {.completion_window = std::string{completion_window}}, false);
    if (encoded) return {};
    return invalid_argument(std::string{where}, encoded.error().message);
}

asio::awaitable<batch_summary> run_by_ways(service_ways ways, record_batch batch,
                                           std::shared_ptr<batch_journal> journal, client llm,
                                           service_batch_questions questions, batch_options options) {
    std::optional<background_rows> background;
    if (ways.background) {
        background.emplace(llm, questions, batch.sent, *std::move(ways.background));
        batch.work = [rows = *background, begins = ways.begins_in_background,
                      live = batch.work](batch_record const& record) {
            return begins || rows.knows(record) ? rows.ask(record) : live(record);
        };
    }
    auto running = ways.batches ? run_service_batches(std::move(batch), journal, llm, std::move(questions),
                                                      *std::move(ways.batches), std::move(options))
                                : run_records(std::move(batch), journal, std::move(options));
    auto summary = co_await std::move(running);
    if (background && summary.complete()) background->end();
    co_return summary;
}

}  // namespace coax::detail
