#pragma once

#include <coax/bind/detail/descriptor_of.hpp>
#include <coax/core/result.hpp>
#include <coax/json/leniency.hpp>
#include <coax/json/value.hpp>
#include <coax/json/violation.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace coax::json {

/// How JSON text is read into a value.
struct read_options {
    /// Levels of arrays and objects. Deeper text is an error. Range: [1, 1000].
    std::size_t max_depth{64};
    /// Keys that the struct does not have are errors; otherwise they are skipped, though still checked to be JSON.
    bool refuse_unknown_keys{false};
    /// An object with keys of which the struct has none is an error, where it would else be read as one without keys:
    /// for structs that need no field, and schemas that allow no other keys.
    bool refuse_foreign_objects{false};
    /// A key that comes twice is an error; otherwise the last one counts.
    bool refuse_duplicate_keys{false};
    /// Strings must be UTF-8.
    bool check_utf8{true};
    /// A field that is neither optional nor a pointer must be there; otherwise it keeps its initial value.
    bool require_fields{true};
    /// `null` for a field that cannot be null leaves its initial value; otherwise it is an error.
    bool null_is_absent{false};
    /// A value that does not fit its field leaves the field's initial value; otherwise it is an error. What is no JSON
    /// stays one.
    bool ignore_mismatches{false};
    /// What `coax::doc` says of ranges, lengths, patterns and counts is checked.
    bool check_docs{true};
    /// Longer texts are an error before they are looked at. 0: no bound but memory.
    std::size_t max_bytes{256U << 20U};
    /// Violations told at once; reading ends with the last of them. Range: [1, 1000].
    std::size_t max_violations{8};
    /// What is accepted beyond strict JSON. Default: nothing.
    json::leniency leniency{};

    friend bool operator==(read_options const&, read_options const&) = default;
};

/// For what services send: tolerant of missing and null members and of bad text, and checks no docs.
inline constexpr read_options wire_options{.max_depth = 128,
                                           .require_fields = false,
                                           .null_is_absent = true,
                                           .check_docs = false,
                                           .leniency = {.special_numbers = true, .bad_utf8 = true}};

}  // namespace coax::json

namespace coax::bind::detail {

[[nodiscard]] result<void> read_text(std::string_view text, type_descriptor const& type, void* into,
                                     json::read_options const& options);
[[nodiscard]] std::vector<json::violation> examine_text(std::string_view text, type_descriptor const& type, void* into,
                                                        json::read_options const& options);

}  // namespace coax::bind::detail

namespace coax::json {

/// Reads JSON text into an existing value, in one pass and without a tree in between.
/// Fields not in the text keep their values if `require_fields` is off. After an error `into` holds what was read.
///
/// Errors: `errc::invalid_json`. `where` is the JSON pointer of the first violation; `message` says what was expected,
/// what was found, at which line and column, for up to `max_violations` at once, so that a model can mend them.
template <class T>
[[nodiscard]] result<void> read_into(T& into, std::string_view text, read_options const& options = {}) {
    return bind::detail::read_text(text, bind::detail::descriptor_of<T>, &into, options);
}

/// Reads JSON text as a `T`. Errors: as `read_into`.
template <class T>
[[nodiscard]] result<T> read(std::string_view text, read_options const& options = {}) {
    result<T> outcome{T{}};
    if (auto done = bind::detail::read_text(text, bind::detail::descriptor_of<T>, &*outcome, options); !done)
        outcome = std::move(done).error();
    return outcome;
}

/// The same of a JSON value.
template <class T>
[[nodiscard]] result<T> read(json_value const& value, read_options const& options = {}) {
    return read<T>(value.text(), options);
}

/// What is wrong with a text that should be a `T`, in the order of the text. Empty: `read` accepts it.
template <class T>
[[nodiscard]] std::vector<violation> find_violations(std::string_view text, read_options const& options = {}) {
    T value{};
    return bind::detail::examine_text(text, bind::detail::descriptor_of<T>, &value, options);
}

}  // namespace coax::json
