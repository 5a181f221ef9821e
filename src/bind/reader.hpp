#pragma once

#include "bind/fast_path.hpp"
#include "bind/parse_frame.hpp"
#include "bind/roots.hpp"
#include "json/internal/scanner.hpp"

#include <coax/bind/read.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coax::bind::detail {

/// Reads one text into one value in one pass, without a tree in between. Its functions are in read_*.cpp, by what they
/// read.
///
/// A text that arrives in pieces (`partial_`) is read by the same functions: strings, lists and objects as far as they
/// are there, any other value when it is complete. Where the text ends, all functions return, and save in `partial_`
/// what is open.
class reader : protected json::detail::scanner {
public:
    reader(std::string_view text, json::read_options const& options);

    /// Reads the whole text. What is wrong is in `violations()`.
    void read_document(type_descriptor const& type, void* into);

    using scanner::text;
    using scanner::violations;

protected:
    // --- around the value (read_response.cpp) ---

    [[nodiscard]] bool skip_code_fence();
    [[nodiscard]] bool expect_document_end();
    bool in_code_fence_{false};

    // --- any value (reader.cpp) ---

    /// Reads a value. One that does not fit is reported and skipped. False: the walk has ended.
    [[nodiscard]] bool read(type_descriptor const& type, void* into) {
        skip_space();
        if (char const* const stop = try_fast_path(type, into, at_, end_, options_.check_utf8); stop != nullptr) {
            at_ = stop;
            return true;
        }
        return read_slow_path(type, into);
    }

    // --- texts that arrive in pieces (read_partial.cpp) ---

    /// From here on the text is incomplete; `state` keeps how far it has been read.
    void begin_partial(partial_state& state);
    /// Continues to read the root value. True: it is complete.
    [[nodiscard]] bool resume(type_descriptor const& type, void* into);
    /// Allows more work for trying the alternatives of variants.
    void add_retry_budget(std::size_t text_bytes) { retry_budget_ += text_bytes * 16; }

    [[nodiscard]] json::read_options const& options() const { return options_; }
    [[nodiscard]] bool has_leniency() const { return has_leniency_; }
    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - text().data()); }

