#include "sim/service.hpp"

#include "sim/decision.hpp"
#include "sim/embedding.hpp"
#include "sim/random.hpp"
#include "sim/rerank.hpp"
#include "sim/service_faults.hpp"
#include "sim/text.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::size_t max_json_depth = 128;

bool is_model_request(endpoint which) noexcept {
    return which == endpoint::chat || which == endpoint::responses || which == endpoint::embeddings ||
           which == endpoint::rerank || which == endpoint::decisions;
}

bool is_kept(endpoint which) noexcept { return which == endpoint::one_response || which == endpoint::cancel_response; }

bool is_of_files(endpoint which) noexcept {
    return which == endpoint::files || which == endpoint::one_file || which == endpoint::file_content ||
           which == endpoint::upload;
}

bool is_of_batches(endpoint which) noexcept {
    return which == endpoint::batches || which == endpoint::one_batch || which == endpoint::cancel_batch ||
           which == endpoint::batch_results;
}

bool takes(endpoint which, std::string_view method) noexcept {
    if (which == endpoint::upload) return method == "POST" || method == "PUT";
    bool const posted = is_model_request(which) || which == endpoint::count_tokens ||
                        which == endpoint::cancel_response || which == endpoint::cancel_batch;
    bool const deletes = which == endpoint::one_response || which == endpoint::one_file || which == endpoint::one_batch;
    return method == (posted ? "POST" : "GET") || (method == "DELETE" && deletes) ||
           (method == "POST" && (which == endpoint::files || which == endpoint::batches));
}

response count_tokens(json::value const& body, request_view const& request, request_context const& context) {
    parsed_chat chat;
    if (auto const wrong = context.api->read_chat(body, request, context.route, chat)) return reject(*wrong, context);
    response out;
    context.api->add_id_headers(out.headers, context);
    writer body_writer{out.body};
    context.api->write_token_count(body_writer, token_count(chat.prompt_bytes));
    return out;
}

/// What a rule says of the response's head and time.
void add_head(response& out, answer_content const& then) {
    for (auto const& [name, value] : then.headers) add_header(out.headers, name, value);
    if (then.delay_ms) out.delay = std::chrono::milliseconds{*then.delay_ms};
}

/// The error that a rule answers with.
response error_of(answer_content const& then, request_context const& context) {
    auto why = context.api->error_of(*then.status);
    if (!then.message.empty()) why.message = then.message;
    auto out = reject(why, context);
    add_head(out, then);
    return out;
}

}  // namespace

service::service(options const& opts)
    : options_{opts}, faults_{opts.seed, opts.faults, opts.script}, limits_{opts}, answers_{opts.answers} {}

request_context service::begin(request_route const& route, moment now) {
    ++stats_.requests;
    auto const seed = mix(options_.seed ^ 0x5eedULL, stats_.requests);
    auto const& api = api_of(route.dialect);
    return {.id_seed = seed, .request_id = api.request_id(seed), .now = now, .route = route, .api = &api};
}

response service::refuse(int status, std::string message, moment now) {
    auto out = reject({.status = status, .message = std::move(message)}, begin({}, now));
    out.close = true;
    ++stats_.responses_by_status[status];
    return out;
}

response service::handle(request_view const& request, moment now) {
    auto context = begin(find_route(request), now);
    context.origin.append(request.tls ? "https://" : "http://").append(request.host);
    auto out = respond(request, context);
    if (!out.fault || !is_silent(out.fault->kind)) ++stats_.responses_by_status[out.status];
    stats_.prompt_tokens += out.prompt_tokens;
    stats_.completion_tokens += out.completion_tokens;
    return out;
}

