#pragma once

#include <coax/core/detail/toolchain.hpp>

namespace coax::json {

/// What a reader accepts beyond strict JSON of the wanted type, each by its own name. Default: nothing.
/// A `coax::json_value` holds JSON: of all this only `bad_utf8` and `special_numbers` apply to it, and mend it.
struct leniency {
    /// A Markdown fence around the value: ```json ... ```.
    bool code_fences{false};
    /// Text before and after the value, for objects, maps and lists, and thoughts (<think>...</think>) before any
    /// value. The last one is taken that fits the type and is not inside of another value or a thought, unless the text
    /// ends in a cut one.
    bool prose{false};
    /// A comma before a closing bracket.
    bool trailing_commas{false};
    /// // comments to the end of the line and /* comments */, from the first bracket on.
    bool comments{false};
    /// 'text' and 'key' in single quotes.
    bool single_quotes{false};
    /// {key: 1}: keys of letters, digits, '_', '-' and '$' without quotes.
    bool bare_keys{false};
    /// NaN, Infinity and -Infinity for reals; `null` in a `coax::json_value`.
    bool special_numbers{false};
    /// True, False and None, as Python writes them.
    bool python_words{false};
    /// "3" for a number and "true" for a boolean.
    bool scalars_in_strings{false};
    /// 3 or true for a string.
    bool scalars_as_strings{false};
    /// An enum's name in another case, or with '-' or ' ' for '_', where that means one enumerator only.
    bool enum_case{false};
    /// A number that its type cannot hold becomes the nearest that it can.
    bool clamp_numbers{false};
    /// Line breaks, tabs and other control characters inside strings.
    bool control_characters{false};
    /// A backslash before any character stands for that character; halves of surrogate pairs become U+FFFD.
    bool bad_escapes{false};
    /// Bytes that are not UTF-8, and halves of surrogate pairs, become U+FFFD. A byte order mark before the text is
    /// skipped.
    bool bad_utf8{false};

    friend bool operator==(leniency const&, leniency const&) = default;
};

/// Everything allowed, for models that nothing forces into a schema.
inline constexpr leniency full_leniency{true, true, true, true, true, true, true, true,
                                        true, true, true, true, true, true, true};

}  // namespace coax::json
