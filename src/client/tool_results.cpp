#include "client/tool_loop.hpp"

#include <coax/provider/provider.hpp>

#include <string_view>
#include <utility>

namespace coax::detail {
namespace {

/// Why the service takes no such messages; empty: it does.
std::string refusal_of(provider const& service, std::vector<message> messages) {
    auto const encoded = service.encode({.model = "m", .messages = std::move(messages)}, false);
    return encoded ? std::string{} : encoded.error().message;
}

void add_line(std::string& text, std::string_view line) { text.append(text.empty() ? "" : "\n").append(line); }

/// Puts the results of one turn where the service takes them.
class result_writer {
public:
    explicit result_writer(provider const& service) : service_{service} {}

    [[nodiscard]] message write(tool_call const& call, tool_output&& output) {
        auto result = tool_result(call.id, std::move(output.text), output.failed);
        bool is_shown = false;
        for (auto& part : output.parts)
            if (part.text() != nullptr)
                add_line(result.text, part.text()->text);
            else if (is_taken(call, part))
                result.parts.push_back(std::move(part));
            else
                is_shown |= show(call, std::move(part), !is_shown, result.text);
        if (is_shown) add_line(result.text, "[The next message of the user shows what else this tool gave.]");
        if (!result.parts.empty() && !result.text.empty())
            result.parts.insert(result.parts.begin(), text_part{std::exchange(result.text, {})});
        return result;
    }
    /// What the user's message after the results shows.
    [[nodiscard]] std::vector<content_part> shown() { return std::move(shown_); }

private:
    [[nodiscard]] bool is_taken(tool_call const& call, content_part const& part) const {
        message const result{.role = role::tool, .parts = {part}, .tool_call_id = call.id};
        return refusal_of(service_, {user("x"), {.role = role::assistant, .tool_calls = {call}}, result}).empty();
    }

    /// @returns Whether the user's message can show it. Otherwise the text says that it is missing.
    bool show(tool_call const& call, content_part part, bool is_first, std::string& text) {
        auto const why = refusal_of(service_, {{.parts = {text_part{"x"}, part}}});
        if (!why.empty()) return add_line(text, "[Something that this tool gave was left out: " + why + "]"), false;
        if (is_first) shown_.emplace_back(text_part{"From the tool " + call.name + ", call " + call.id + ":"});
        shown_.push_back(std::move(part));
        return true;
    }

    provider const& service_;
    std::vector<content_part> shown_{};
};

}  // namespace

std::vector<message> result_messages(provider const& service, std::vector<tool_call> const& calls,
                                     std::vector<tool_output> outputs) {
    std::vector<message> messages;
    messages.reserve(calls.size() + 1);
    result_writer writer{service};
    for (std::size_t i = 0; i < calls.size(); ++i) messages.push_back(writer.write(calls[i], std::move(outputs[i])));
    if (auto shown = writer.shown(); !shown.empty()) messages.push_back({.parts = std::move(shown)});
    return messages;
}

}  // namespace coax::detail
