#include "sim/responses_store.hpp"

#include "sim/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace coax::sim::detail {
namespace {

/// The items of an input, of which a text is one.
json::array items_of(json::value const& input) {
    if (auto const* items = input.if_array()) return *items;
    return {json::object{{"role", "user"}, {"content", input}}};
}

std::string with_status(std::string const& object, std::string_view status) {
    constexpr std::string_view queued = R"("status":"queued")";
    auto changed = object;
    if (auto const at = changed.find(queued); at != std::string::npos)
        changed.replace(at, queued.size(), R"("status":")" + std::string{status} + "\"");
    return changed;
}

}  // namespace

rejection responses_store::add_history(json::value& body) const {
    auto const id = text_member(body, "previous_response_id");
    if (id.empty()) return std::nullopt;
    auto const* before = entries_.find(id);
    if (before == nullptr)
        return bad_request("Previous response with id " + quoted(id) + " not found.", "previous_response_id",
                           "previous_response_not_found");
    auto items = json::parse(before->conversation).as_array();
    auto* const input = body.get_object().if_contains("input");
    if (input != nullptr && !input->is_null())
        for (auto& item : items_of(*input)) items.push_back(std::move(item));
    body.get_object()["input"] = std::move(items);
    return std::nullopt;
}

void responses_store::keep(response const& out, parsed_chat const& chat, json::value const& input, moment ready) {
    auto const object = json::parse(out.object);
    auto items = items_of(input);
    for (auto const& item : object.at("output").as_array()) items.push_back(item);
    std::string id{text_member(object, "id")};
    entry made{.object = out.object, .conversation = json::serialize(items), .ready = ready};
    if (chat.responses.background && !chat.stream) made.pending = out.body;
    auto const bytes = made.object.size() + made.pending.size() + made.conversation.size();
    entries_.put(std::move(id), std::move(made), bytes);
}

std::string responses_store::show(std::string_view id, moment now) {
    auto* const kept = entries_.find(id);
    if (kept == nullptr) return {};
    if (kept->cancelled) return with_status(kept->pending, "cancelled");
    bool const runs = !kept->pending.empty() && (now.steady < kept->ready.steady || !kept->seen);
    if (!runs) return kept->object;
    kept->seen = true;
    return with_status(kept->pending, "in_progress");
}

std::string responses_store::cancel(std::string_view id, moment now) {
    auto* const kept = entries_.find(id);
    if (kept == nullptr) return {};
    if (now.steady < kept->ready.steady || !kept->seen) kept->cancelled = true;
    return show(id, now);
}

bool responses_store::is_background(std::string_view id) const {
    auto const* const kept = entries_.find(id);
    return kept != nullptr && !kept->pending.empty();
}

}  // namespace coax::sim::detail
