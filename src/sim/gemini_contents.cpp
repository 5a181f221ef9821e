#include "sim/gemini_wire.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

#include <algorithm>
#include <array>

namespace coax::sim::detail {
namespace {

constexpr std::array<std::string_view, 9> data_fields{
    "text",           "inlineData",          "fileData", "functionCall", "functionResponse",
    "executableCode", "codeExecutionResult", "toolCall", "toolResponse"};

value_list parts_of(json::value const& content) { return proto_items(proto_member(content, "parts")); }

bool has_part(json::value const& content, std::string_view field) {
    return std::ranges::any_of(parts_of(content),
                               [field](json::value const& part) { return proto_member(part, field) != nullptr; });
}

/// Reads the contents of one request, in which each call must have its response in the next content.
class contents_reader {
public:
    explicit contents_reader(parsed_chat& chat) noexcept : chat_{chat} {}

    rejection read(value_list contents) {
        for (std::size_t i = 0; i < contents.size(); ++i) {
            auto const where = "* GenerateContentRequest.contents[" + std::to_string(i) + "]";
            if (auto wrong = read_content(contents[i], where)) return wrong;
        }
        if (!pending_.empty()) return no_response();
        return is_older_gemini(chat_.model) ? std::nullopt : check_signatures(contents);
    }

private:
    static api_error no_response() {
        return bad_request("Please ensure that function response turn comes immediately after a function call turn.");
    }

