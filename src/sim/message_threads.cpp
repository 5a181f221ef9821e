#include "sim/message_threads.hpp"

#include "sim/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace coax::sim::detail {
namespace {

/// What a thread is made with, and what its later requests therefore do not say.
constexpr std::string_view fixed_members[]{"system", "tools"};

api_error thread_error(int status, std::string message, std::string_view code) {
    return {
        .status = status, .message = std::move(message), .details = R"({"error_code":")" + std::string{code} + R"("})"};
}

rejection refuse_fixed_members(json::value const& body) {
    for (auto const name : fixed_members)
        if (member(body, name) != nullptr)
            return bad_request(std::string{name} + ": may not be given when `thread.type` is 'continue'");
    return std::nullopt;
}

/// The message that is continued; empty: the request continues none.
std::string_view continued_message(json::value const& body) {
    auto const* thread = member(body, "thread");
    return thread != nullptr && text_member(*thread, "type") == "continue" ? text_member(*thread, "previous_message_id")
                                                                           : std::string_view{};
}

}  // namespace

rejection message_threads::add_history(json::value& body) const {
    auto const id = continued_message(body);
    if (id.empty()) return std::nullopt;
    auto const* before = kept_.find(id);
    if (before == nullptr)
        return thread_error(404, "No usable thread state was found for `previous_message_id` " + quoted(id) + ".",
                            "thread_not_found");
    if (before->continued)
        return thread_error(400, "The response " + quoted(id) + " has already been continued.",
                            "thread_already_continued");
    if (auto wrong = refuse_fixed_members(body)) return wrong;
    auto terms = json::parse(before->terms).as_object();
    auto& messages = terms["messages"].as_array();
    if (auto const* more = member(body, "messages"); more != nullptr && more->is_array())
        for (auto const& message : more->get_array()) messages.push_back(message);
    for (auto& [name, value] : terms) body.get_object()[name] = std::move(value);
    return std::nullopt;
}

void message_threads::keep(std::string_view message, json::value const& body) {
    if (auto* const before = kept_.find(continued_message(body))) before->continued = true;
    auto const said = json::parse(json::string_view{message.data(), message.size()});
    json::object terms;
    for (auto const name : fixed_members)
        if (auto const* value = member(body, name)) terms[name] = *value;
    auto messages = body.at("messages").as_array();
    messages.push_back(json::object{{"role", "assistant"}, {"content", said.at("content")}});
    terms["messages"] = std::move(messages);
    conversation made{.terms = json::serialize(terms)};
    auto const bytes = made.terms.size();
    kept_.put(std::string{text_member(said, "id")}, std::move(made), bytes);
}

}  // namespace coax::sim::detail
