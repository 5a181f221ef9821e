#include "provider/gemini_batch.hpp"

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

struct gemini_batch_output {
    std::string responsesFile{};
};

struct gemini_batch_stats {
    std::int64_t requestCount{0};
    std::int64_t successfulRequestCount{0};
    std::int64_t failedRequestCount{0};
};

struct gemini_batch_metadata {
    std::string displayName{};
    std::string state{};
    std::string createTime{};
    gemini_batch_stats batchStats{};
    gemini_batch_output output{};
};

/// A long-running operation.
struct gemini_batch_operation {
    std::string name{};
    gemini_batch_metadata metadata{};
    gemini_batch_output response{};
    json_value error{};
};

struct gemini_batch_list {
    json_value operations{};
    std::string nextPageToken{};
};

struct gemini_file {
    std::string name{};
};

struct gemini_uploaded {
    gemini_file file{};
};

struct gemini_batch_row {
    std::string key{};
    json_value response{};
    json_value error{};
};

namespace {

constexpr std::string_view gemini_name = "gemini";

batch_state state_of_job(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, batch_state>, 6> rows{{{"_PENDING", batch_state::validating},
                                                                            {"_RUNNING", batch_state::in_progress},
                                                                            {"_SUCCEEDED", batch_state::completed},
                                                                            {"_FAILED", batch_state::failed},
                                                                            {"_CANCELLED", batch_state::cancelled},
                                                                            {"_EXPIRED", batch_state::expired}}};
    auto const* const found = std::ranges::find_if(rows, [&](auto const& row) { return word.ends_with(row.first); });
    return found == rows.end() ? batch_state::unknown : found->second;
}

/// What a code of google.rpc is in HTTP. Source: google/rpc/code.proto.
int status_of_code(std::string_view code) {
    constexpr std::array<int, 17> statuses{200, 499, 500, 400, 504, 404, 409, 403, 429,
                                           400, 409, 400, 501, 500, 503, 500, 401};
    std::size_t number = 0;
    for (char const c : code) {
        if (c < '0' || c > '9' || number > 1'000) return 500;
        number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    if (number >= 400 && number < 600) return static_cast<int>(number);
    return number == 0 || number >= statuses.size() ? 500 : statuses.at(number);
}

service_batch to_batch(gemini_batch_operation const& wire) {
    auto const& told = wire.metadata;
    auto const count = [](std::int64_t number) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
    };
    service_batch made{.id = wire.name,
                       .mark = told.displayName,
                       .state = state_of_job(told.state),
                       .total = count(told.batchStats.requestCount),
                       .succeeded = count(told.batchStats.successfulRequestCount),
                       .failed = count(told.batchStats.failedRequestCount),
                       .created = batch_creation(told.createTime)};
    auto const& file = told.output.responsesFile.empty() ? wire.response.responsesFile : told.output.responsesFile;
    if (!file.empty()) made.results.push_back(file);
    if (made.state == batch_state::failed) {
        made.failure = is_truthy(wire.error) ? make_reported_error(gemini_name, wire.error.text(), {})
                                             : error{.message = "gemini refused the batch, and says not why"};
        if (is_truthy(wire.error)) made.failure->message = "gemini refused the batch";
        if (made.failure->code != errc::rate_limited) made.failure->code = errc::bad_request;
    }
    return made;
}

/// "/v1beta" with a word before the version: "/upload/v1beta".
std::string path_with(endpoint const& to, std::string_view word) {
    auto path = to.base.path;
    return path.insert(std::min(path.size(), path.rfind('/')), "/" + std::string{word});
}

http_request begin_upload(endpoint const& to, batch_input const& input) {
    std::string body;
    json::writer out{body};
    out.begin_object().key("file").begin_object().member("displayName", std::string_view{input.mark});
    out.member("mimeType", "application/jsonl").end_object().end_object();
    auto request = to.post("/files", std::move(body));
    request.target = path_with(to, "upload") + "/files";
    request.headers.set("X-Goog-Upload-Protocol", "resumable");
    request.headers.set("X-Goog-Upload-Command", "start");
    request.headers.set("X-Goog-Upload-Header-Content-Length", std::to_string(input.rows.size()));
    request.headers.set("X-Goog-Upload-Header-Content-Type", "application/jsonl");
    return request;
}

http_request upload_bytes(endpoint const& to, batch_input const& input, std::string_view target) {
    auto request = to.post("", input.rows);
    request.target = target;
    request.headers.set("Content-Type", "application/jsonl");
    request.headers.set("X-Goog-Upload-Offset", "0");
    request.headers.set("X-Goog-Upload-Command", "upload, finalize");
    return request;
}

http_request make_batch(endpoint const& to, batch_input const& input, std::string_view file) {
    std::string body;
    json::writer out{body};
    out.begin_object().key("batch").begin_object().member("displayName", std::string_view{input.mark});
    out.key("inputConfig").begin_object().member("fileName", file).end_object().end_object().end_object();
    auto const method = input.endpoint.substr(0, input.endpoint.rfind(':')) + ":batchGenerateContent";
    return sent_once(to.post(method, std::move(body)));
}

/// The path and query of the address that an upload goes to; it stays with the service, as the key does.
std::string target_of_url(std::string_view url) {
    auto const host = url.find("://");
    auto const at = url.find('/', host == std::string_view::npos ? 0 : host + 3);
    return at == std::string_view::npos ? std::string{} : std::string{url.substr(at)};
}

}  // namespace

batch_row_request encode_gemini_row(std::string_view id, std::string_view target, std::string_view base,
                                    std::string const& body) {
    target = target.substr(0, target.find('?'));
    target.remove_prefix(std::min(target.size(), base.size()));
    batch_row_request row{.endpoint = std::string{target}};
    json::writer{row.text}.begin_object().member("key", id).key("request").raw(on_one_line(body)).end_object();
    return row;
}

http_request encode_gemini_handover(endpoint const& to, batch_input const& input, std::string_view reached) {
    if (reached.empty()) return begin_upload(to, input);
    return reached.front() == '/' ? upload_bytes(to, input, reached) : make_batch(to, input, reached);
}

result<batch_handover> decode_gemini_handover(std::string_view reached, http_response const& response,
                                              std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(gemini_name, response, now);
    if (reached.empty()) {
        auto target = target_of_url(response.headers.find("x-goog-upload-url"));
        if (target.empty()) return make_unreadable_error(gemini_name, "an upload", response, {.where = "upload-url"});
        return batch_handover{.reached = std::move(target)};
    }
    if (reached.front() == '/') {
        gemini_uploaded wire;
        if (!read_tolerantly(wire, response.body) || wire.file.name.empty())
            return make_unreadable_error(gemini_name, "a file", response, {.where = "/file/name"});
        return batch_handover{.reached = std::move(wire.file.name)};
    }
    auto batch = decode_gemini_batch(response, now);
    if (!batch) return std::move(batch).error();
    if (batch->id.empty()) return make_unreadable_error(gemini_name, "a batch", response, {.where = "/name"});
    return batch_handover{.batch = *std::move(batch)};
}

http_request encode_gemini_batch(endpoint const& to, batch_request asked, std::string_view id) {
    if (asked == batch_request::list) {
        std::string query = "pageSize=100";
        if (!id.empty()) query.append("&pageToken=").append(percent_encode(id));
        return to.get("/batches", query);
    }
    auto const name = id.starts_with("batches/") ? id.substr(8) : id;
    auto const path = "/batches/" + percent_encode(name);
    return asked == batch_request::look ? to.get(path) : to.post(path + ":cancel", {});
}

result<service_batch> decode_gemini_batch(http_response const& response, std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(gemini_name, response, now);
    gemini_batch_operation wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(gemini_name, "a batch", response, read.error());
    if (wire.name.empty()) return service_batch{.state = batch_state::cancelling};  // the answer to a cancel: {}
    auto made = to_batch(wire);
    made.retry_after = retry_after(response.headers, now);
    return made;
}

result<batch_page> decode_gemini_batches(http_response const& response, std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(gemini_name, response, now);
    gemini_batch_list wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(gemini_name, "a list of batches", response, read.error());
    batch_page page{.next = wire.nextPageToken};
    auto const entries = json::read<std::vector<json_value>>(wire.operations, json::wire_options);
    if (!wire.operations.is_array() || !entries) return page;
    for (auto const& entry : *entries) {
        gemini_batch_operation one;
        if (read_tolerantly(one, entry.text()) && !one.name.empty()) page.batches.push_back(to_batch(one));
    }
    return page;
}

http_request encode_gemini_results(endpoint const& to, std::string_view file) {
    auto const name = file.starts_with("files/") ? file.substr(6) : file;
    auto request = to.get("/files");
    request.target = path_with(to, "download") + "/files/" + percent_encode(name) + ":download?alt=media";
    return request;
}

result<batch_row> decode_gemini_row(std::string_view line) {
    gemini_batch_row wire;
    if (!read_tolerantly(wire, line) || wire.key.empty()) return no_batch_row(gemini_name, line);
    batch_row row{.id = std::move(wire.key)};
    if (wire.response.is_object())
        row.response = {.status = 200, .body = wire.response.text()};
    else if (is_truthy(wire.error))
        row.response = failed_row(status_of_code(text_of(read_members(wire.error)["code"])), wire.error);
    else
        return no_batch_row(gemini_name, line);
    return row;
}

}  // namespace coax::detail
