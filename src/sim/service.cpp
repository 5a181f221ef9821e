#include "sim/service.hpp"

#include "sim/embedding.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::size_t deepest_json = 128;
constexpr std::size_t usual_dimensions = 1536;
constexpr std::size_t most_dimensions = 8192;
constexpr std::size_t most_inputs = 2048;
constexpr double pretended_limit = 500;

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t number) noexcept { return mix(seed ^ 0x5eedULL, number); }

std::string uuid_of(std::uint64_t seed) {
    constexpr std::string_view digits = "0123456789abcdef";
    random_source random{seed};
    std::string text{"xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx"};
    for (char& c : text)
        if (c == 'x') c = digits[random.below(16)];
    return text;
}

std::string request_id_of(dialect speech, std::uint64_t seed) {
    if (speech == dialect::anthropic) return "req_01" + make_id(seed, 22);
    return speech == dialect::openai ? "req_" + make_id(seed, 32) : uuid_of(seed);
}

bool is_model_request(endpoint what) noexcept { return what == endpoint::chat || what == endpoint::embeddings; }

bool wants_post(endpoint what) noexcept { return is_model_request(what) || what == endpoint::count_tokens; }

/// Faults that need no look at the request.
bool strikes_at_once(fault_kind kind) noexcept {
    return kind == fault_kind::http_status || kind == fault_kind::rate_limited || kind == fault_kind::overloaded ||
           kind == fault_kind::close_before_answer || kind == fault_kind::stall ||
           kind == fault_kind::quota_exhausted || kind == fault_kind::context_too_long;
}

bool strikes_on_the_way(fault_kind kind) noexcept {
    return kind == fault_kind::reset || kind == fault_kind::truncated_body || kind == fault_kind::slow;
}

void add_wait(std::string& headers, fault const& what, moment now) {
    switch (what.retry_after) {
        case retry_after_form::none: break;
        case retry_after_form::seconds:
            add_header(headers, "retry-after", std::to_string(ceil_seconds(what.wait)));
            break;
        case retry_after_form::milliseconds:
            add_header(headers, "retry-after-ms", std::to_string(what.wait.count()));
            break;
        case retry_after_form::http_date:
            add_header(headers, "retry-after", http_date(now.wall + what.wait + std::chrono::milliseconds{999}));
            break;
    }
}

wire_error complaint_of(fault const& what, wire_form const& form) {
    switch (what.kind) {
        case fault_kind::rate_limited:
            return form.limited({.which = limited_by::requests, .requested = 1, .wait = what.wait}, "this model",
                                pretended_limit);
        case fault_kind::overloaded: return form.failure(form.overloaded_status());
        case fault_kind::quota_exhausted: return form.quota_exhausted();
        case fault_kind::context_too_long: return form.context_too_long();
        default: return form.failure(what.http_status);
    }
}

/// Turns the middle of a good answer into something that is not JSON.
void garble(reply& out) {
    if (out.chunked && out.pieces.size() > 1) {
        auto& event = out.pieces[out.pieces.size() / 2];
        auto const data = event.find("data: ");
        event = event.substr(0, data) + "data: {\"id\":\"garbled\",\"choices\":[{\"ind\n\n";
        return;
    }
    out.body = out.body.substr(0, out.body.size() / 2) + "<html>";
}

void end_badly(reply& out, wire_form const& form) {
    out.pieces.resize(std::max<std::size_t>(1, out.pieces.size() / 2));
    out.pieces.push_back(form.error_event(form.failure(500)));
}

struct embedding_request {
    std::string_view model{};
    std::vector<std::string> inputs{};
    std::size_t dimensions{usual_dimensions};
    bool base64{false};
    std::size_t bytes{0};
};

wire_error bad_input(std::string message, std::string param) {
    return {.status = 400, .message = std::move(message), .param = std::move(param)};
}

/// One text, or token numbers in the place of one.
std::optional<std::string> input_text(json::value const& input) {
    if (input.is_string() && !input.get_string().empty()) return std::string{view(input.get_string())};
    auto const* tokens = input.if_array();
    if (tokens == nullptr || tokens->empty() ||
        !std::ranges::all_of(*tokens, [](auto const& token) { return token.is_number(); }))
        return std::nullopt;
    return to_json(input);
}

