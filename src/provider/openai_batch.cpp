#include "provider/openai_batch.hpp"

#include "provider/batch_text.hpp"
#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/json/value.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace coax::detail {

struct openai_batch_error {
    std::string code{};
    std::string message{};
    json_value line{};
};

struct openai_batch_errors {
    std::vector<openai_batch_error> data{};
};

struct openai_batch_counts {
    std::int64_t total{0};
    std::int64_t completed{0};
    std::int64_t failed{0};
};

struct openai_batch_object {
    std::string id{};
    std::string status{};
    openai_batch_errors errors{};
    std::string output_file_id{};
    std::string error_file_id{};
    std::int64_t created_at{0};
    openai_batch_counts request_counts{};
    json_value metadata{};
    json_value error{};
};

/// Azure's list has `value` in place of `data`.
struct openai_batch_list {
    json_value data{};
    json_value value{};
    bool has_more{false};
    std::string last_id{};
    json_value error{};
};

struct openai_file_object {
    std::string id{};
    json_value error{};
};

struct openai_row_response {
    int status_code{0};
    std::string request_id{};
    json_value body{};
};

struct openai_batch_row {
    std::string custom_id{};
    std::optional<openai_row_response> response{};
    json_value error{};
};

namespace {

constexpr std::string_view mark_name = "coax_batch";
constexpr std::string_view boundary = "coax-batch-7d1e5a90c3f24b68";

constexpr std::array<std::pair<std::string_view, batch_state>, 8> states{{
    {"validating", batch_state::validating},
    {"in_progress", batch_state::in_progress},
    {"finalizing", batch_state::finishing},
    {"completed", batch_state::completed},
    {"failed", batch_state::failed},
    {"expired", batch_state::expired},
    {"cancelling", batch_state::cancelling},
    {"cancelled", batch_state::cancelled},
}};

batch_state state_of(std::string_view word) {
    auto const* const found = std::ranges::find(states, word, [](auto const& row) { return row.first; });
    return found == states.end() ? batch_state::unknown : found->second;
}

std::uint64_t count_of(std::int64_t told) { return told > 0 ? static_cast<std::uint64_t>(told) : 0; }

/// Why a batch was refused: the first of its errors, as if a request had met it.
error refusal_of(std::string_view service, openai_batch_errors const& errors) {
    if (errors.data.empty())
        return {.code = errc::bad_request, .message = std::string{service} + " refused the batch, and says not why"};
    auto const& first = errors.data.front();
    std::string object;
    json::writer out{object};
    out.begin_object().member("code", std::string_view{first.code});
    out.member("message", std::string_view{first.message}).end_object();
    auto why = make_reported_error(service, object, {});
    why.message = std::string{service} + " refused the batch";
    if (why.code == errc::server_error || why.code == errc::protocol_error) why.code = errc::bad_request;
    // What is enqueued for the account is too much: others must end first.
    if (first.code.find("token_limit") != std::string::npos) why.code = errc::rate_limited;
    if (auto const line = text_of(first.line); !line.empty()) why.where = "line " + line;
    return why;
}

service_batch to_batch(std::string_view service, openai_batch_object const& wire) {
    service_batch made{.id = wire.id,
                       .mark = text_of(read_members(wire.metadata)[std::string{mark_name}]),
                       .state = state_of(wire.status),
                       .total = count_of(wire.request_counts.total),
                       .succeeded = count_of(wire.request_counts.completed),
                       .failed = count_of(wire.request_counts.failed),
                       .created = batch_creation(wire.created_at)};
    for (auto const* file : {&wire.output_file_id, &wire.error_file_id})
        if (!file->empty()) made.results.push_back(*file);
    if (made.state == batch_state::failed) made.failure = refusal_of(service, wire.errors);
    return made;
}

template <class T>
result<void> read_good(T& into, std::string_view service, std::string_view wanted, http_response const& response,
                       std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    if (auto read = read_tolerantly(into, response.body); !read)
        return make_unreadable_error(service, wanted, response, read.error());
    if (is_truthy(into.error)) return make_reported_error(service, response.body, request_id(response.headers));
    return {};
}

http_request upload(openai_batches const& at, batch_input const& input) {
    std::string body;
    body.reserve(input.rows.size() + 512);
    body.append("--").append(boundary);
    body.append("\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--").append(boundary);
    body.append("\r\nContent-Disposition: form-data; name=\"file\"; filename=\"").append(input.mark);
    body.append(".jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n").append(input.rows);
    body.append("\r\n--").append(boundary).append("--\r\n");
    auto request = at.to.post("/files", std::move(body));
    request.headers.set("Content-Type", "multipart/form-data; boundary=" + std::string{boundary});
    return request;
}

batch_row_state row_state_of(std::string_view code) {
    if (code == "batch_expired") return batch_row_state::expired;
    return code == "batch_cancelled" ? batch_row_state::cancelled : batch_row_state::answered;
}

}  // namespace

