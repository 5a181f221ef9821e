#include "provider/model_list.hpp"

#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/service_error.hpp"
#include "provider/tolerant_read.hpp"
#include "provider/unusable_response.hpp"

#include <coax/bind/read.hpp>

#include <utility>

namespace coax::detail {

/// The members of all services. vLLM and llama.cpp name the context's length, Anthropic input and output apart.
struct listed_model {
    std::string id{};
    std::string name{};
    std::string display_name{};
    std::string displayName{};
    std::string owned_by{};
    std::int64_t created{0};
    std::string created_at{};
    std::int64_t max_model_len{0};
    std::int64_t max_input_tokens{0};
    std::int64_t context_length{0};
    std::int64_t inputTokenLimit{0};
    std::int64_t max_tokens{0};
    std::int64_t outputTokenLimit{0};
    std::string shutdown_date{};
    std::string retires_at{};
};

struct model_description {
    std::string model_name{};
    std::string model_provider_name{};
    json_value error{};
};

struct model_list_body {
    json_value data{};
    json_value models{};
    json_value publisherModels{};
    std::string nextPageToken{};
    bool has_more{false};
    std::string last_id{};
    json_value error{};
};

namespace {

template <class T>
T first_of(std::initializer_list<T> values) {
    for (auto const& value : values)
        if (value != T{}) return value;
    return T{};
}

std::optional<std::int64_t> if_positive(std::int64_t count) { return count > 0 ? std::optional{count} : std::nullopt; }

std::optional<std::chrono::sys_seconds> creation_of(listed_model const& wire) {
    if (wire.created > 0) return std::chrono::sys_seconds{std::chrono::seconds{wire.created}};
    auto const told = json::read<std::chrono::sys_seconds>('"' + wire.created_at + '"');
    return told ? std::optional{*told} : std::nullopt;
}

/// Nothing for what names no model.
std::optional<model_info> to_model(json_value const& entry) {
    listed_model wire;
    if (!read_tolerantly(wire, entry.text())) return std::nullopt;
    model_info model{.id = first_of({wire.id, wire.name}),
                     .name = first_of({wire.display_name, wire.displayName}),
                     .owner = wire.owned_by,
                     .created = creation_of(wire),
                     .max_input_tokens = if_positive(first_of(
                         {wire.max_input_tokens, wire.max_model_len, wire.context_length, wire.inputTokenLimit})),
                     .max_output_tokens = if_positive(first_of({wire.max_tokens, wire.outputTokenLimit})),
                     .retires = first_of({wire.shutdown_date, wire.retires_at}),
                     .raw = entry};
    if (model.id.empty()) return std::nullopt;
    return model;
}

}  // namespace

result<model_page> decode_model_list(std::string_view service, http_response const& response,
                                     std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    constexpr std::string_view wanted = "a list of models";
    model_list_body wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(service, wanted, response, read.error());
    if (is_truthy(wire.error)) return make_reported_error(service, response.body, request_id(response.headers));
    auto const& google = wire.models.is_array() ? wire.models : wire.publisherModels;
    auto const& list = wire.data.is_array() ? wire.data : google;
    auto const entries = json::read<std::vector<json_value>>(list, json::wire_options);
    if (!list.is_array() || !entries) return make_unreadable_error(service, wanted, response, {.where = "/data"});
    model_page page;
    for (auto const& entry : *entries)
        if (auto model = to_model(entry)) page.models.push_back(*std::move(model));
    page.next = wire.has_more ? wire.last_id : wire.nextPageToken;
    return page;
}

result<model_page> decode_model_description(std::string_view service, http_response const& response,
                                            std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(service, response, now);
    constexpr std::string_view wanted = "the description of a model";
    model_description wire;
    if (auto read = read_tolerantly(wire, response.body); !read)
        return make_unreadable_error(service, wanted, response, read.error());
    if (is_truthy(wire.error)) return make_reported_error(service, response.body, request_id(response.headers));
    if (wire.model_name.empty()) return make_unreadable_error(service, wanted, response, {.where = "/model_name"});
    auto raw = json_value::parse(response.body);
    model_page page;
    page.models.push_back({.id = std::move(wire.model_name),
                           .owner = std::move(wire.model_provider_name),
                           .raw = raw ? *std::move(raw) : json_value{}});
    return page;
}

}  // namespace coax::detail