std::optional<wire_error> read_embedding(json::value const& body, route const& asked, embedding_request& out) {
    out.model = asked.speech == dialect::azure_classic ? asked.name : text_member(body, "model");
    if (out.model.empty()) return bad_input("you must provide a model parameter", {});
    auto const* input = member(body, "input");
    if (input == nullptr) return bad_input("Missing required parameter: 'input'.", "input");
    bool const several = input->is_array() && !input->get_array().empty() && !input->get_array().front().is_number();
    if (several && input->get_array().size() > most_inputs)
        return bad_input("Invalid 'input': more than 2048 entries.", "input");
    auto const add = [&](json::value const& entry) {
        auto text = input_text(entry);
        if (text) out.inputs.push_back(std::move(*text));
        return text.has_value();
    };
    bool const good = several ? std::ranges::all_of(input->get_array(), add) : add(*input);
    if (!good) return bad_input("'$.input' is invalid. Please check the API reference.", "input");
    for (auto const& text : out.inputs) out.bytes += text.size();
    auto const format = text_member(body, "encoding_format");
    if (!format.empty() && format != "float" && format != "base64")
        return bad_input("Invalid value for 'encoding_format'.", "encoding_format");
    out.base64 = format == "base64";
    if (auto const* wanted = member(body, "dimensions"); wanted != nullptr && !wanted->is_null()) {
        auto const* count = wanted->if_int64();
        if (count == nullptr || *count < 1 || *count > static_cast<std::int64_t>(most_dimensions))
            return bad_input("Invalid 'dimensions'.", "dimensions");
        out.dimensions = static_cast<std::size_t>(*count);
    }
    return std::nullopt;
}

std::string model_item(std::string_view name, dialect speech) {
    std::string item = speech == dialect::anthropic ? R"({"type":"model","id":)" : R"({"object":"model","id":)";
    append_quoted(item, name);
    if (speech == dialect::anthropic) {
        item += R"(,"display_name":)";
        append_quoted(item, name);
        return item + R"(,"created_at":"2026-01-01T00:00:00Z"})";
    }
    return item + R"(,"created":1767225600,"owned_by":"coax-sim"})";
}

}  // namespace

service::service(options const& wanted)
    : wanted_{wanted}, faults_{wanted.seed, wanted.faults, wanted.script}, limits_{wanted} {}

exchange service::begin(route const& asked, moment now) {
    ++stats_.requests;
    auto const seed = seed_of(wanted_.seed, stats_.requests);
    return {.number = stats_.requests,
            .id_seed = seed,
            .request_id = request_id_of(asked.speech, seed),
            .now = now,
            .asked = asked};
}

reply service::turn_away(wire_error const& why, exchange const& with) const {
    reply out{.status = why.status};
    auto const& form = form_of(with.asked.speech);
    form.tell_ids(out.headers, with);
    out.body = form.error_body(why, with);
    return out;
}

reply service::refuse(int status, std::string message, moment now) {
    auto const with = begin({}, now);
    auto out = turn_away({.status = status, .message = std::move(message)}, with);
    out.close = true;
    ++stats_.answers_by_status[status];
    return out;
}

reply service::handle(request_view const& request, moment now) {
    auto const asked = route_of(request);
    auto const with = begin(asked, now);
    auto const& form = form_of(asked.speech);
    auto const answered = [&]() -> reply {
        if (asked.what == endpoint::unknown)
            return turn_away({.status = 404,
                              .message = "Invalid URL (" + std::string{request.method} + " " +
                                         std::string{request.target.substr(0, 200)} + ")"},
                             with);
        if (request.method != (wants_post(asked.what) ? "POST" : "GET"))
            return turn_away({.status = 405, .message = "Not allowed to " + std::string{request.method} + " here."},
                             with);
        if (auto const& key = wanted_.api_key.reveal(); !key.empty())
            if (auto const why = form.authorize(request, key)) return turn_away(*why, with);
        if (auto const why = form.check_request(request, asked)) return turn_away(*why, with);
        if (asked.what == endpoint::models) return list_models(with);
        if (asked.what == endpoint::one_model) return show_model(with);
        return model_request(request, with);
    }();
    bool const silent = answered.mishap && (answered.mishap->kind == fault_kind::stall ||
                                            answered.mishap->kind == fault_kind::close_before_answer);
    if (!silent) ++stats_.answers_by_status[answered.status];
    stats_.prompt_tokens += answered.prompt_tokens;
    stats_.completion_tokens += answered.completion_tokens;
    return answered;
}

