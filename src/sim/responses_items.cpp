#include "sim/openai_reader.hpp"
#include "sim/random.hpp"
#include "sim/responses_wire.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

using six_names = std::array<std::string_view, 6>;

constexpr std::size_t seed_length = 24;

/// Reads the items of one input, in which each call has its output and each kept item what it depends on.
class items_reader {
public:
    explicit items_reader(parsed_chat& chat) noexcept : chat_{chat} {}

    rejection read(json::array const& items) {
        int index = 0;
        for (auto const& item : items)
            if (auto wrong = read_item(item, "input[" + std::to_string(index++) + "]")) return wrong;
        if (is_stored_item(reasoning_)) return no_following_item();
        if (pending_calls_.empty()) return std::nullopt;
        return bad_request("No tool output found for function call " + std::string{pending_calls_.front()} + ".",
                           "input");
    }

private:
    rejection read_item(json::value const& item, std::string const& where) {
        if (!item.is_object()) return invalid_type(where, "an object");
        auto const type = text_member(item, "type");
        bool const message = type == "message" || (type.empty() && member(item, "role") != nullptr);
        auto const id = text_member(item, "id");
        if (type != "reasoning" && type != "item_reference")
            if (auto wrong = check_reasoning_before(id, type)) return wrong;
        if (message) return read_message(item, where);
        if (type == "function_call" || type == "custom_tool_call") return read_call(item, type, where);
        if (type == "function_call_output" || type == "custom_tool_call_output") return read_output(item, where);
        if (type == "reasoning") return read_reasoning(item, id, where);
        if (type == "item_reference") return is_stored_item(id) ? std::nullopt : rejection{not_found(id)};
        if (is_hosted(type)) return std::nullopt;
        return unsupported_value(type,
                                 "'message', 'function_call', 'function_call_output', 'reasoning', "
                                 "'custom_tool_call', 'custom_tool_call_output', and 'item_reference'",
                                 where);
    }

    /// Items of tools that the service runs itself.
    static bool is_hosted(std::string_view type) noexcept {
        constexpr std::array<std::string_view, 16> types{
            "web_search_call",       "file_search_call",      "computer_call", "computer_call_output",
            "code_interpreter_call", "image_generation_call", "mcp_call",      "mcp_list_tools",
            "mcp_approval_request",  "mcp_approval_response", "shell_call",    "shell_call_output",
            "apply_patch_call",      "tool_search_call",      "compaction",    "configuration_update"};
        return std::ranges::find(types, type) != types.end();
    }

    [[nodiscard]] api_error no_following_item() const {
        return bad_request(
            "Item " + quoted(reasoning_) + " of type 'reasoning' was provided without its required following item.",
            "input");
    }

    [[nodiscard]] static api_error not_found(std::string_view id) {
        return {.status = 404,
                .message = "Item with id " + quoted(id) +
                           " not found. Items are not persisted when `store` is set to false. Try again with `store` "
                           "set to true, or remove this item from your input.",
                .param = "input"};
    }

    /// An item that reasoning came before is not taken without it, nor reasoning without what followed.
    rejection check_reasoning_before(std::string_view id, std::string_view type) {
        auto const needed = reasoning_id_of(id);
        auto const before = std::exchange(reasoning_, {});
        if (!needed.empty() && before != needed && last_needed_ != needed)
            return bad_request("Item " + quoted(id) + " of type " + quoted(type) +
                                   " was provided without its required 'reasoning' item: " + quoted(needed) + ".",
                               "input");
        if (!before.empty() && is_stored_item(before) && before != needed) {
            reasoning_ = before;
            return no_following_item();
        }
        last_needed_ = needed;
        return std::nullopt;
    }

    rejection read_reasoning(json::value const& item, std::string_view id, std::string const& where) {
        constexpr six_names known{"type", "id", "summary", "content", "encrypted_content", "status"};
        if (auto wrong = check_members(item, known, where)) return wrong;
        if (id.empty()) return missing_parameter(where + ".id");
        auto const* summary = member(item, "summary");
        if (summary == nullptr) return missing_parameter(where + ".summary");
        if (!summary->is_array()) return invalid_type(where + ".summary", "an array of objects");
        auto const* sealed = member(item, "encrypted_content");
        if (sealed == nullptr || sealed->is_null()) {
            if (!is_stored_item(id)) return not_found(id);
        } else if (!sealed->is_string() || view(sealed->get_string()) != encrypted_reasoning(id)) {
            return bad_request(
                "The encrypted content for item " + std::string{id} +
                    " could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
                {}, "invalid_encrypted_content");
        }
        if (is_stored_item(reasoning_)) return no_following_item();
        reasoning_ = id;
        return std::nullopt;
    }

    // -- messages --

