#include "sim/batch_service.hpp"

#include "sim/random.hpp"
#include "sim/service_faults.hpp"
#include "sim/text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <numeric>

namespace coax::sim::detail {
namespace {

batch_api const& batches_of(dialect which) noexcept {
    if (which == dialect::anthropic) return anthropic_batches();
    return which == dialect::gemini ? gemini_batches() : openai_batches();
}

bool is_over(batch_phase phase) noexcept {
    return phase == batch_phase::completed || phase == batch_phase::failed || phase == batch_phase::expired ||
           phase == batch_phase::cancelled;
}

std::size_t share_of(std::size_t count, double share) {
    return std::min(count, static_cast<std::size_t>(static_cast<double>(count) * share));
}

response begin_batch_response(request_context const& context) {
    response out;
    context.api->add_id_headers(out.headers, context);
    return out;
}

}  // namespace

std::vector<std::pair<std::size_t, std::string_view>> lines_of(std::string_view text) {
    std::vector<std::pair<std::size_t, std::string_view>> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.emplace_back(number, line);
    }
    return lines;
}

rejection take_batches(batch_page& page, std::string_view after, std::size_t limit, batch_api const& api) {
    auto& batches = page.batches;
    if (!after.empty()) {
        auto const found = std::ranges::find(batches, after, [](auto const* one) { return std::string_view{one->id}; });
        if (found == batches.end()) return api.unknown(after);
        batches.erase(batches.begin(), found + 1);
    }
    page.has_more = batches.size() > limit;
    if (page.has_more) batches.resize(limit);
    return std::nullopt;
}

batch_fault const* batch_service::fault_of(stored_batch const& batch, batch_fault_kind kind) const noexcept {
    for (auto const& one : options_.batch_faults)
        if (one.kind == kind && (one.batch == 0 || one.batch == batch.number)) return &one;
    return nullptr;
}

response batch_service::handle(request_view const& request, request_context const& context, run_row const& run,
                               server_stats& stats) {
    auto const& api = batches_of(context.route.dialect);
    auto const which = context.route.endpoint;
    if (which == endpoint::batches && request.method == "POST") return make(request, context, stats);
    for (auto const& [age, kept] : batches_.all()) settle(*batches_.find(kept.id), context, run, stats);
    if (which == endpoint::batches) return list(context);
    auto* const batch = batches_.find(context.route.name);
    if (batch == nullptr || fault_of(*batch, batch_fault_kind::vanish) != nullptr)
        return reject(api.unknown(context.route.name), context);
    if (which == endpoint::batch_results) return results(*batch, context);
    auto out = begin_batch_response(context);
    writer body{out.body};
    auto phase = phase_of(*batch, context.now);
    if (which == endpoint::cancel_batch) {
        if (auto const wrong = api.refuse_cancel(phase)) return reject(*wrong, context);
        if (!is_over(phase) && !batch->cancelled) batch->cancelled = context.now;
        phase = is_over(phase) ? phase : batch_phase::cancelling;
        api.write_cancelled(body, *batch, phase, context);
        return out;
    }
    if (request.method == "DELETE") {
        (void)batches_.remove(context.route.name);
        body.begin_object().end_object();
        return out;
    }
    api.write(body, *batch, phase, context);
    return out;
}

response batch_service::make(request_view const& request, request_context const& context, server_stats& stats) {
    auto const& api = batches_of(context.route.dialect);
    boost::system::error_code failure;
    auto const body = json::parse(json::string_view{request.body.data(), request.body.size()}, failure);
    if (failure || !body.is_object())
        return reject(bad_request("We could not parse the JSON body of your request."), context);
    stored_batch batch{.id = api.id(context.id_seed), .created = context.now, .over = context.now.steady};
    if (auto const wrong = api.read(body, context, files_, batch)) return reject(*wrong, context);
    batch.number = ++made_;
    batch.over += options_.batch_duration;
    ++stats.batches;
    if (fault_of(batch, batch_fault_kind::invalid) != nullptr)
        batch.errors.push_back({"invalid_request", "The batch could not be validated.", {}, 0});
    auto out = begin_batch_response(context);
    writer written{out.body};
    api.write(written, batch, api.first_phase(), context);
    if (fault_of(batch, batch_fault_kind::lost_answer) != nullptr)
        out.fault = fault{.kind = fault_kind::close_before_response};
    auto id = batch.id;
    std::size_t bytes = 1'024;
    for (auto const& row : batch.rows) bytes += row.body.size() + 128;
    batches_.put(std::move(id), std::move(batch), bytes);
    return out;
}