reply service::model_request(request_view const& request, exchange const& with) {
    fault const* what = nullptr;
    if (is_model_request(with.asked.what)) what = faults_.draw(++stats_.model_requests);
    if (what != nullptr) ++stats_.faults[what->kind];
    if (what != nullptr && strikes_at_once(what->kind)) return fail_on_purpose(*what, with);
    auto out = answer_model(request, with, what);
    if (what != nullptr && strikes_on_the_way(what->kind)) out.mishap = *what;
    set_pace(out, with);
    return out;
}

reply service::fail_on_purpose(fault const& what, exchange const& with) const {
    auto const& form = form_of(with.asked.speech);
    if (what.kind == fault_kind::stall || what.kind == fault_kind::close_before_answer) {
        reply out;
        out.mishap = what;
        return out;
    }
    auto out = turn_away(complaint_of(what, form), with);
    bool const tells_wait =
        what.kind == fault_kind::rate_limited || (what.kind == fault_kind::overloaded && what.wait.count() > 0);
    if (tells_wait) add_wait(out.headers, what, with.now);
    return out;
}

reply service::answer_model(request_view const& request, exchange const& with, fault const* what) {
    std::array<unsigned char, 16 * 1024> memory;  // NOLINT: filled by the parser, no need to clear it
    json::monotonic_resource resource{memory.data(), memory.size()};
    boost::system::error_code failure;
    json::parse_options parsing;
    parsing.max_depth = deepest_json;
    auto const body =
        json::parse(json::string_view{request.body.data(), request.body.size()}, failure, &resource, parsing);
    if (failure)
        return turn_away(
            {.status = 400, .message = "We could not parse the JSON body of your request: " + failure.message() + "."},
            with);
    if (with.asked.what == endpoint::embeddings) return embed(body, with);
    if (with.asked.what == endpoint::count_tokens) return count_tokens(body, request, with);
    return chat(body, request, with, what);
}

std::optional<reply> service::over_limit(std::string_view model, std::size_t tokens, exchange const& with) {
    auto const why = limits_.admit(tokens, with.now.steady);
    if (!why) return std::nullopt;
    auto const& form = form_of(with.asked.speech);
    auto out = turn_away(
        form.limited(*why, model,
                     why->which == limited_by::requests ? wanted_.requests_per_minute : wanted_.tokens_per_minute),
        with);
    form.tell_limits(out.headers, limits_, with);
    form.tell_wait(out.headers, *why);
    return out;
}

reply service::chat(json::value const& body, request_view const& request, exchange const& with, fault const* what) {
    auto const& form = form_of(with.asked.speech);
    chat_task task;
    if (auto const why = form.read_chat(body, request, with.asked, task)) return turn_away(*why, with);
    if (!knows(task.model)) return turn_away(form.unknown_model(task.model, with.asked), with);
    reply out;
    out.prompt_tokens = std::max<std::size_t>(1, estimate_tokens(task.prompt_bytes));
    auto const reserved = out.prompt_tokens + task.max_tokens.value_or(0);
    if (auto refused = over_limit(task.model, reserved, with)) return std::move(*refused);
    if (what != nullptr && what->kind == fault_kind::content_filter && form.filters_with_error())
        return turn_away(form.filtered(), with);
    if (what != nullptr && what->kind == fault_kind::stream_error && !task.stream)
        return turn_away(form.failure(500), with);

    answer_style const style{.seed = wanted_.seed,
                             .words = wanted_.answer_words,
                             .tool_calls_per_turn = wanted_.tool_calls_per_turn,
                             .order = form.order()};
    std::vector<answer> answers;
    for (int choice = 0; choice < task.choice_count; ++choice) {
        answers.push_back(make_answer(task, style, choice, with.id_seed, what));
        out.completion_tokens += answers.back().completion_tokens;
    }
    if (!task.max_tokens) limits_.charge(out.completion_tokens, with.now.steady);
    form.tell_ids(out.headers, with);
    form.tell_limits(out.headers, limits_, with);
    out.chunked = task.stream;
    if (task.stream) out.content_type = "text/event-stream; charset=utf-8";
    form.write_chat(out, task, answers, with);
    if (what != nullptr && what->kind == fault_kind::malformed_json) garble(out);
    if (what != nullptr && what->kind == fault_kind::stream_error) end_badly(out, form);
    return out;
}