    rejection read_content(json::value const& content, std::string const& where) {
        auto const role = text_member(content, "role");
        if (!role.empty() && role != "user" && role != "model")
            return bad_request("Please use a valid role: user, model.");
        if (parts_of(content).empty()) return bad_request(where + ".parts: contents.parts must not be empty.");
        bool const by_model = role == "model";
        if (by_model && has_part(content, "functionCall") && !after_user_)
            return bad_request(
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn.");
        if (!pending_.empty())
            if (auto wrong = expect_responses(content)) return wrong;
        if (!by_model && !has_part(content, "functionResponse")) chat_.tool_results.clear();
        after_user_ = !by_model;
        std::size_t index = 0;
        for (auto const& part : parts_of(content))
            if (auto wrong = read_part(part, by_model, where + ".parts[" + std::to_string(index++) + "]")) return wrong;
        return std::nullopt;
    }

    /// As many responses as there were calls, each to one of them.
    rejection expect_responses(json::value const& content) {
        if (!has_part(content, "functionResponse")) return no_response();
        for (auto const& part : parts_of(content)) {
            auto const* const response = proto_member(part, "functionResponse");
            if (response == nullptr) continue;
            auto const answers = [response](json::value const* call) {
                return text_member(*call, "name") == text_member(*response, "name") &&
                       text_member(*call, "id") == text_member(*response, "id");
            };
            auto const call = std::ranges::find_if(pending_, answers);
            if (call == pending_.end())
                return bad_request("Function response " + quoted(text_member(*response, "name")) +
                                   " does not match a function call of the previous turn.");
            pending_.erase(call);
        }
        if (pending_.empty()) return std::nullopt;
        return bad_request(
            "Please ensure that the number of function response parts is equal to the number of function call parts "
            "of the function call turn.");
    }

    rejection read_part(json::value const& part, bool by_model, std::string const& where) {
        auto const has = [&part](std::string_view field) { return proto_member(part, field) != nullptr; };
        auto const count = std::ranges::count_if(data_fields, has);
        if (count == 0)
            return bad_request(where + ".data: required oneof field 'data' must have one initialized field");
        if (count > 1)
            return bad_request("Invalid value at '" + where.substr(25) +
                               "' (oneof), oneof field 'data' is already set. Cannot set another.");
        if (auto const* text = proto_member(part, "text")) add_text(view(text->get_string()), by_model);
        if (auto const* call = proto_member(part, "functionCall")) return read_call(*call, by_model, where);
        if (auto const* answer = proto_member(part, "functionResponse")) return read_response(*answer, by_model, where);
        if (auto const* blob = proto_member(part, "inlineData"))
            if (proto_member(*blob, "mimeType") == nullptr)
                return bad_request(where + ".inline_data.mime_type: must not be empty");
        return std::nullopt;
    }

    rejection read_call(json::value const& call, bool by_model, std::string const& where) {
        if (!by_model) return bad_request("Function call parts are only allowed in turns of the model.");
        if (text_member(call, "name").empty()) return bad_request(where + ".function_call.name: Name cannot be empty.");
        pending_.push_back(&call);
        return std::nullopt;
    }

    rejection read_response(json::value const& answer, bool by_model, std::string const& where) {
        if (by_model) return bad_request("Function response parts are only allowed in turns of the user.");
        if (text_member(answer, "name").empty())
            return bad_request(where + ".function_response.name: Name cannot be empty.");
        auto const* const response = member(answer, "response");
        if (response == nullptr) return bad_request(where + ".function_response.response: must be set");
        auto const* output = member(*response, "output");
        if (output == nullptr) output = member(*response, "error");
        if (output == nullptr) output = response;
        std::string text = output->is_string() ? std::string{view(output->get_string())} : to_json(*output);
        chat_.prompt_bytes += text.size() + 16;
        chat_.tool_results.push_back(std::move(text));
        return std::nullopt;
    }

    void add_text(std::string_view text, bool by_model) {
        chat_.prompt_bytes += text.size() + 16;
        if (by_model || text.empty()) return;
        chat_.add_user_text(text);
        chat_.last_user_text = text;
    }

    /// In the current turn, which began with what the user said last, the first call of each step is signed.
    [[nodiscard]] static rejection check_signatures(value_list contents) {
        auto begin = contents.size();
        while (begin > 0) {
            auto const& content = contents[begin - 1];
            if (text_member(content, "role") != "model" && !has_part(content, "functionResponse")) break;
            --begin;
        }
        for (auto i = begin; i < contents.size(); ++i)
            if (text_member(contents[i], "role") == "model")
                if (auto wrong = check_step(parts_of(contents[i]), i)) return wrong;
        return std::nullopt;
    }

    [[nodiscard]] static rejection check_step(value_list parts, std::size_t position) {
        for (auto const& part : parts) {
            auto const* const call = proto_member(part, "functionCall");
            if (call == nullptr) continue;
            auto const* const signature = proto_member(part, "thoughtSignature");
            if (signature == nullptr)
                return bad_request(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                    "work correctly, and missing thought_signature may lead to degraded model performance. Additional "
                    "data, function call `default_api:" +
                    std::string{text_member(*call, "name")} + "` , position " + std::to_string(position + 1) + ".");
            auto const given = view(signature->get_string());
            if (given == "skip_thought_signature_validator" || given == "context_engineering_is_the_way_to_go")
                return std::nullopt;
            static json::value const nothing = json::object{};
            auto const* const arguments = member(*call, "args");
            if (given == gemini_signature(text_member(*call, "name"), arguments != nullptr ? *arguments : nothing))
                return std::nullopt;
            return bad_request("Corrupted thought signature.");
        }
        return std::nullopt;
    }

    parsed_chat& chat_;
    std::vector<json::value const*> pending_{};  ///< Calls that wait for their responses.
    bool after_user_{false};
};

}  // namespace

bool is_older_gemini(std::string_view model) noexcept {
    return model.starts_with("gemini-1") || model.starts_with("gemini-2");
}

std::string gemini_signature(std::string_view name, json::value const& arguments) {
    return make_id(hash_json(arguments, hash_bytes(name, 0x5197)), 32);
}

rejection read_gemini_contents(json::value const* contents, parsed_chat& chat) {
    auto const list = proto_items(contents);
    if (list.empty()) return bad_request("* GenerateContentRequest.contents: contents is not specified\n");
    return contents_reader{chat}.read(list);
}

}  // namespace coax::sim::detail