response service::respond(request_view const& request, request_context const& context) {
    auto const which = context.route.endpoint;
    auto const name = context.route.name;
    auto const& api = *context.api;
    std::string const method{request.method};
    if (which == endpoint::unknown)
        return reject({.status = 404,
                       .message = "Invalid URL (" + method + " " + std::string{request.target.substr(0, 200)} + ")"},
                      context);
    if (!takes(which, method))
        return reject({.status = 405, .message = "Not allowed to " + method + " here."}, context);
    if (auto const& key = options_.api_key.reveal(); !key.empty())
        if (auto const wrong = api.authorize(request, key)) return reject(*wrong, context);
    if (auto const wrong = api.check_request(request, context.route)) return reject(*wrong, context);
    if (is_kept(which)) return kept_response(request, context);
    if (is_of_files(which)) return files_.handle(request, context);
    if (is_of_batches(which)) return run_batches(request, context);
    if (which != endpoint::models && which != endpoint::one_model) return model_request(request, context);
    if (which == endpoint::one_model && !knows(name)) return reject(api.unknown_model(name, context.route), context);
    return list_models(context);
}

/// Rows of a batch are answered as requests that come alone are, but for limits of the moment.
response service::run_batches(request_view const& request, request_context const& context) {
    return batches_.handle(
        request, context,
        [&](batch_row const& row) {
            auto alone = request;
            alone.method = "POST";
            alone.target = row.target;
            alone.body = row.body;
            auto within = context;
            within.route = find_route(alone);
            within.route.dialect = context.route.dialect;
            return run_model(alone, within, nullptr);
        },
        stats_);
}

response service::list_models(request_context const& context) const {
    auto const& api = *context.api;
    response out;
    api.add_id_headers(out.headers, context);
    writer body{out.body};
    if (context.route.endpoint == endpoint::one_model) {
        api.write_model(body, context.route.name);
        return out;
    }
    model_page page{.names = options_.models.empty() ? std::vector<std::string>{"coax-sim"} : options_.models};
    if (auto const wrong = api.take_page(context.route.query, page)) return reject(*wrong, context);
    api.write_models(body, page);
    return out;
}

response service::model_request(request_view const& request, request_context const& context) {
    fault const* injected = nullptr;
    if (is_model_request(context.route.endpoint)) injected = faults_.draw(++stats_.model_requests);
    if (injected != nullptr) ++stats_.faults[injected->kind];
    if (injected != nullptr && replaces_response(injected->kind)) return fail(*injected, context);
    auto out = run_model(request, context, injected);
    if (injected != nullptr && changes_delivery(injected->kind)) out.fault = *injected;
    set_pace(out, context);
    return out;
}

response service::run_model(request_view const& request, request_context const& context, fault const* injected) {
    std::array<unsigned char, 16 * 1024> memory;  // NOLINT: filled by the parser, no need to clear it
    json::monotonic_resource resource{memory.data(), memory.size()};
    boost::system::error_code failure;
    json::parse_options parsing;
    parsing.max_depth = max_json_depth;
    auto const body =
        json::parse(json::string_view{request.body.data(), request.body.size()}, failure, &resource, parsing);
    if (failure)
        return reject(bad_request("We could not parse the JSON body of your request: " + failure.message() + "."),
                      context);
    if (context.route.endpoint == endpoint::embeddings) return run_embedding(body, request, context);
    if (context.route.endpoint == endpoint::rerank) return run_rerank(body, context);
    if (context.route.endpoint == endpoint::decisions) return run_decisions(body, context, injected);
    if (context.route.endpoint == endpoint::count_tokens) return count_tokens(body, request, context);
    if (context.route.endpoint == endpoint::responses) return run_responses(body, request, context, injected);
    bool const threaded = context.route.dialect == dialect::anthropic && has_message_threads(request) &&
                          member(body, "thread") != nullptr;
    return threaded ? run_thread(body, request, context, injected) : run_chat(body, request, context, injected);
}

response service::run_thread(json::value body, request_view const& request, request_context const& context,
                             fault const* injected) {
    if (auto const wrong = threads_.add_history(body)) return reject(*wrong, context);
    return run_chat(body, request, context, injected);
}

response service::run_responses(json::value body, request_view const& request, request_context const& context,
                                fault const* injected) {
    if (body.is_object())
        if (auto const wrong = kept_.add_history(body)) return reject(*wrong, context);
    return run_chat(body, request, context, injected);
}

