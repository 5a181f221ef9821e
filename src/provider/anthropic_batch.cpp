#include "provider/anthropic_batch.hpp"

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

struct anthropic_batch_counts {
    std::int64_t processing{0};
    std::int64_t succeeded{0};
    std::int64_t errored{0};
    std::int64_t canceled{0};
    std::int64_t expired{0};
};

struct anthropic_batch_object {
    std::string id{};
    std::string processing_status{};
    anthropic_batch_counts request_counts{};
    std::string created_at{};
    std::string cancel_initiated_at{};
    std::string results_url{};
};

struct anthropic_batch_list {
    json_value data{};
    bool has_more{false};
    std::string last_id{};
};

struct anthropic_row_result {
    std::string type{};
    json_value message{};
    json_value error{};
};

struct anthropic_batch_row {
    std::string custom_id{};
    anthropic_row_result result{};
};

namespace {

constexpr std::string_view anthropic = "anthropic";

/// What a request that fails alone would have as its status. Source: reference anthropic.md, section 7.
int status_of_error(std::string_view type) noexcept {
    constexpr std::array<std::pair<std::string_view, int>, 9> rows{{{"invalid_request_error", 400},
                                                                    {"authentication_error", 401},
                                                                    {"billing_error", 402},
                                                                    {"permission_error", 403},
                                                                    {"not_found_error", 404},
                                                                    {"request_too_large", 413},
                                                                    {"rate_limit_error", 429},
                                                                    {"timeout_error", 504},
                                                                    {"overloaded_error", 529}}};
    auto const* const found = std::ranges::find(rows, type, [](auto const& row) { return row.first; });
    return found == rows.end() ? 500 : found->second;
}

/// An ended batch is expired or cancelled where rows of it are.
batch_state state_of(anthropic_batch_object const& wire) {
    if (wire.processing_status == "in_progress") return batch_state::in_progress;
    if (wire.processing_status == "canceling") return batch_state::cancelling;
    if (wire.processing_status != "ended") return batch_state::unknown;
    if (wire.request_counts.canceled > 0 || !wire.cancel_initiated_at.empty()) return batch_state::cancelled;
    return wire.request_counts.expired > 0 ? batch_state::expired : batch_state::completed;
}

service_batch to_batch(anthropic_batch_object const& wire) {
    auto const& counts = wire.request_counts;
    auto const count = [](std::int64_t told) { return static_cast<std::uint64_t>(std::max<std::int64_t>(told, 0)); };
    service_batch made{.id = wire.id,
                       .state = state_of(wire),
                       .succeeded = count(counts.succeeded),
                       .failed = count(counts.errored) + count(counts.canceled) + count(counts.expired),
                       .created = batch_creation(wire.created_at)};
    made.total = count(counts.processing) + made.succeeded + made.failed;
    // By the id and not the address that is told: the key goes where it always goes.
    if (made.is_over()) made.results.push_back(wire.id);
    return made;
}

}  // namespace

std::string encode_anthropic_row(std::string_view id, std::string const& body) {
    std::string text;
    json::writer{text}.begin_object().member("custom_id", id).key("params").raw(on_one_line(body)).end_object();
    return text;
}

std::string encode_anthropic_batch_body(batch_input const& input) {
    std::string body{R"({"requests":[)"};
    body.reserve(input.rows.size() + 32);
    body.append(input.rows);
    if (body.back() == '\n') body.pop_back();
    std::replace(body.begin(), body.end(), '\n', ',');
    return body.append("]}");
}

result<service_batch> decode_anthropic_batch(http_response const& response, std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(anthropic, response, now);
    anthropic_batch_object wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(anthropic, "a message batch", response, read.error());
    if (wire.id.empty()) return make_unreadable_error(anthropic, "a message batch", response, {.where = "/id"});
    auto made = to_batch(wire);
    made.retry_after = retry_after(response.headers, now);
    return made;
}

result<batch_page> decode_anthropic_batches(http_response const& response, std::chrono::system_clock::time_point now) {
    constexpr std::string_view wanted = "a list of message batches";
    if (response.status < 200 || response.status > 299) return make_service_error(anthropic, response, now);
    anthropic_batch_list wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(anthropic, wanted, response, read.error());
    auto const entries = json::read<std::vector<json_value>>(wire.data, json::wire_options);
    if (!wire.data.is_array() || !entries)
        return make_unreadable_error(anthropic, wanted, response, {.where = "/data"});
    batch_page page;
    for (auto const& entry : *entries) {
        anthropic_batch_object one;
        if (read_tolerantly(one, entry.text()) && !one.id.empty()) page.batches.push_back(to_batch(one));
    }
    if (wire.has_more) page.next = wire.last_id;
    return page;
}

result<batch_row> decode_anthropic_row(std::string_view line) {
    anthropic_batch_row wire;
    if (!read_tolerantly(wire, line) || wire.custom_id.empty()) return no_batch_row(anthropic, line);
    batch_row row{.id = std::move(wire.custom_id)};
    auto const& [type, message, error] = wire.result;
    if (type == "succeeded" && message.is_object()) {
        row.response = {.status = 200, .body = message.text()};
    } else if (type == "errored") {
        auto const type_of_error = text_of(read_members(read_members(error)["error"])["type"]);
        row.response = {.status = status_of_error(type_of_error), .body = error.text()};
    } else if (type == "expired" || type == "canceled") {
        row.state = type == "expired" ? batch_row_state::expired : batch_row_state::cancelled;
    } else {
        return no_batch_row(anthropic, line);
    }
    return row;
}

}  // namespace coax::detail
