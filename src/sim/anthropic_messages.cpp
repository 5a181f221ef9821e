#include "sim/anthropic_wire.hpp"

#include <algorithm>

namespace coax::sim::detail {
namespace {

/// Reads the messages of one request, in which each tool use must have its result in the next message.
class conversation_reader {
public:
    conversation_reader(bool newer, parsed_chat& chat) noexcept : newer_{newer}, chat_{chat} {}

    rejection read(json::value const* messages) {
        if (messages == nullptr) return bad_request("messages: Field required");
        if (!messages->is_array()) return bad_request("messages: Input should be a valid list");
        if (messages->get_array().empty()) return bad_request("messages: at least one message is required");
        int index = 0;
        for (auto const& message : messages->get_array())
            if (auto wrong = read_message(message, "messages." + std::to_string(index++))) return wrong;
        auto const last = "messages." + std::to_string(index - 1);
        if (auto wrong = expect_no_pending_uses(last)) return wrong;
        return thoughtless_uses_.empty() ? std::nullopt : rejection{missing_thought()};
    }

private:
    [[nodiscard]] api_error missing_thought() const {
        return bad_request(thoughtless_uses_ +
                           ": Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is "
                           "enabled, a final `assistant` message must start with a thinking block (preceeding the "
                           "lastmost set of `tool_use` and `tool_result` blocks).");
    }

    rejection read_message(json::value const& message, std::string const& where) {
        auto const role = text_member(message, "role");
        bool const system = role == "system" && newer_;
        if (role != "user" && role != "assistant" && !system)
            return bad_request(where + ".role: Input should be 'user' or 'assistant'");
        auto const* content = member(message, "content");
        if (content == nullptr) return bad_request(where + ".content: Field required");
        if (role != "user" || content->is_string())
            if (auto wrong = expect_no_pending_uses(where)) return wrong;
        if (content->is_string()) {
            if (content->get_string().empty()) return bad_request(where + ": text content blocks must be non-empty");
            add_text(role, view(content->get_string()), true);
            return std::nullopt;
        }
        if (!content->is_array() || content->get_array().empty())
            return bad_request(where + ".content: Input should be a valid string or a non-empty list");
        return read_blocks(content->get_array(), role, where);
    }

    rejection read_blocks(json::array const& blocks, std::string_view role, std::string const& where) {
        auto const pending = std::move(pending_uses_);
        pending_uses_.clear();
        auto unanswered = pending;
        if (role == "assistant" || pending.empty()) thoughtless_uses_.clear();
        if (role == "user" && pending.empty()) chat_.tool_results.clear();
        bool other_content = false;
        int index = 0;
        for (auto const& block : blocks) {
            auto const here = where + ".content." + std::to_string(index++);
            if (text_member(block, "type") != "tool_result") {
                other_content = true;
                if (auto wrong = read_block(block, role, here)) return wrong;
                continue;
            }
            if (role != "user") return bad_request(here + ": tool_result blocks can only be in user messages");
            if (other_content && !pending.empty())
                return bad_request(where + ": tool_result blocks must come before other content");
            if (auto wrong = read_result(block, unanswered, here)) return wrong;
            if (auto wrong = read_cache_control(block, here + ".tool_result", chat_)) return wrong;
        }
        if (!unanswered.empty()) return missing_results(unanswered, where);
        bool const thought = text_member(blocks.front(), "type").ends_with("thinking");
        if (chat_.thinks && !pending_uses_.empty() && !thought) thoughtless_uses_ = where + ".content.0.type";
        return std::nullopt;
    }

    [[nodiscard]] static api_error missing_results(std::vector<std::string_view> const& ids, std::string const& where) {
        std::string all;
        for (auto const id : ids) all += (all.empty() ? "" : ", ") + std::string{id};
        return bad_request(
            where + ": `tool_use` ids were found without `tool_result` blocks immediately after: " + all +
            ". Each `tool_use` block must have a corresponding `tool_result` block in the next message.");
    }

    [[nodiscard]] rejection expect_no_pending_uses(std::string const& where) const {
        return pending_uses_.empty() ? std::nullopt : rejection{missing_results(pending_uses_, where)};
    }

