#include "provider/responses_background.hpp"

#include "provider/json_text.hpp"
#include "provider/response_headers.hpp"
#include "provider/responses_wire.hpp"
#include "provider/service_error.hpp"
#include "provider/unusable_response.hpp"

#include <coax/chat/advanced_options.hpp>
#include <coax/json/value.hpp>
#include <coax/json/writer.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace coax {
namespace detail {
namespace {

constexpr std::array<std::pair<std::string_view, background_status>, 6> statuses{{
    {"queued", background_status::queued},
    {"in_progress", background_status::in_progress},
    {"completed", background_status::completed},
    {"incomplete", background_status::incomplete},
    {"failed", background_status::failed},
    {"cancelled", background_status::cancelled},
}};

background_status status_of(std::string_view word) {
    auto const* const found = std::ranges::find(statuses, word, [](auto const& row) { return row.first; });
    return found == statuses.end() ? background_status::unknown : found->second;
}

/// Whether the response goes on: also with a word that is not known, as long as nothing has come of it.
bool is_under_way(responses_object const& wire, background_status status) {
    if (status == background_status::unknown) return wire.output.empty() && !is_truthy(wire.error);
    return status == background_status::queued || status == background_status::in_progress;
}

result<void> check_window(openai_profile const& profile, chat_request const& request, background_options const& options,
                          bool streaming) {
    constexpr std::array windows{"soonest", "2h", "8h"};
    auto const& window = options.completion_window;
    auto const& tier = request.advanced->service_tier;
    struct rule {
        char const* field;
        bool broken;
        char const* message;
    };
    rule const rules[]{
        {"continuation_id", window.empty() && !options.continuation_id.empty(), "needs a completion_window"},
        {"completion_window", !window.empty() && !profile.completion_windows, "has no such parameter"},
        {"completion_window", !window.empty() && std::ranges::find(windows, window) == windows.end(),
         "takes soonest, 2h or 8h"},
        {"completion_window", !window.empty() && streaming, "takes none with a stream"},
        {"advanced.service_tier", !window.empty() && !tier.empty() && tier != "auto" && tier != "default",
         "takes a completion_window in its standard tier alone"},
    };
    for (auto const& [field, broken, message] : rules)
        if (broken) return invalid_argument(field, std::string{profile.service} + ' ' + message);
    return {};
}

}  // namespace

result<std::string> in_background(openai_profile const& profile, chat_request const& request,
                                  background_options const& options, bool streaming, std::string body) {
    if (auto valid = check_window(profile, request, options, streaming); !valid) return std::move(valid).error();
    std::string added;
    json::writer out{added};
    out.begin_object().member("background", true);
    if (!options.completion_window.empty()) {
        out.key("background_options").begin_object().member("completion_window", options.completion_window);
        if (!options.continuation_id.empty()) out.member("continuation_id", options.continuation_id);
        out.end_object();
    }
    out.end_object();
    auto const members = json_value::parse(added);
    if (!members) return members.error();
    if (auto merged = json::merge_objects(body, *members); !merged) return std::move(merged).error();
    return body;
}

background_target target_of(background_request asked, std::string_view id, std::int64_t after) {
    background_target to{.path = "/responses/" + percent_encode(id)};
    if (asked == background_request::cancel) to.path += "/cancel";
    if (asked != background_request::stream) return to;
    to.query = "stream=true";
    if (after >= 0) to.query += "&starting_after=" + std::to_string(after);
    return to;
}

result<background_response> decode_background_response(openai_profile const& profile, http_response const& response,
                                                       std::chrono::system_clock::time_point now) {
    if (response.status < 200 || response.status > 299) return make_service_error(profile.service, response, now);
    std::string_view text = response.body;
    std::string repaired;
    auto wire = read_responses_object(text, repaired);
    if (!wire || (wire->id.empty() && wire->status.empty()))
        return make_unreadable_error(profile.service, "a response object", response,
                                     wire ? error{.where = "/status"} : wire.error());
    background_response out{
        .id = wire->id, .status = status_of(wire->status), .retry_after = retry_after(response.headers, now)};
    if (is_under_way(*wire, out.status)) return out;
    auto const id = request_id(response.headers);
    auto whole = to_chat_response(profile.service, *wire, text, id);
    auto starved = whole ? find_starved(profile.service, *whole) : std::nullopt;
    if (!whole)
        out.failure = std::move(whole).error();
    else if (starved)
        out.failure = with_tokens(*std::move(starved), whole->usage);
    else
        out.response = *std::move(whole);
    if (out.response) out.response->rate_limits = openai_rate_limits(response.headers);
    return out;
}

}  // namespace detail

std::string_view to_string(background_status status) noexcept {
    for (auto const& [word, value] : detail::statuses)
        if (value == status) return word;
    return "unknown";
}

}  // namespace coax
