#pragma once

#include "open_place.hpp"
#include "quick_value.hpp"
#include "scanner.hpp"

#include <coax/json/read.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace coax::json::detail {

/// Reads one text into one value, field by field as the text has them. Its functions are in read_*.cpp, by what they read.
///
/// A text that is cut (`cut_`) is read by the same functions: a value that can grow is read as far as it is there, any
/// other one when it is there to its end. Where the text ends, all functions return, and leave in `cut_` what is open.
class reader : protected scanner {
public:
    reader(std::string_view text, read_options const& options);

    /// Reads the whole text. What is wrong is in `violations()`.
    void read_document(plan const& type, void* into);

    using scanner::text;
    using scanner::violations;

protected:
    // --- around the value (read_wrapping.cpp) ---

    /// What comes before the value: a fence, or words.
    void skip_wrapping(plan const& type);
    /// The bracket that every value of a type begins with; 0: there is none.
    [[nodiscard]] static char bracket_of(plan const& type);
    [[nodiscard]] static char common_bracket(variant_plan const& variant);
    [[nodiscard]] bool skip_fence();
    [[nodiscard]] bool take_end();
    bool fenced_{false};

    // --- any value (reader.cpp) ---

    /// Reads a value. False ends the walk; a value that does not fit is noted, skipped, and the walk goes on.
    [[nodiscard]] bool read(plan const& type, void* into) {
        skip_space();
        if (char const* const stop = read_quickly(type, into, at_, end_, options_.check_utf8); stop != nullptr) {
            at_ = stop;
            return true;
        }
        return read_closely(type, into);
    }

    // --- texts that are cut (read_cut.cpp) ---

    /// From here on the text may be cut; `state` says where reading stands.
    void expect_cuts(cut_reading& state);
    /// Reads a value as far as its text is there, beginning where it was left. True: to its end.
    [[nodiscard]] bool read_on(plan const& type, void* into);
    /// Alternatives may be tried over again in so many more bytes.
    void add_budget(std::size_t text_bytes) { retry_budget_ += text_bytes * 16; }

    [[nodiscard]] read_options const& options() const { return options_; }
    [[nodiscard]] bool is_lenient() const { return is_lenient_; }
    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - text().data()); }

