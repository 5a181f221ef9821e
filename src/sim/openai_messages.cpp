#include "sim/openai_request.hpp"
#include "sim/text.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

/// Reads the messages of one chat, in which every call of a tool must be answered before the talk goes on.
class conversation_reader {
public:
    explicit conversation_reader(chat_task& task) noexcept : task_{task} {}

    verdict read(json::value const* messages) {
        if (messages == nullptr)
            return bad("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
        if (!messages->is_array() || messages->get_array().empty())
            return bad("Invalid 'messages': expected an array with at least one message.", "messages", "empty_array");
        int index = 0;
        for (auto const& message : messages->get_array())
            if (auto found = read_message(message, "messages[" + std::to_string(index++) + "]")) return found;
        return expect_no_open_calls("messages");
    }

private:
    verdict read_message(json::value const& message, std::string const& where) {
        if (!message.is_object())
            return bad("Invalid type for " + quoted(where) + ": expected an object.", where, "invalid_type");
        auto const role = text_member(message, "role");
        if (role != "tool")
            if (auto found = expect_no_open_calls(where + ".role")) return found;
        if (role == "tool") return read_tool_message(message, where);
        if (role == "assistant") return read_assistant_message(message, where);
        if (role == "function") return std::nullopt;
        if (role != "user" && role != "system" && role != "developer")
            return bad(
                "Invalid value: " + quoted(role) +
                    ". Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
                where + ".role", "invalid_value");
        std::string text;
        if (auto found = read_content(message, where, role, text)) return found;
        if (role == "user") hear_user(message, text);
        return std::nullopt;
    }

    void hear_user(json::value const& message, std::string const& text) {
        if (!task_.user_text.empty()) task_.user_text += '\n';
        task_.user_text += text;
        auto const* content = member(message, "content");
        if (content != nullptr && content->is_string())
            task_.last_user_text = view(content->get_string());
        else if (content != nullptr && content->is_array())
            for (auto const& part : content->get_array())
                if (text_member(part, "type") == "text") task_.last_user_text = text_member(part, "text");
        task_.tool_results.clear();
    }

    verdict expect_no_open_calls(std::string where) const {
        if (open_calls_.empty()) return std::nullopt;
        std::string ids;
        for (auto const id : open_calls_) ids += (ids.empty() ? "" : ", ") + std::string{id};
        return bad(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. "
            "The following tool_call_ids did not have response messages: " +
                ids,
            std::move(where));
    }

    verdict read_tool_message(json::value const& message, std::string const& where) {
        auto const id = text_member(message, "tool_call_id");
        if (id.empty())
            return bad("Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
                       where + ".tool_call_id");
        auto const open = std::ranges::find(open_calls_, id);
        if (open == open_calls_.end())
            return bad(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'.",
                where + ".role");
        open_calls_.erase(open);
        std::string text;
        if (auto found = read_content(message, where, "tool", text)) return found;
        task_.tool_results.push_back(std::move(text));
        return std::nullopt;
    }

    verdict read_assistant_message(json::value const& message, std::string const& where) {
        auto const* calls = member(message, "tool_calls");
        bool const has_calls = calls != nullptr && !calls->is_null();
        auto const* content = member(message, "content");
        bool const has_content = content != nullptr && !content->is_null();
        bool const says_something = has_calls || has_content || member(message, "function_call") != nullptr ||
                                    member(message, "refusal") != nullptr;
        if (!says_something)
            return bad("Invalid value for 'content': expected a string, got null.", where + ".content");
        std::string text;
        if (has_content)
            if (auto found = read_content(message, where, "assistant", text)) return found;
        return has_calls ? read_calls(*calls, where + ".tool_calls") : std::nullopt;
    }

    verdict read_calls(json::value const& calls, std::string const& where) {
        if (!calls.is_array() || calls.get_array().empty())
            return bad("Invalid " + quoted(where) + ": empty array. Expected an array with minimum length 1.", where,
                       "empty_array");
        for (auto const& call : calls.get_array()) {
            auto const id = text_member(call, "id");
            auto const type = text_member(call, "type");
            if (id.empty())
                return bad("Missing required parameter: " + quoted(where + ".id") + ".", where + ".id",
                           "missing_required_parameter");
            if (type != "function" && type != "custom")
                return bad("Missing required parameter: " + quoted(where + ".type") + ".", where + ".type",
                           "missing_required_parameter");
            auto const* function = member(call, "function");
            if (type == "function" &&
                (function == nullptr || text_member(*function, "name").empty() ||
                 member(*function, "arguments") == nullptr || !member(*function, "arguments")->is_string()))
                return bad("Invalid type for " + quoted(where + ".function.arguments") + ": expected a string.",
                           where + ".function", "invalid_type");
            open_calls_.push_back(id);
        }
        return std::nullopt;
    }

    verdict read_content(json::value const& message, std::string const& where, std::string_view role,
                         std::string& text) {
        auto const* content = member(message, "content");
        if (content != nullptr && content->is_string())
            text = view(content->get_string());
        else if (content == nullptr || !content->is_array() || content->get_array().empty())
            return bad("Invalid value for 'content': expected a string or an array of parts.", where + ".content",
                       "invalid_type");
        else if (auto found = read_parts(content->get_array(), where + ".content", role, text))
            return found;
        task_.prompt_bytes += text.size() + 16;
        return std::nullopt;
    }

    static verdict read_parts(json::array const& parts, std::string const& where, std::string_view role,
                              std::string& text) {
        for (auto const& part : parts) {
            auto const type = text_member(part, "type");
            bool const media = type == "image_url" || type == "input_audio" || type == "file";
            bool const known =
                type == "text" || (media && role == "user") || (type == "refusal" && role == "assistant");
            if (!known)
                return bad(
                    "Invalid value: " + quoted(type) + " is not a content part of a " + std::string{role} + " message.",
                    where, "invalid_value");
            if (member(part, type) == nullptr)
                return bad("Missing required parameter: " + quoted(where + "." + std::string{type}) + ".", where,
                           "missing_required_parameter");
            text += text_member(part, "text");
        }
        return std::nullopt;
    }

    chat_task& task_;
    std::vector<std::string_view> open_calls_;
};

}  // namespace

verdict read_openai_messages(json::value const* messages, chat_task& task) {
    return conversation_reader{task}.read(messages);
}

}  // namespace coax::sim::detail
