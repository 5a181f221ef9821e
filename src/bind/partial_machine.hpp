#pragma once

#include "bind/reader.hpp"

#include <coax/bind/partial_reader.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coax::bind::detail {

/// What a machine's reader refers to, and so is there before it.
struct machine_text {
    json::read_options kept_options;
    std::string kept_text{};
};

/// The reader of a text that arrives in pieces: what has arrived is read by the code of `read`, as far as it is there.
/// What is wrong stops it: the whole text, kept for this, is then read again at its end.
class partial_machine : private machine_text, private reader {
public:
    partial_machine(type_descriptor const& type, void* into, json::read_options const& options);

    void feed(std::string_view bytes);
    /// The text is at its end. True: the value is what `read` would have made of it.
    [[nodiscard]] bool settle();
    [[nodiscard]] bool is_complete() const { return state_ == state::complete; }
    [[nodiscard]] std::optional<error> problem() const;
    [[nodiscard]] std::string_view text() const { return kept_text; }
    [[nodiscard]] json::read_options const& options() const { return kept_options; }

    // --- how much is there (arrival.cpp) ---

    [[nodiscard]] json::presence at(std::string_view pointer) const;
    [[nodiscard]] json::presence of(void const* member) const;
    [[nodiscard]] std::size_t open_items(void const* member) const;

private:
    enum class state : unsigned char {
        before,  ///< The value has not begun; words or a fence may come.
        inside,
        complete
    };

    void run();
    [[nodiscard]] bool find_value();
    [[nodiscard]] bool skip_words(char bracket);
    [[nodiscard]] bool skip_cut_fence();
    [[nodiscard]] bool may_be_more() const { return kept_options.leniency.prose || kept_options.leniency.code_fences; }

    [[nodiscard]] json::presence at_child(std::size_t level, std::string_view rest) const;
    [[nodiscard]] json::presence at_level(std::size_t level, std::string_view rest) const;
    [[nodiscard]] json::presence at_field(std::size_t level, std::size_t index, std::string_view rest) const;

    type_descriptor const& type_;
    void* const into_;
    partial_state reading_{};
    state state_{state::inside};
    bool stopped_{false};  ///< The value grows no more.
    bool guessed_{false};  ///< Words came first, so this bracket need not begin the value.
};

}  // namespace coax::bind::detail