private:
    /// Where the text may be cut, or is forgiven.
    [[nodiscard]] bool read_carefully(plan const& type, void* into);
    [[nodiscard]] bool read_closely(plan const& type, void* into) {
        return is_careful_ ? read_carefully(type, into) : read_kind(type, into);
    }
    [[nodiscard]] bool read_kind(plan const& type, void* into);
    /// The next value is not what the type wants.
    [[nodiscard]] bool refuse(plan const& type);
    [[nodiscard]] bool refuse(std::string const& expected);
    /// Keeps a violation of what is below the value that starts at `value`.
    /// @param below  A JSON pointer without its first slash.
    [[nodiscard]] bool note_below(std::string_view below, std::string message, char const* value);

    void skip_prose(char bracket);
    void forget_trouble();

    // --- values that only leniency knows (read_lenient.cpp) ---

    enum class forgiven { nothing, value, end };
    [[nodiscard]] forgiven read_leniently(plan const& type, void* into);
    [[nodiscard]] forgiven take_none(plan const& type, void* into);
    [[nodiscard]] forgiven read_special(plan const& type, void* into);
    [[nodiscard]] forgiven read_single_quoted(plan const& type, void* into);
    [[nodiscard]] forgiven read_inside(plan const& type, void* into);
    [[nodiscard]] forgiven read_as_text(void* into);
    [[nodiscard]] forgiven read_python_boolean(void* into);

    // --- numbers, strings and names (read_scalar.cpp) ---

    [[nodiscard]] bool read_null(plan const& type);
    [[nodiscard]] bool read_integer(plan const& type, void* into);
    [[nodiscard]] bool store_if_it_fits(plan const& type, void* into, bool negative, std::uint64_t size, char const* stop);
    [[nodiscard]] bool refuse_integer(plan const& type);
    [[nodiscard]] bool read_real(plan const& type, void* into);
    [[nodiscard]] bool read_string(plan const& type, std::string& into);
    [[nodiscard]] bool read_enum(plan const& type, void* into);
    [[nodiscard]] bool read_formatted(plan const& type, void* into);
    [[nodiscard]] bool read_any(void* into);

    // --- holders and lists (read_list.cpp) ---

    [[nodiscard]] bool read_nullable(plan const& type, void* into);
    [[nodiscard]] bool read_converted(plan const& type, void* into);
    [[nodiscard]] bool read_sequence(plan const& type, void* into);
    [[nodiscard]] bool read_items_of(open_place& here);
    [[nodiscard]] std::size_t foresee_items(open_place const& here, std::size_t item_bytes) const;
    [[nodiscard]] bool read_fixed_array(plan const& type, void* into);
    [[nodiscard]] bool read_collection(plan const& type, void* into);
    [[nodiscard]] bool read_tuple(plan const& type, void* into);
    [[nodiscard]] bool read_flags(plan const& type, void* into);
    template <class ReadItem>
    [[nodiscard]] bool open_list(plan const& type, void* into, ReadItem read_item);
    template <class ReadItem>
    [[nodiscard]] bool read_items(open_place& here, ReadItem read_item);
    template <class Take>
    [[nodiscard]] added fill_with(plan const& inner, Take take_element);

    // --- structs and maps (read_members.cpp) ---

    [[nodiscard]] bool read_object(plan const& type, void* into);
    [[nodiscard]] bool read_map(plan const& type, void* into);
    [[nodiscard]] bool read_members_of(open_place& here);
    [[nodiscard]] bool read_members(open_place& here, struct_plan const& structure, void* const* members);
    enum class key_found { key, end, nothing };
    [[nodiscard]] key_found take_key_or_end(open_place& here, struct_plan const& structure, turn& next);
    [[nodiscard]] bool take_key(open_place& here);
    [[nodiscard]] bool take_expected_key(struct_plan const& structure, open_place& here, char before, char const*& at);
    [[nodiscard]] bool note_key(open_place const& here);
    [[nodiscard]] bool read_field(open_place& here, field_plan const& field, void* member, char const*& at);
    [[nodiscard]] bool read_unnamed(open_place& here, char const*& at);
    [[nodiscard]] bool read_entry(open_place& here);
    [[nodiscard]] bool check_field(open_place const& here, field_plan const& field, void const* value);
    [[nodiscard]] bool end_object(open_place const& here, struct_plan const& structure, void* const* members);
    [[nodiscard]] bool note_missing(open_place const& here, struct_plan const& structure);

    // --- variants (read_variant.cpp) ---

    [[nodiscard]] bool read_variant(plan const& type, void* into);
    [[nodiscard]] bool read_tagged(variant_plan const& variant, void* into);
    enum class attempt { fits, differs, ended };
    [[nodiscard]] attempt try_alternatives(variant_plan const& variant, void* into, bool exact, std::size_t& best);
    [[nodiscard]] attempt try_alternative(alternative_plan const& alternative, void* into, char const* start, bool exact);
    void spend(std::size_t bytes);

    // --- texts that are cut ---

    /// Whether a value may be read now: as far as it is there if it grows, else because it is there to its end.
    [[nodiscard]] bool is_there(plan const& type);
    [[nodiscard]] bool grows(plan const& type, char first) const;
    [[nodiscard]] bool token_is_whole();
    [[nodiscard]] bool starve();
    /// Something else comes where JSON wants `expected`; or the text is cut before it.
    [[nodiscard]] bool lack(std::string_view expected);
    /// Leaves an object or list that cannot be read on, and keeps it if the text may go on.
    bool leave_open(open_place& here, turn next);
    [[nodiscard]] bool read_whole(plan const& type, void* into);
    [[nodiscard]] bool begin_string(std::string& into);
    [[nodiscard]] bool grow_string();
    void link_places();

    [[nodiscard]] open_place open_here(plan const& type, void* into) const {
        return {.type = &type, .into = into, .opened_at = offset(), .opened_with = violations_.size(), .link = {.parent = path_}};
    }

    read_options const& options_;
    bool const is_lenient_;
    bool is_careful_;  ///< Lenient, or the text may be cut: more is to be decided before a value is read.
    bool refuse_unknown_;
    std::size_t retry_budget_;
    char const* stopped_at_{nullptr};  ///< Where the alternative that was tried last is wrong.
    cut_reading* cut_{nullptr};        ///< Null: the text is not cut.
};

}  // namespace coax::json::detail
