#pragma once

#include "bind/fast_path.hpp"
#include "bind/parse_frame.hpp"
#include "json/internal/scanner.hpp"

#include <coax/bind/read.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace coax::bind::detail {

/// Reads one text into one value, field by field as the text has them. Its functions are in read_*.cpp, by what they
/// read.
///
/// A text that is cut (`cut_`) is read by the same functions: a value that can grow is read as far as it is there, any
/// other one when it is there to its end. Where the text ends, all functions return, and leave in `cut_` what is open.
class reader : protected json::detail::scanner {
public:
    reader(std::string_view text, json::read_options const& options);

    /// Reads the whole text. What is wrong is in `violations()`.
    void read_document(type_descriptor const& type, void* into);

    using scanner::text;
    using scanner::violations;

protected:
    // --- around the value (strip_markdown.cpp) ---

    /// What comes before the value: a fence, or words.
    void skip_markdown(type_descriptor const& type);
    /// The bracket that every value of a type begins with; 0: there is none.
    [[nodiscard]] static char bracket_of(type_descriptor const& type);
    [[nodiscard]] static char common_bracket(variant_descriptor const& variant);
    [[nodiscard]] bool skip_fence();
    [[nodiscard]] bool take_end();
    bool fenced_{false};

    // --- any value (reader.cpp) ---

    /// Reads a value. False ends the walk; a value that does not fit is noted, skipped, and the walk goes on.
    [[nodiscard]] bool read(type_descriptor const& type, void* into) {
        skip_space();
        if (char const* const stop = try_fast_path(type, into, at_, end_, options_.check_utf8); stop != nullptr) {
            at_ = stop;
            return true;
        }
        return read_closely(type, into);
    }

    // --- texts that are cut (read_cut.cpp) ---

    /// From here on the text may be cut; `state` says where reading stands.
    void expect_cuts(partial_state& state);
    /// Reads a value as far as its text is there, beginning where it was left. True: to its end.
    [[nodiscard]] bool read_on(type_descriptor const& type, void* into);
    /// Alternatives may be tried over again in so many more bytes.
    void add_budget(std::size_t text_bytes) { retry_budget_ += text_bytes * 16; }

    [[nodiscard]] json::read_options const& options() const { return options_; }
    [[nodiscard]] bool is_lenient() const { return is_lenient_; }
    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - text().data()); }

