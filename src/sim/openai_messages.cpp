#include "sim/openai_reader.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::size_t media_bytes = 3'200;  // of 800 tokens: a picture, a page or half a minute

/// Reads the messages of one chat, in which each tool call must be followed by its result.
class chat_message_reader {
public:
    chat_message_reader(parsed_chat& chat, media_kinds media) noexcept : chat_{chat}, media_{media} {}

    rejection read(json::value const* messages) {
        if (messages == nullptr) return missing_parameter("messages");
        if (!messages->is_array() || messages->get_array().empty())
            return bad_request("Invalid 'messages': expected an array with at least one message.", "messages",
                               "empty_array");
        int index = 0;
        for (auto const& message : messages->get_array())
            if (auto wrong = read_message(message, "messages[" + std::to_string(index++) + "]")) return wrong;
        return expect_no_pending_calls("messages");
    }

private:
    rejection read_message(json::value const& message, std::string const& where) {
        // `annotations` comes with every response, and goes back in many a caller's history
        constexpr std::array<std::string_view, 9> known{"role",          "content",    "name",
                                                        "refusal",       "tool_calls", "tool_call_id",
                                                        "function_call", "audio",      "annotations"};
        if (auto wrong = check_members(message, known, where)) return wrong;
        auto const role = text_member(message, "role");
        if (role != "tool")
            if (auto wrong = expect_no_pending_calls(where + ".role")) return wrong;
        if (role == "tool") return read_tool_message(message, where);
        if (role == "assistant") return read_assistant_message(message, where);
        if (role == "function") return std::nullopt;
        if (role != "user" && role != "system" && role != "developer")
            return unsupported_value(role, "'system', 'assistant', 'user', 'function', 'tool', and 'developer'",
                                     where + ".role");
        std::string text;
        if (auto wrong = read_content(message, where, role, text)) return wrong;
        if (role != "user") return std::nullopt;
        chat_.add_user_text(text);
        chat_.tool_results.clear();
        auto const* content = member(message, "content");
        if (content->is_string()) chat_.last_user_text = view(content->get_string());
        if (auto const* parts = content->if_array())
            for (auto const& part : *parts)
                if (text_member(part, "type") == "text") chat_.last_user_text = text_member(part, "text");
        return std::nullopt;
    }

    rejection expect_no_pending_calls(std::string where) const {
        if (pending_calls_.empty()) return std::nullopt;
        std::string ids;
        for (auto const id : pending_calls_) ids += (ids.empty() ? "" : ", ") + std::string{id};
        return bad_request(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. "
            "The following tool_call_ids did not have response messages: " +
                ids,
            std::move(where));
    }

    rejection read_tool_message(json::value const& message, std::string const& where) {
        auto const id = text_member(message, "tool_call_id");
        if (id.empty())
            return bad_request(
                "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
                where + ".tool_call_id");
        auto const call = std::ranges::find(pending_calls_, id);
        if (call == pending_calls_.end())
            return bad_request(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'.",
                where + ".role");
        pending_calls_.erase(call);
        std::string text;
        if (auto wrong = read_content(message, where, "tool", text)) return wrong;
        chat_.tool_results.push_back(std::move(text));
        return std::nullopt;
    }

    rejection read_assistant_message(json::value const& message, std::string const& where) {
        auto const* calls = member(message, "tool_calls");
        bool const has_calls = calls != nullptr && !calls->is_null();
        auto const* content = member(message, "content");
        bool const has_content = content != nullptr && !content->is_null();
        bool const has_output = has_calls || has_content || member(message, "function_call") != nullptr ||
                                member(message, "refusal") != nullptr;
        if (!has_output)
            return bad_request("Invalid value for 'content': expected a string, got null.", where + ".content");
        std::string text;
        if (has_content)
            if (auto wrong = read_content(message, where, "assistant", text)) return wrong;
        return has_calls ? read_calls(*calls, where + ".tool_calls") : std::nullopt;
    }

    rejection read_calls(json::value const& calls, std::string const& where) {
        if (!calls.is_array() || calls.get_array().empty())
            return bad_request("Invalid " + quoted(where) + ": empty array. Expected an array with minimum length 1.",
                               where, "empty_array");
        for (auto const& call : calls.get_array()) {
            auto const id = text_member(call, "id");
            auto const type = text_member(call, "type");
            if (id.empty()) return missing_parameter(where + ".id");
            if (type != "function" && type != "custom") return missing_parameter(where + ".type");
            auto const* function = member(call, "function");
            if (type == "function" &&
                (function == nullptr || text_member(*function, "name").empty() ||
                 member(*function, "arguments") == nullptr || !member(*function, "arguments")->is_string()))
                return invalid_type(where + ".function.arguments", "a string", where + ".function");
            pending_calls_.push_back(id);
        }
        return std::nullopt;
    }

    rejection read_content(json::value const& message, std::string const& where, std::string_view role,
                           std::string& text) {
        auto const* content = member(message, "content");
        if (content != nullptr && content->is_string())
            text = view(content->get_string());
        else if (content == nullptr || !content->is_array() || content->get_array().empty())
            return bad_request("Invalid value for 'content': expected a string or an array of parts.",
                               where + ".content", "invalid_type");
        else if (auto wrong = read_parts(content->get_array(), where + ".content", role, text))
            return wrong;
        if (content->is_string()) chat_.add_prompt(text);
        return std::nullopt;
    }

    rejection read_parts(json::array const& parts, std::string const& where, std::string_view role, std::string& text) {
        for (auto const& part : parts) {
            auto const type = text_member(part, "type");
            bool const media = std::ranges::find(media_, type) != media_.end();
            bool const known =
                type == "text" || (media && role == "user") || (type == "refusal" && role == "assistant");
            if (!known)
                return bad_request(
                    "Invalid value: " + quoted(type) + " is not a content part of a " + std::string{role} + " message.",
                    where, "invalid_value");
            if (auto wrong = check_openai_part(part, where + '[' + std::to_string(&part - parts.data()) + ']'))
                return wrong;
            text += text_member(part, "text");
            chat_.add_prompt(media ? std::string_view{} : text_member(part, "text"), media ? media_bytes : 16);
            if (media) chat_.prefix_hash = hash_json(*member(part, type), chat_.prefix_hash);
            if (member(part, "prompt_cache_breakpoint") != nullptr) chat_.add_cache_point(std::chrono::seconds{1'800});
        }
        return std::nullopt;
    }

    parsed_chat& chat_;
    media_kinds media_;
    std::vector<std::string_view> pending_calls_;
};

}  // namespace

rejection read_openai_messages(json::value const* messages, parsed_chat& chat, media_kinds media) {
    return chat_message_reader{chat, media}.read(messages);
}

}  // namespace coax::sim::detail