response batch_service::list(request_context const& context) {
    auto const& api = batches_of(context.route.dialect);
    batch_page page;
    for (auto const& [age, kept] : batches_.all()) {
        auto* const batch = batches_.find(kept.id);
        if (fault_of(*batch, batch_fault_kind::vanish) == nullptr) page.batches.push_back(batch);
    }
    std::ranges::reverse(page.batches);
    if (auto const wrong = api.take_page(context.route.query, page)) return reject(*wrong, context);
    auto out = begin_batch_response(context);
    writer body{out.body};
    api.begin_list(body);
    for (auto const* batch : page.batches) api.write(body, *batch, phase_of(*batch, context.now), context);
    api.end_list(body, page);
    return out;
}

response batch_service::results(stored_batch const& batch, request_context const& context) const {
    if (!batch.settled) return reject({.status = 404, .message = "The results are not available yet."}, context);
    auto out = begin_batch_response(context);
    out.content_type = "application/x-jsonl";
    out.body = batch.output;
    return out;
}

/// The first tenth of its time it is checked; a cancelled one goes on for as long.
batch_phase batch_service::phase_of(stored_batch const& batch, moment now) const {
    auto const tenth = options_.batch_duration / 10;
    if (!batch.errors.empty()) return batch_phase::failed;
    if (batch.cancelled)
        return now.steady < batch.cancelled->steady + tenth ? batch_phase::cancelling : batch_phase::cancelled;
    if (now.steady >= batch.over)
        return fault_of(batch, batch_fault_kind::expire) != nullptr ? batch_phase::expired : batch_phase::completed;
    return now.steady < batch.created.steady + tenth ? batch_phase::validating : batch_phase::in_progress;
}

/// Of the rows, in their order, the first so many were worked on before it ended.
std::size_t batch_service::done_rows(stored_batch const& batch, batch_phase end) const {
    if (end == batch_phase::failed) return 0;
    if (end == batch_phase::completed) return batch.rows.size();
    if (end == batch_phase::expired) {
        auto const* expires = fault_of(batch, batch_fault_kind::expire);
        return share_of(batch.rows.size(), expires == nullptr ? 1 : expires->share);
    }
    std::chrono::duration<double> const worked = batch.cancelled->steady - batch.created.steady;
    std::chrono::duration<double> const whole = options_.batch_duration;
    return share_of(batch.rows.size(), whole.count() > 0 ? worked / whole : 1);
}

void batch_service::settle(stored_batch& batch, request_context const& context, run_row const& run,
                           server_stats& stats) {
    auto const end = phase_of(batch, context.now);
    if (batch.settled || !is_over(end) || fault_of(batch, batch_fault_kind::vanish) != nullptr) return;
    batch.settled = true;
    auto const& api = batches_of(context.route.dialect);
    auto const done = done_rows(batch, end);
    auto const* failing = fault_of(batch, batch_fault_kind::fail_rows);
    auto const failing_rows = failing == nullptr ? 0 : share_of(batch.rows.size(), failing->share);
    std::vector<std::size_t> order(batch.rows.size());
    std::iota(order.begin(), order.end(), 0U);
    if (fault_of(batch, batch_fault_kind::out_of_order) != nullptr) {
        random_source random{mix(options_.seed, batch.number)};
        for (auto i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    }
    for (auto const i : order) {
        if (end == batch_phase::failed) break;
        auto const seed = mix(context.id_seed, i);
        std::optional<response> answer;
        if (i < failing_rows) {
            answer = reject(context.api->error_of(failing->http_status), context);
        } else if (i < done) {
            answer = run(batch.rows[i]);
            stats.prompt_tokens += answer->prompt_tokens;
            stats.completion_tokens += answer->completion_tokens;
        }
        if (!answer)
            ++batch.undone;
        else
            ++(answer->status == 200 ? batch.succeeded : batch.failed);
        if (answer && answer->status == 200) ++stats.batch_rows;
        api.add_row(batch, {batch.rows[i], answer ? &*answer : nullptr, seed}, end);
    }
    api.keep(batch, files_, context);
}

}  // namespace coax::sim::detail