    rejection read_block(json::value const& block, std::string_view role, std::string const& where) {
        auto const type = text_member(block, "type");
        if (auto wrong = check_anthropic_block(block, where)) return wrong;
        if (type == "text") add_text(role, text_member(block, "text"), false);
        if (type == "image" || type == "document") add_media(block);
        if (type == "thinking" && text_member(block, "signature") != thought_signature(text_member(block, "thinking")))
            return bad_request(where + ": Invalid `signature` in `thinking` block");
        if (type == "tool_use")
            if (auto wrong = read_use(block, role, where)) return wrong;
        if (auto wrong = read_cache_control(block, where + '.' + std::string{type}, chat_)) return wrong;
        if (type == "text" || type == "tool_use") return std::nullopt;
        bool const media = type == "image" || type == "document" || type == "search_result";
        bool const thought = type == "thinking" || type == "redacted_thinking" || type == "server_tool_use";
        bool const result = type.ends_with("_tool_result") || type == "container_upload" || type == "mid_conv_system";
        if ((media && role == "user") || (thought && role == "assistant") || result) return std::nullopt;
        return bad_request(where + ": Input tag '" + std::string{type} +
                           "' found using 'type' does not match any of the expected tags");
    }

    rejection read_use(json::value const& block, std::string_view role, std::string const& where) {
        auto const* input = member(block, "input");
        if (role != "assistant") return bad_request(where + ": `tool_use` blocks can only be in `assistant` messages");
        if (text_member(block, "id").empty()) return bad_request(where + ".tool_use.id: Field required");
        if (!is_tool_name(text_member(block, "name"), 128))
            return bad_request(where + ".tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
        if (input == nullptr || !input->is_object())
            return bad_request(where + ".tool_use.input: Input should be a valid dictionary");
        pending_uses_.push_back(text_member(block, "id"));
        return std::nullopt;
    }

    rejection read_result(json::value const& block, std::vector<std::string_view>& unanswered,
                          std::string const& where) {
        auto const id = text_member(block, "tool_use_id");
        auto const found = std::ranges::find(unanswered, id);
        if (found == unanswered.end())
            return bad_request(
                where + ": unexpected `tool_use_id` found in `tool_result` blocks: " + std::string{id} +
                ". Each `tool_result` block must have a corresponding `tool_use` block in the previous message.");
        unanswered.erase(found);
        std::string text;
        auto const* content = member(block, "content");
        if (content != nullptr && content->is_string())
            text = view(content->get_string());
        else if (content != nullptr && content->is_array())
            for (auto const& part : content->get_array()) text += text_member(part, "text");
        else if (content != nullptr && !content->is_null())
            return bad_request(where + ".tool_result.content: Input should be a valid string or list");
        chat_.add_prompt(text);
        chat_.tool_results.push_back(std::move(text));
        return std::nullopt;
    }

    void add_text(std::string_view role, std::string_view text, bool alone) {
        chat_.add_prompt(text);
        if (role != "user") return;
        chat_.add_user_text(text);
        chat_.last_user_text = text;
        if (alone) chat_.tool_results.clear();
    }

    void add_media(json::value const& block) {
        constexpr std::size_t media_bytes = 3'200;  // of 800 tokens: a picture or a page
        chat_.add_prompt({}, media_bytes);
        auto const* source = member(block, "source");
        chat_.prefix_hash = hash_json(*source, chat_.prefix_hash);
        if (text_member(block, "type") != "document") return;
        auto const* citations = member(block, "citations");
        if (citations != nullptr && is_bool(member(*citations, "enabled"), true) && !chat_.cited)
            chat_.cited = {
                .index = chat_.document_count,
                .title = text_member(block, "title"),
                .text = text_member(*source, "type") == "text" ? text_member(*source, "data") : std::string_view{}};
        ++chat_.document_count;
    }

    bool newer_;
    parsed_chat& chat_;
    std::vector<std::string_view> pending_uses_;
    std::string
        thoughtless_uses_{};  ///< Where the last calls without a thought before them are; empty: there are none.
};

}  // namespace

rejection read_anthropic_messages(json::value const* messages, bool newer, parsed_chat& chat) {
    return conversation_reader{newer, chat}.read(messages);
}

}  // namespace coax::sim::detail