/// A response that was kept: shown, cancelled or deleted.
response service::kept_response(request_view const& request, request_context const& context) {
    auto const id = context.route.name;
    auto const none = [&] {
        return reject({.status = 404, .message = "Response with id '" + std::string{id} + "' not found."}, context);
    };
    response out;
    context.api->add_id_headers(out.headers, context);
    if (request.method == "DELETE") {
        if (!kept_.remove(id)) return none();
        writer{out.body}
            .begin_object()
            .member("id", id)
            .member("object", "response")
            .member("deleted", true)
            .end_object();
        return out;
    }
    bool const cancels = context.route.endpoint == endpoint::cancel_response;
    out.body = cancels && kept_.is_background(id) ? kept_.cancel(id, context.now) : kept_.show(id, context.now);
    if (out.body.empty()) return none();
    if (cancels && !kept_.is_background(id))
        return reject(bad_request("Cannot cancel a synchronous response."), context);
    return out;
}

/// A response in the background takes as long as one that is waited for.
void service::keep(response const& out, parsed_chat const& chat, request_context const& context) {
    response timed{.body = out.object, .object = out.object, .completion_tokens = out.completion_tokens};
    set_pace(timed, context);
    auto ready = context.now;
    ready.steady += timed.first_byte;
    kept_.keep(out, chat, *member(*chat.responses.body, "input"), ready);
}

std::optional<response> service::check_limits(std::string_view model, std::size_t tokens,
                                              request_context const& context) {
    auto const refused = limits_.admit(tokens, context.now.steady);
    if (!refused) return std::nullopt;
    auto const limit =
        refused->which == limited_by::requests ? options_.requests_per_minute : options_.tokens_per_minute;
    auto out = reject(context.api->rate_limited(*refused, model, limit), context);
    context.api->add_limit_headers(out.headers, limits_, context);
    context.api->add_wait_headers(out.headers, *refused);
    return out;
}

response service::run_chat(json::value const& body, request_view const& request, request_context const& context,
                           fault const* injected) {
    auto const& api = *context.api;
    auto const is_injected = [injected](fault_kind kind) { return injected != nullptr && injected->kind == kind; };
    parsed_chat chat;
    if (auto const wrong = api.read_chat(body, request, context.route, chat)) return reject(*wrong, context);
    if (!knows(chat.model)) return reject(api.unknown_model(chat.model, context.route), context);
    response out;
    out.prompt_tokens = token_count(chat.prompt_bytes);
    auto const reserved = out.prompt_tokens + chat.max_tokens.value_or(0);
    if (auto refused = check_limits(chat.model, reserved, context)) return *std::move(refused);
    auto const* rule = answers_.pick(chat);
    if (rule != nullptr && rule->then.status) return error_of(rule->then, context);
    if (is_injected(fault_kind::content_filter))
        if (auto const filtered = api.prompt_filtered()) return reject(*filtered, context);
    if (is_injected(fault_kind::stream_error) && !chat.stream) return reject(api.error_of(500), context);

    auto const cached = cache_.use(chat, context.now.steady);
    out.cached_tokens = cached.read_tokens;
    out.cache_write_tokens = cached.write_tokens;
    add_completions(out, chat, rule, context, injected);
    if (chat.threaded) threads_.keep(out.object, body);
    if (!out.object.empty() && chat.responses.body != nullptr && chat.responses.store) keep(out, chat, context);
    if (is_injected(fault_kind::malformed_json)) corrupt_json(out);
    if (is_injected(fault_kind::stream_error)) end_with_error(out, context);
    return out;
}

void service::add_completions(response& out, parsed_chat const& chat, answer_rule const* rule,
                              request_context const& context, fault const* injected) {
    auto const& api = *context.api;
    completion_options const opts{.seed = options_.seed,
                                  .words = options_.response_words,
                                  .tool_calls_per_turn = options_.tool_calls_per_turn,
                                  .order = api.order(),
                                  .rule = rule};
    std::vector<completion> completions;
    for (int choice = 0; choice < chat.choice_count; ++choice) {
        completions.push_back(complete(chat, opts, choice, context.id_seed, injected));
        out.completion_tokens += completions.back().completion_tokens;
    }
    out.completion_tokens += chat.responses.reasoning_tokens;
    if (!chat.max_tokens) limits_.charge(out.completion_tokens, context.now.steady);
    api.add_id_headers(out.headers, context);
    api.add_limit_headers(out.headers, limits_, context);
    if (rule != nullptr) add_head(out, rule->then);
    out.chunked = chat.stream;
    if (chat.stream) out.content_type = "text/event-stream; charset=utf-8";
    api.write_chat(out, chat, completions, context);
}