reply service::embed(json::value const& body, exchange const& with) {
    auto const& form = form_of(with.asked.speech);
    embedding_request wanted;
    if (auto const why = read_embedding(body, with.asked, wanted)) return turn_away(*why, with);
    if (!knows(wanted.model)) return turn_away(form.unknown_model(wanted.model, with.asked), with);
    reply out;
    out.prompt_tokens = std::max<std::size_t>(1, estimate_tokens(wanted.bytes));
    if (auto refused = over_limit(wanted.model, out.prompt_tokens, with)) return std::move(*refused);
    form.tell_ids(out.headers, with);
    form.tell_limits(out.headers, limits_, with);
    out.body = R"({"object":"list","data":[)";
    for (std::size_t i = 0; i < wanted.inputs.size(); ++i) {
        out.body.append(i == 0 ? "" : ",")
            .append(R"({"object":"embedding","index":)")
            .append(std::to_string(i))
            .append(R"(,"embedding":)");
        auto const vector = embedding_of(wanted.inputs[i], wanted.dimensions, wanted_.seed);
        if (wanted.base64)
            append_base64(out.body, vector);
        else
            append_floats(out.body, vector);
        out.body += '}';
    }
    out.body += R"(],"model":)";
    append_quoted(out.body, wanted.model);
    auto const tokens = std::to_string(out.prompt_tokens);
    out.body += R"(,"usage":{"prompt_tokens":)" + tokens + R"(,"total_tokens":)" + tokens + "}}";
    return out;
}

reply service::count_tokens(json::value const& body, request_view const& request, exchange const& with) const {
    chat_task task;
    if (auto const why = form_of(with.asked.speech).read_chat(body, request, with.asked, task))
        return turn_away(*why, with);
    reply out;
    form_of(with.asked.speech).tell_ids(out.headers, with);
    out.body =
        R"({"input_tokens":)" + std::to_string(std::max<std::size_t>(1, estimate_tokens(task.prompt_bytes))) + "}";
    return out;
}

reply service::list_models(exchange const& with) const {
    auto const speech = with.asked.speech;
    auto const names = wanted_.models.empty() ? std::vector<std::string>{"coax-sim"} : wanted_.models;
    reply out;
    form_of(speech).tell_ids(out.headers, with);
    out.body = speech == dialect::anthropic ? R"({"data":[)" : R"({"object":"list","data":[)";
    for (auto const& name : names) out.body.append(&name == &names.front() ? "" : ",").append(model_item(name, speech));
    out.body += ']';
    if (speech == dialect::anthropic) {
        out.body += R"(,"has_more":false,"first_id":)";
        append_quoted(out.body, names.front());
        out.body += R"(,"last_id":)";
        append_quoted(out.body, names.back());
    }
    out.body += '}';
    return out;
}

reply service::show_model(exchange const& with) const {
    auto const& form = form_of(with.asked.speech);
    if (!knows(with.asked.name)) return turn_away(form.unknown_model(with.asked.name, with.asked), with);
    reply out;
    form.tell_ids(out.headers, with);
    out.body = model_item(with.asked.name, with.asked.speech);
    return out;
}

bool service::knows(std::string_view model) const noexcept {
    return wanted_.models.empty() || std::ranges::find(wanted_.models, model) != wanted_.models.end();
}

void service::set_pace(reply& out, exchange const& with) const {
    auto const& model = wanted_.latency;
    double const share = unit_of(mix(with.id_seed, 0x1a7e));
    out.first_byte =
        model.first_byte + std::chrono::nanoseconds{static_cast<std::int64_t>(
                               share * static_cast<double>(std::chrono::nanoseconds{model.first_byte_spread}.count()))};
    if (model.tokens_per_second <= 0 || out.status != 200) return;
    auto const whole = std::chrono::nanoseconds{
        static_cast<std::int64_t>(static_cast<double>(out.completion_tokens) / model.tokens_per_second * 1e9)};
    if (out.chunked && !out.pieces.empty())
        out.between_pieces = whole / static_cast<std::int64_t>(out.pieces.size());
    else
        out.first_byte += whole;
}

}  // namespace coax::sim::detail