private:
    /// Where the text may be cut, or is forgiven.
    [[nodiscard]] bool read_carefully(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_closely(type_descriptor const& type, void* into) {
        return is_careful_ ? read_carefully(type, into) : read_kind(type, into);
    }
    [[nodiscard]] bool read_kind(type_descriptor const& type, void* into);
    /// The next value is not what the type wants.
    [[nodiscard]] bool refuse(type_descriptor const& type);
    [[nodiscard]] bool refuse(std::string const& expected);
    /// Keeps a violation of what is below the value that starts at `value`.
    /// @param below  A JSON pointer without its first slash.
    [[nodiscard]] bool note_below(std::string_view below, std::string message, char const* value);

    void skip_prose(char bracket);
    void forget_trouble();

    // --- values that only leniency knows (read_lenient.cpp) ---

    enum class forgiven { nothing, value, end };
    [[nodiscard]] forgiven read_leniently(type_descriptor const& type, void* into);
    [[nodiscard]] forgiven take_none(type_descriptor const& type, void* into);
    [[nodiscard]] forgiven read_special(type_descriptor const& type, void* into);
    [[nodiscard]] forgiven read_single_quoted(type_descriptor const& type, void* into);
    [[nodiscard]] forgiven read_inside(type_descriptor const& type, void* into);
    [[nodiscard]] forgiven read_as_text(void* into);
    [[nodiscard]] forgiven read_python_boolean(void* into);

    // --- numbers, strings and names (read_scalar.cpp) ---

    [[nodiscard]] bool read_null(type_descriptor const& type);
    [[nodiscard]] bool read_integer(type_descriptor const& type, void* into);
    [[nodiscard]] bool store_if_it_fits(type_descriptor const& type, void* into, bool negative, std::uint64_t size,
                                        char const* stop);
    [[nodiscard]] bool refuse_integer(type_descriptor const& type);
    [[nodiscard]] bool read_real(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_string(type_descriptor const& type, std::string& into);
    [[nodiscard]] bool read_enum(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_formatted(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_any(void* into);

    // --- holders and lists (read_list.cpp) ---

    [[nodiscard]] bool read_nullable(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_converted(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_sequence(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_items_of(parse_frame& here);
    [[nodiscard]] std::size_t foresee_items(parse_frame const& here, std::size_t item_bytes) const;
    [[nodiscard]] bool read_fixed_array(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_collection(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_tuple(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_flags(type_descriptor const& type, void* into);
    template <class ReadItem>
    [[nodiscard]] bool open_list(type_descriptor const& type, void* into, ReadItem read_item);
    template <class ReadItem>
    [[nodiscard]] bool read_items(parse_frame& here, ReadItem read_item);
    template <class Take>
    [[nodiscard]] added fill_with(type_descriptor const& inner, Take take_element);

    // --- structs and maps (read_members.cpp) ---

    [[nodiscard]] bool read_object(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_map(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_members_of(parse_frame& here);
    [[nodiscard]] bool read_members(parse_frame& here, struct_descriptor const& structure, void* const* members);
    enum class key_found { key, end, nothing };
    [[nodiscard]] key_found take_key_or_end(parse_frame& here, struct_descriptor const& structure, frame_state& next);
    [[nodiscard]] bool take_key(parse_frame& here);
    [[nodiscard]] bool take_expected_key(struct_descriptor const& structure, parse_frame& here, char before,
                                         char const*& at);
    [[nodiscard]] bool note_key(parse_frame const& here);
    [[nodiscard]] bool read_field(parse_frame& here, field_descriptor const& field, void* member, char const*& at);
    [[nodiscard]] bool read_unnamed(parse_frame& here, char const*& at);
    [[nodiscard]] bool read_entry(parse_frame& here);
    [[nodiscard]] bool check_field(parse_frame const& here, field_descriptor const& field, void const* value);
    [[nodiscard]] bool end_object(parse_frame const& here, struct_descriptor const& structure, void* const* members);
    [[nodiscard]] bool note_missing(parse_frame const& here, struct_descriptor const& structure);

    // --- variants (read_variant.cpp) ---

    [[nodiscard]] bool read_variant(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_tagged(variant_descriptor const& variant, void* into);
    enum class attempt { fits, differs, ended };
    [[nodiscard]] attempt try_alternatives(variant_descriptor const& variant, void* into, bool exact,
                                           std::size_t& best);
    [[nodiscard]] attempt try_alternative(alternative_descriptor const& alternative, void* into, char const* start,
                                          bool exact);
    void spend(std::size_t bytes);

    // --- texts that are cut ---

    /// Whether a value may be read now: as far as it is there if it grows, else because it is there to its end.
    [[nodiscard]] bool is_there(type_descriptor const& type);
    [[nodiscard]] bool grows(type_descriptor const& type, char first) const;
    [[nodiscard]] bool token_is_whole();
    [[nodiscard]] bool need_more();
    /// Something else comes where JSON wants `expected`; or the text is cut before it.
    [[nodiscard]] bool lack(std::string_view expected);
    /// Leaves an object or list that cannot be read on, and keeps it if the text may go on.
    bool leave_open(parse_frame& here, frame_state next);
    [[nodiscard]] bool read_whole(type_descriptor const& type, void* into);
    [[nodiscard]] bool begin_string(std::string& into);
    [[nodiscard]] bool grow_string();
    void link_places();

    [[nodiscard]] parse_frame open_here(type_descriptor const& type, void* into) const {
        return {.type = &type,
                .into = into,
                .opened_at = offset(),
                .opened_with = violations_.size(),
                .link = {.parent = path_}};
    }

    json::read_options const& options_;
    bool const is_lenient_;
    bool is_careful_;  ///< Lenient, or the text may be cut: more is to be decided before a value is read.
    bool refuse_unknown_;
    std::size_t retry_budget_;
    char const* stopped_at_{nullptr};  ///< Where the alternative that was tried last is wrong.
    partial_state* cut_{nullptr};      ///< Null: the text is not cut.
};

}  // namespace coax::bind::detail