response service::run_embedding(json::value const& body, request_view const& request, request_context const& context) {
    auto const& api = *context.api;
    embedding_request wanted;
    if (auto const wrong = api.read_embedding(body, request, context.route, wanted)) return reject(*wrong, context);
    if (!knows(wanted.model)) return reject(api.unknown_model(wanted.model, context.route), context);
    response out;
    out.prompt_tokens = wanted.tokens;
    if (auto refused = check_limits(wanted.model, out.prompt_tokens, context)) return *std::move(refused);
    api.add_id_headers(out.headers, context);
    api.add_limit_headers(out.headers, limits_, context);
    api.write_embeddings(out, wanted, context.route, options_.seed);
    return out;
}

response service::run_rerank(json::value const& body, request_context const& context) {
    auto const& api = *context.api;
    rerank_request wanted;
    if (auto const wrong = read_rerank_request(body, wanted)) return reject(*wrong, context);
    if (!wanted.model.empty() && !knows(wanted.model))
        return reject(api.unknown_model(wanted.model, context.route), context);
    response out;
    out.prompt_tokens = wanted.tokens;
    if (auto refused = check_limits(wanted.model, out.prompt_tokens, context)) return *std::move(refused);
    api.add_id_headers(out.headers, context);
    api.add_limit_headers(out.headers, limits_, context);
    write_ranks(out, wanted, options_.seed);
    return out;
}

response service::run_decisions(json::value const& body, request_context const& context, fault const* injected) {
    auto const& api = *context.api;
    decision_request wanted;
    auto const form = decision_form_of(context.route, body);
    if (auto const wrong = read_decision_request(body, form, wanted)) return reject(*wrong, context);
    if (!knows(wanted.model)) return reject(api.unknown_model(wanted.model, context.route), context);
    response out;
    out.prompt_tokens = wanted.tokens;
    if (auto refused = check_limits(wanted.model, out.prompt_tokens, context)) return *std::move(refused);
    auto const* rule = answers_.pick({.model = wanted.model, .last_user_text = wanted.text});
    if (rule != nullptr && rule->then.status) return error_of(rule->then, context);
    api.add_id_headers(out.headers, context);
    api.add_limit_headers(out.headers, limits_, context);
    if (rule != nullptr) add_head(out, rule->then);
    write_decisions(out, wanted, rule, injected, options_.seed);
    if (injected != nullptr && injected->kind == fault_kind::malformed_json) corrupt_json(out);
    return out;
}

bool service::knows(std::string_view model) const noexcept {
    return options_.models.empty() || std::ranges::find(options_.models, model) != options_.models.end();
}

void service::set_pace(response& out, request_context const& context) const {
    bool const runs_on = !out.chunked && !out.object.empty() && out.body != out.object;
    if (runs_on) return;  // in the background
    auto const& model = options_.latency;
    auto const nanoseconds = [](double count) { return std::chrono::nanoseconds{static_cast<std::int64_t>(count)}; };
    std::chrono::nanoseconds const spread = model.first_byte_spread;
    double const share = unit_of(mix(context.id_seed, 0x1a7e));
    out.first_byte = out.delay.value_or(model.first_byte + nanoseconds(share * static_cast<double>(spread.count())));
    if (model.tokens_per_second <= 0 || out.status != 200) return;
    auto const whole = nanoseconds(static_cast<double>(out.completion_tokens) / model.tokens_per_second * 1e9);
    if (out.chunked && !out.pieces.empty())
        out.between_pieces = whole / static_cast<std::int64_t>(out.pieces.size());
    else
        out.first_byte += whole;
}

}  // namespace coax::sim::detail
