#pragma once

#include "provider/openai_decode.hpp"
#include "provider/openai_reasoning.hpp"
#include "provider/response_limits.hpp"

#include <coax/chat/tool.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax::detail {

/// The tool calls of a stream, put together from their fragments.
///
/// A fragment belongs to the call of its index, else of its id, else to the last one. Servers take liberties with that:
/// parallel calls share an index, indices or ids are missing, names come in pieces or with each fragment, ids change on
/// the way. So a new id with a name begins a new call whatever the index says, as do a name and arguments after those
/// of a call that is complete; an id that changes without a name does not.
class growing_calls {
public:
    explicit growing_calls(std::string_view service) : service_{service} {}

    /// @param shown  Takes the fragment, with the id and the name of its call.
    /// Errors: `errc::too_large`.
    template <class Text>
    [[nodiscard]] result<void> add(openai_tool_call<Text>& wire, response_size& size, std::vector<tool_call>& shown) {
        bool const custom = wire.function.name.empty() && (!wire.custom.name.empty() || !wire.custom.input.empty());
        return add({.index = wire.index,
                    .id = std::move(wire.id),
                    .name = std::move(custom ? wire.custom.name : wire.function.name),
                    .arguments = custom ? std::move(wire.custom.input) : take_arguments(wire.function.arguments),
                    .extra = std::move(wire.extra_content),
                    .custom = custom},
                   size, shown);
    }

    /// The predecessor of tool calls: there is but one.
    template <class Text>
    [[nodiscard]] result<void> add(openai_function<Text>& wire, response_size& size, std::vector<tool_call>& shown) {
        auto arguments = take_arguments(wire.arguments);
        if (wire.name.empty() && arguments.empty()) return {};
        return add({.index = 0, .name = std::move(wire.name), .arguments = std::move(arguments)}, size, shown);
    }

    [[nodiscard]] bool empty() const noexcept { return calls_.empty(); }
    /// The whole calls; call once.
    [[nodiscard]] std::vector<tool_call> take();
    /// What goes back with them; call after `take`.
    void take_returned(returned_reasoning& back);

private:
    struct fragment {
        std::int64_t index{-1};
        std::string id{};
        std::string name{};
        std::string arguments{};
        json_value extra{};
        bool custom{false};
    };
    struct partial_call {
        std::int64_t index{-1};
        tool_call call{};
        json_value extra{};
        bool custom{false};
    };

    [[nodiscard]] result<void> add(fragment piece, response_size& size, std::vector<tool_call>& shown);
    [[nodiscard]] partial_call* find(fragment const& piece);
    [[nodiscard]] static bool begins_another(partial_call const& known, fragment const& piece);
    static void join_name(tool_call& call, std::string&& piece);

    std::string_view service_;
    std::vector<partial_call> calls_{};
};

}  // namespace coax::detail