    rejection read_message(json::value const& item, std::string const& where) {
        constexpr six_names known{"type", "role", "content", "id", "status", "phase"};
        constexpr std::array<std::string_view, 4> roles{"assistant", "system", "developer", "user"};
        if (auto wrong = check_members(item, known, where)) return wrong;
        if (member(item, "role") == nullptr) return missing_parameter(where + ".role");
        if (auto wrong = check_word(member(item, "role"), roles, where + ".role")) return wrong;
        auto const* content = member(item, "content");
        if (content == nullptr || content->is_null()) return missing_parameter(where + ".content");
        std::string text;
        auto const role = text_member(item, "role");
        if (content->is_string())
            text = view(content->get_string());
        else if (!content->is_array())
            return invalid_type(where + ".content", "one of an array of objects or string");
        else if (auto wrong = read_parts(content->get_array(), role == "assistant", where + ".content", text))
            return wrong;
        chat_.add_prompt(text);
        if (role != "user") return std::nullopt;
        chat_.add_user_text(text);
        chat_.tool_results.clear();
        chat_.last_user_text = content->is_string() ? view(content->get_string()) : last_text(content->get_array());
        return std::nullopt;
    }

    static std::string_view last_text(json::array const& parts) noexcept {
        std::string_view text;
        for (auto const& part : parts)
            if (text_member(part, "type") == "input_text") text = text_member(part, "text");
        return text;
    }

    static rejection read_parts(json::array const& parts, bool assistant, std::string const& where, std::string& text) {
        int index = 0;
        for (auto const& part : parts) {
            auto const here = where + "[" + std::to_string(index++) + "]";
            if (auto wrong = assistant ? read_output_part(part, here) : read_input_part(part, here)) return wrong;
            text += text_member(part, "text");
        }
        return std::nullopt;
    }

    static rejection read_output_part(json::value const& part, std::string const& where) {
        constexpr std::array<std::string_view, 2> types{"output_text", "refusal"};
        constexpr std::array<std::string_view, 5> known{"type", "text", "annotations", "logprobs", "refusal"};
        if (!part.is_object()) return invalid_type(where, "an object");
        if (auto wrong = check_word(member(part, "type"), types, where)) return wrong;
        bool const text = text_member(part, "type") == "output_text";
        if (auto wrong = check_members(part, known, where)) return wrong;
        auto const* said = member(part, text ? "text" : "refusal");
        return said != nullptr && said->is_string()
                   ? std::nullopt
                   : rejection{missing_parameter(where + (text ? ".text" : ".refusal"))};
    }

    static rejection read_input_part(json::value const& part, std::string const& where) {
        constexpr std::array<std::string_view, 3> types{"input_text", "input_image", "input_file"};
        if (!part.is_object()) return invalid_type(where, "an object");
        if (member(part, "type") == nullptr) return missing_parameter(where + ".type");
        if (auto wrong = check_word(member(part, "type"), types, where)) return wrong;
        auto const type = text_member(part, "type");
        if (type == "input_image") return read_image(part, where);
        if (type == "input_file") return read_file(part, where);
        constexpr std::array<std::string_view, 3> known{"type", "text", "prompt_cache_breakpoint"};
        if (auto wrong = check_members(part, known, where)) return wrong;
        auto const* text = member(part, "text");
        if (text == nullptr) return missing_parameter(where + ".text");
        return text->is_string() ? std::nullopt : rejection{invalid_type(where + ".text", "a string")};
    }

    static rejection read_image(json::value const& part, std::string const& where) {
        constexpr std::array<std::string_view, 5> known{"type", "image_url", "file_id", "detail",
                                                        "prompt_cache_breakpoint"};
        constexpr std::array<std::string_view, 4> details{"low", "high", "auto", "original"};
        if (auto wrong = check_members(part, known, where)) return wrong;
        if (member(part, "detail") == nullptr) return missing_parameter(where + ".detail");
        if (auto wrong = check_word(member(part, "detail"), details, where + ".detail")) return wrong;
        auto const* url = member(part, "image_url");
        if (url == nullptr && member(part, "file_id") == nullptr) return missing_parameter(where + ".image_url");
        if (url == nullptr || url->is_null()) return std::nullopt;
        if (!url->is_string())
            return bad_request("Invalid type for " + quoted(where + ".image_url") +
                                   ": expected an image URL, but got an object instead.",
                               where + ".image_url", "invalid_type");
        auto const address = view(url->get_string());
        if (address.starts_with("https://") || address.starts_with("http://") || address.starts_with("data:image/"))
            return std::nullopt;
        return bad_request("Invalid " + quoted(where + ".image_url") +
                               ". Expected a base64-encoded data URL with an image MIME type, or a valid URL.",
                           where + ".image_url", "invalid_value");
    }