private:
    [[nodiscard]] bool read_slow_path(type_descriptor const& type, void* into) {
        return partial_ != nullptr ? read_partial(type, into) : read_kind(type, into);
    }
    [[nodiscard]] bool read_kind(type_descriptor const& type, void* into);
    /// Reads a value that its type does not begin with: only leniency may allow it.
    [[nodiscard]] bool read_mismatch(type_descriptor const& type, void* into);
    /// Skips the next value and reports that it does not fit the type.
    [[nodiscard]] bool report_mismatch(std::string expected);
    /// Reports a value that was skipped, at `where`, unless the options ignore it.
    [[nodiscard]] bool report_value(std::string expected, std::string found, char const* where);
    /// Adds a violation somewhere in the value that starts at `value`.
    /// @param below  JSON pointer from that value to the wrong one.
    [[nodiscard]] bool add_violation_below(std::string_view below, std::string expected, std::string found,
                                           char const* value);

    // --- a value among prose (read_response.cpp) ---

    void read_alone(type_descriptor const& type, void* into);
    void read_among_prose(type_descriptor const& type, void* into);
    [[nodiscard]] bool is_one_value(std::size_t begin);
    [[nodiscard]] bool read_last_fitting(std::vector<root_span> const& roots, std::size_t begin,
                                         type_descriptor const& type, void* into);
    [[nodiscard]] bool read_again(std::size_t at, type_descriptor const& type, void* into);
    void report_root(std::vector<root_span> const& roots, std::size_t begin, std::size_t answer_begin,
                     type_descriptor const& type, void* into);
    /// Starts again at another place.
    void go_to(std::size_t at);
    /// Makes a value that was read in part as good as new.
    static void reset_value(type_descriptor const& type, void* into);

    // --- values that only leniency allows (read_leniency.cpp) ---

    enum class leniency_outcome { not_applicable, read, ended };
    [[nodiscard]] leniency_outcome read_with_leniency(type_descriptor const& type, void* into);
    [[nodiscard]] leniency_outcome read_single_quoted(type_descriptor const& type, void* into);
    [[nodiscard]] leniency_outcome read_scalar_in_string(type_descriptor const& type, void* into);
    [[nodiscard]] leniency_outcome read_scalar_as_string(void* into);
    [[nodiscard]] leniency_outcome read_python_boolean(void* into);

    // --- numbers, strings and names (read_scalar.cpp) ---

    [[nodiscard]] bool read_integer(type_descriptor const& type, void* into);
    [[nodiscard]] bool store_in_range(type_descriptor const& type, void* into, bool negative, std::uint64_t size,
                                      char const* stop);
    [[nodiscard]] bool report_out_of_range(type_descriptor const& type);
    [[nodiscard]] bool read_real(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_enum(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_formatted(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_any(void* into);

    // --- optionals, pointers and lists (read_list.cpp) ---

    [[nodiscard]] bool read_nullable(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_converted(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_sequence(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_items_of(parse_frame& frame);
    [[nodiscard]] std::size_t estimate_item_count(parse_frame const& frame, std::size_t item_bytes) const;
    [[nodiscard]] bool read_fixed_array(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_collection(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_tuple(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_flags(type_descriptor const& type, void* into);
    template <class ReadItem>
    [[nodiscard]] bool open_list(type_descriptor const& type, void* into, ReadItem read_item);
    template <class ReadItem>
    [[nodiscard]] bool read_items(parse_frame& frame, ReadItem read_item);
    template <class ReadItem>
    [[nodiscard]] bool read_exactly(std::size_t wanted, type_descriptor const& type, void* into, ReadItem read_item);
    struct element_context {
        reader& self;
        type_descriptor const& type;
    };
    /// Reads a value where only its container can reach. @param context  An `element_context`.
    [[nodiscard]] static bool read_element(void* context, void* element);
    [[nodiscard]] static bool read_shown(void* context, void* shown);

    // --- structs and maps (read_members.cpp) ---

    [[nodiscard]] bool read_object(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_map(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_members_of(parse_frame& frame);
    [[nodiscard]] bool read_members(parse_frame& frame, struct_descriptor const& structure, void* const* members);
    enum class key_found { key, end, stop };
    [[nodiscard]] key_found take_key_or_end(parse_frame& frame, struct_descriptor const& structure, frame_state& next);
    [[nodiscard]] bool take_key(parse_frame& frame);
    [[nodiscard]] bool take_expected_key(struct_descriptor const& structure, parse_frame& frame, char before,
                                         char const*& at);
    [[nodiscard]] bool skip_foreign_member(struct_descriptor const& structure, parse_frame& frame, char const*& at);
    [[nodiscard]] bool take_next_key(struct_descriptor const& structure, parse_frame& frame, char const*& at);
    [[nodiscard]] bool check_key(parse_frame const& frame);
    [[nodiscard]] bool read_field(parse_frame& frame, field_descriptor const& field, void* member, char const*& at);
    [[nodiscard]] bool read_other_member(parse_frame& frame, char const*& at);
    [[nodiscard]] bool read_entry(parse_frame& frame);
    [[nodiscard]] bool check_field(parse_frame const& frame, field_descriptor const& field, void* value);
    void mend_constant(field_descriptor const& field, void* value) const;
    [[nodiscard]] bool end_object(parse_frame const& frame, struct_descriptor const& structure, void* const* members);
    [[nodiscard]] bool report_missing(parse_frame const& frame, struct_descriptor const& structure);

    // --- variants (read_variant.cpp) ---

    [[nodiscard]] bool read_variant(type_descriptor const& type, void* into);
    [[nodiscard]] bool read_tagged(variant_descriptor const& variant, void* into);
    enum class attempt { fits, differs, ended };
    [[nodiscard]] attempt try_alternatives(variant_descriptor const& variant, void* into, bool exact,
                                           std::size_t& best);
    [[nodiscard]] attempt try_alternative(alternative_descriptor const& alternative, void* into, char const* start,
                                          bool exact);
    void spend_retry_budget(std::size_t bytes);

    // --- texts that arrive in pieces ---

    [[nodiscard]] bool read_partial(type_descriptor const& type, void* into);
    /// Whether something of the next value can be read now: it can grow, or is complete.
    [[nodiscard]] bool can_read_now(type_descriptor const& type);
    [[nodiscard]] bool can_grow(type_descriptor const& type, char first) const;
    [[nodiscard]] bool is_token_complete();
    [[nodiscard]] bool need_more();
    /// Reports what is there instead of `expected`, unless the text has just not arrived yet.
    [[nodiscard]] bool fail_or_need_more(std::string_view expected);
    /// Leaves an object or list that cannot be read further now; saves it if more text may come. Returns false.
    bool save_frame(parse_frame& frame, frame_state next);
    [[nodiscard]] bool read_complete(type_descriptor const& type, void* into);
    [[nodiscard]] bool start_string(std::string& into);
    [[nodiscard]] bool continue_string();
    void relink_frames();

    /// Takes the opening bracket of an object or list.
    [[nodiscard]] parse_frame open_frame(type_descriptor const& type, void* into) {
        return {.type = &type,
                .into = into,
                .begin_offset = static_cast<std::size_t>(at_++ - text().data()),
                .violations_before = violations_.size(),
                .link = {.parent = path_}};
    }

    json::read_options const& options_;
    bool const has_leniency_;
    bool refuse_unknown_;
    std::size_t retry_budget_;
    char const* failed_at_{nullptr};   ///< The first error in the alternative tried last.
    char const* ignored_at_{nullptr};  ///< The value that was ignored last, as it did not fit.
    partial_state* partial_{nullptr};  ///< Null: the text is complete.
};

}  // namespace coax::bind::detail