result<batch_row_request> encode_openai_row(openai_batches const& at, std::string_view id, std::string_view method,
                                            std::string const& model, std::string const& body) {
    auto sent = body;
    if (!model.empty()) {
        std::string member;
        json::writer{member}.begin_object().member("model", std::string_view{model}).end_object();
        auto const named = json_value::parse(member);
        if (!named) return named.error();
        if (auto merged = json::merge_objects(sent, *named); !merged) return std::move(merged).error();
    }
    batch_row_request row{.endpoint = std::string{at.row_prefix}.append(method)};
    json::writer out{row.text};
    out.begin_object().member("custom_id", id).member("method", "POST");
    out.member("url", std::string_view{row.endpoint}).key("body").raw(on_one_line(std::move(sent))).end_object();
    return row;
}

http_request encode_openai_handover(openai_batches const& at, batch_input const& input, std::string_view file) {
    if (file.empty()) return upload(at, input);
    std::string body;
    json::writer out{body};
    out.begin_object().member("input_file_id", file).member("endpoint", std::string_view{input.endpoint});
    out.member("completion_window", "24h").key("metadata").begin_object();
    out.member(mark_name, std::string_view{input.mark}).end_object().end_object();
    return sent_once(at.to.post("/batches", std::move(body)));
}

result<batch_handover> decode_openai_handover(std::string_view service, std::string_view file,
                                              http_response const& response,
                                              std::chrono::system_clock::time_point now) {
    if (!file.empty()) {
        auto batch = decode_openai_batch(service, response, now);
        if (!batch) return std::move(batch).error();
        return batch_handover{.batch = *std::move(batch)};
    }
    openai_file_object wire;
    if (auto read = read_good(wire, service, "a file", response, now); !read) return std::move(read).error();
    if (wire.id.empty()) return make_unreadable_error(service, "a file", response, {.where = "/id"});
    return batch_handover{.reached = std::move(wire.id)};
}

http_request encode_openai_batch(openai_batches const& at, batch_request asked, std::string_view id) {
    if (asked == batch_request::list) {
        std::string query = "limit=100";
        if (!id.empty()) query.append("&after=").append(percent_encode(id));
        return at.to.get("/batches", query);
    }
    auto const path = "/batches/" + percent_encode(id);
    return asked == batch_request::look ? at.to.get(path) : at.to.post(path + "/cancel", {});
}

result<service_batch> decode_openai_batch(std::string_view service, http_response const& response,
                                          std::chrono::system_clock::time_point now) {
    openai_batch_object wire;
    if (auto read = read_good(wire, service, "a batch", response, now); !read) return std::move(read).error();
    if (wire.id.empty()) return make_unreadable_error(service, "a batch", response, {.where = "/id"});
    auto made = to_batch(service, wire);
    made.retry_after = retry_after(response.headers, now);
    return made;
}

result<batch_page> decode_openai_batches(std::string_view service, http_response const& response,
                                         std::chrono::system_clock::time_point now) {
    constexpr std::string_view wanted = "a list of batches";
    openai_batch_list wire;
    if (auto read = read_good(wire, service, wanted, response, now); !read) return std::move(read).error();
    auto const& list = wire.data.is_array() ? wire.data : wire.value;
    auto const entries = json::read<std::vector<json_value>>(list, json::wire_options);
    if (!list.is_array() || !entries) return make_unreadable_error(service, wanted, response, {.where = "/data"});
    batch_page page;
    for (auto const& entry : *entries) {
        openai_batch_object one;
        if (read_tolerantly(one, entry.text()) && !one.id.empty()) page.batches.push_back(to_batch(service, one));
    }
    if (wire.has_more)
        page.next = wire.last_id.empty() && !page.batches.empty() ? page.batches.back().id : wire.last_id;
    return page;
}

http_request encode_openai_results(openai_batches const& at, std::string_view file) {
    return at.to.get("/files/" + percent_encode(file) + "/content");
}

result<batch_row> decode_openai_row(std::string_view service, std::string_view line) {
    openai_batch_row wire;
    if (!read_tolerantly(wire, line) || wire.custom_id.empty()) return no_batch_row(service, line);
    batch_row row{.id = std::move(wire.custom_id)};
    if (wire.response && wire.response->status_code != 0) {
        row.response.status = wire.response->status_code;
        row.response.body = wire.response->body.text();
        if (auto const& id = wire.response->request_id; !id.empty()) row.response.headers.add("x-request-id", id);
        return row;
    }
    if (!is_truthy(wire.error)) return no_batch_row(service, line);
    row.state = row_state_of(text_of(read_members(wire.error)["code"]));
    row.response = failed_row(500, wire.error);
    return row;
}

}  // namespace coax::detail
