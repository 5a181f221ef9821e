#include <coax/chat/message.hpp>

#include <string>
#include <utility>

namespace coax {

bool tool_definition::operator==(tool_definition const& other) const = default;
bool tool_call::operator==(tool_call const& other) const = default;
bool tool_choice::operator==(tool_choice const& other) const = default;
bool message::operator==(message const& other) const = default;

message system(std::string text) { return {.role = role::system, .text = std::move(text)}; }
message system(char const* text) { return system(std::string{text}); }
message developer(std::string text) { return {.role = role::developer, .text = std::move(text)}; }
message user(std::string text) { return {.role = role::user, .text = std::move(text)}; }
message assistant(std::string text) { return {.role = role::assistant, .text = std::move(text)}; }

message tool_result(std::string tool_call_id, std::string text, bool failed) {
    return {
        .role = role::tool, .text = std::move(text), .tool_call_id = std::move(tool_call_id), .tool_failed = failed};
}

}  // namespace coax