    static rejection read_file(json::value const& part, std::string const& where) {
        constexpr six_names known{"type", "file_id", "file_data", "filename", "file_url", "prompt_cache_breakpoint"};
        if (auto wrong = check_members(part, known, where)) return wrong;
        bool const has_data = member(part, "file_data") != nullptr;
        if (!has_data && member(part, "file_id") == nullptr && member(part, "file_url") == nullptr)
            return missing_parameter(where + ".file_id");
        if (has_data && text_member(part, "filename").empty()) return missing_parameter(where + ".filename");
        return std::nullopt;
    }

    // -- calls --

    rejection read_call(json::value const& item, std::string_view type, std::string const& where) {
        constexpr std::array<std::string_view, 10> known{"type",   "id",        "call_id", "name",  "arguments",
                                                         "status", "namespace", "input",   "async", "caller"};
        if (auto wrong = check_members(item, known, where)) return wrong;
        auto const id = text_member(item, "call_id");
        if (id.empty()) return missing_parameter(where + ".call_id");
        if (id.size() > 64)
            return bad_request("Invalid " + quoted(where + ".call_id") +
                                   ": string too long. Expected a string with maximum length 64.",
                               where + ".call_id", "string_above_max_length");
        if (!is_tool_name(text_member(item, "name"), 64))
            return bad_request("Invalid " + quoted(where + ".name") +
                                   ": string does not match pattern. Expected a string that matches the pattern "
                                   "'^[a-zA-Z0-9_-]+$'.",
                               where + ".name", "invalid_value");
        auto const what = where + (type == "function_call" ? ".arguments" : ".input");
        auto const* said = member(item, type == "function_call" ? "arguments" : "input");
        if (said == nullptr) return missing_parameter(what);
        if (!said->is_string()) return invalid_type(what, "a string");
        chat_.add_prompt(view(said->get_string()));
        pending_calls_.push_back(id);
        return std::nullopt;
    }

    rejection read_output(json::value const& item, std::string const& where) {
        constexpr six_names known{"type", "id", "call_id", "output", "status", "caller"};
        if (auto wrong = check_members(item, known, where)) return wrong;
        auto const id = text_member(item, "call_id");
        if (id.empty()) return missing_parameter(where + ".call_id");
        auto const call = std::ranges::find(pending_calls_, id);
        if (call == pending_calls_.end())
            return bad_request("No tool call found for function call output with call_id " + std::string{id} + ".",
                               "input");
        pending_calls_.erase(call);
        std::string text;
        auto const* output = member(item, "output");
        if (output == nullptr) return missing_parameter(where + ".output");
        if (output->is_string())
            text = view(output->get_string());
        else if (!output->is_array())
            return invalid_type(where + ".output", "one of an array of objects or string");
        else if (auto wrong = read_parts(output->get_array(), false, where + ".output", text))
            return wrong;
        chat_.add_prompt(text);
        chat_.tool_results.push_back(std::move(text));
        return std::nullopt;
    }

    parsed_chat& chat_;
    std::vector<std::string_view> pending_calls_;
    std::string reasoning_{};    ///< The item that waits for what follows it.
    std::string last_needed_{};  ///< The reasoning that the items before belong to.
};

}  // namespace

rejection read_responses_input(json::value const& input, parsed_chat& chat) {
    if (input.is_array()) {
        if (input.get_array().empty()) return missing_parameter("input");
        return items_reader{chat}.read(input.get_array());
    }
    if (!input.is_string()) return invalid_type("input", "one of an array of objects or string");
    chat.last_user_text = view(input.get_string());
    chat.add_user_text(chat.last_user_text);
    chat.add_prompt(chat.last_user_text);
    return std::nullopt;
}

std::string make_item_id(std::string_view kind, std::uint64_t seed, bool stored, bool reasoned, std::size_t index) {
    std::string id{kind};
    id.append(stored ? "_s" : "_n").append(make_id(seed, seed_length));
    if (kind == "rs") return id;
    return id.append(reasoned ? "r" : "p").append(std::to_string(index));
}

bool is_stored_item(std::string_view id) noexcept {
    auto const at = id.find('_');
    return at != std::string_view::npos && id.substr(at + 1).starts_with('s') && id.size() > at + 1 + seed_length;
}

std::string reasoning_id_of(std::string_view id) {
    auto const at = id.find('_');
    if (!is_stored_item(id) || !id.substr(at + 2 + seed_length).starts_with('r')) return {};
    return "rs_" + std::string{id.substr(at + 1, seed_length + 1)};
}

std::string encrypted_reasoning(std::string_view id) { return "gAAAAAB" + make_id(hash_bytes(id, 0x5ea1), 64) + "=="; }

}  // namespace coax::sim::detail
