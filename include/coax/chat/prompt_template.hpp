#pragma once

#include <coax/core/result.hpp>
#include <coax/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace coax {

/// A prompt as one record makes it.
struct rendered_prompt {
    std::string system{};  ///< Empty: the template has no system part.
    std::string user{};
};

/// A prompt with places for a record's fields.
///
///     system:
///     You judge posts. Answer in English.
///     ---
///     Judge this post by {{author.name}}: {{text}}
///
/// `{{name}}` is a member of the record, `{{a.b}}` a member of a member, `{{record}}` the whole record as JSON; a
/// member called "record" or one whose name has a dot in it comes first. Text stands as it is, anything else as JSON.
/// `\{{` is two plain braces. A first line `system:` opens the system part, a line `---` ends it. Thread safety:
/// immutable.
class prompt_template {
public:
    /// @param where  The template's name in errors, such as its file.
    /// Errors: `errc::invalid_argument`, `where` is "name:line": an open brace, an empty name, no `---`, an empty
    /// prompt.
    [[nodiscard]] static result<prompt_template> parse(std::string_view text, std::string_view where = "prompt");

    /// @param null_is_empty  A null, and what is a member of one, stands as nothing; else a null is "null", and has no
    ///                       members.
    /// Errors: `errc::invalid_argument`, `where` is the field that the record does not have.
    [[nodiscard]] result<rendered_prompt> render(json_value const& record, bool null_is_empty = false) const;

    /// The names in the template, in order, repeats included.
    [[nodiscard]] std::vector<std::string> fields() const;

private:
    struct piece {
        std::string text{};
        bool is_field{false};
    };
    prompt_template() = default;

    [[nodiscard]] static result<std::vector<piece>> split(std::string_view text, std::string_view where, int line);

    std::vector<piece> system_;
    std::vector<piece> user_;
};

}  // namespace coax
