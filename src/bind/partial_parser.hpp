#pragma once

#include "bind/reader.hpp"
#include "bind/thoughts.hpp"

#include <coax/bind/partial_reader.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coax::bind::detail {

/// What the base class `reader` refers to, and so must be made before it.
struct parser_input {
    json::read_options input_options;
    std::string input_text{};
};

/// Reads a text that arrives in pieces, with the code of `json::read`. It stops at an error, keeps the text, and at the
/// end the whole text is read again.
class partial_parser : public partial_core, private parser_input, private reader {
public:
    partial_parser(type_descriptor const& type, void* into, json::read_options const& options);

    void feed(std::string_view bytes) override;
    [[nodiscard]] bool finish() override;
    [[nodiscard]] bool is_complete() const override { return state_ == state::complete; }
    [[nodiscard]] std::optional<error> problem() const override;
    [[nodiscard]] std::string_view text() const override { return input_text; }
    [[nodiscard]] json::read_options const& options() const override { return input_options; }

    // --- how much is there (presence.cpp) ---

    [[nodiscard]] json::presence presence_at(std::string_view pointer) const override;
    [[nodiscard]] json::presence presence_of(void const* member) const override;
    [[nodiscard]] std::size_t open_items(void const* member) const override;

private:
    enum class state : unsigned char {
        before,  ///< The value has not begun; prose or a code fence may come.
        inside,
        complete
    };

    void run();
    [[nodiscard]] bool find_start();
    [[nodiscard]] bool find_root_start();
    [[nodiscard]] bool skip_partial_thought();
    [[nodiscard]] bool is_mark_cut() const;
    [[nodiscard]] bool is_token_behind_bracket() const;
    [[nodiscard]] bool skip_partial_fence();
    [[nodiscard]] bool allows_surrounding_text() const {
        return input_options.leniency.prose || input_options.leniency.code_fences;
    }

    [[nodiscard]] json::presence presence_of_child(std::size_t level, std::string_view rest) const;
    [[nodiscard]] json::presence presence_below(std::size_t level, std::string_view rest) const;
    [[nodiscard]] json::presence presence_of_field(std::size_t level, std::size_t index, std::string_view rest) const;

    type_descriptor const& type_;
    void* const into_;
    partial_state progress_{};
    state state_{state::inside};
    bool stopped_{false};         ///< There was an error; the value does not grow any more.
    bool start_is_guess_{false};  ///< Prose came first, so this bracket may not be the value's.
    std::optional<thought_scanner> thought_{};
};

}  // namespace coax::bind::detail
