#include "bind/ecma_pattern.hpp"

#include "json/internal/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace coax::bind::detail {
namespace {

struct property_alias {
    std::string_view name;
    std::string_view short_name;
};

/// The general categories by their long names. Source: Unicode, PropertyValueAliases.txt.
constexpr property_alias general_categories[] = {
    {"Other", "C"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Unassigned", "Cn"},
    {"Private_Use", "Co"},
    {"Surrogate", "Cs"},
    {"Letter", "L"},
    {"Cased_Letter", "L&"},
    {"Lowercase_Letter", "Ll"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Titlecase_Letter", "Lt"},
    {"Uppercase_Letter", "Lu"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Close_Punctuation", "Pe"},
    {"Final_Punctuation", "Pf"},
    {"Initial_Punctuation", "Pi"},
    {"Other_Punctuation", "Po"},
    {"Open_Punctuation", "Ps"},
    {"Symbol", "S"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Math_Symbol", "Sm"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Space_Separator", "Zs"},
};

/// What `\s` is besides PCRE2's.
constexpr std::string_view more_spaces =
    R"(\x{a0}\x{feff}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

class translator {
public:
    explicit translator(std::string_view pattern) : rest_{pattern} {}

    std::string translate() {
        while (!rest_.empty()) {
            if (rest_.front() == '\\' && rest_.size() > 1)
                translate_escape();
            else
                translate_character();
        }
        return std::move(out_);
    }

private:
    void translate_character() {
        char const c = rest_.front();
        if (c == '.' && !in_class_) {
            replace(1, R"([^\n\r\x{2028}\x{2029}])");
            return;
        }
        if (c == '[' && !in_class_)
            in_class_ = true;
        else if (c == ']')
            in_class_ = false;
        keep(1);
    }

    void translate_escape() {
        switch (rest_[1]) {
            case 'p':
            case 'P': return translate_property();
            case 's': return translate_spaces("[", "]");
            case 'S':
                if (in_class_) return keep(2);
                return translate_spaces("[^", "]");
            case 'u': return translate_code_point();
            case 'v': return replace(2, R"(\x0b)");
            default: return keep(2);
        }
    }

    void translate_spaces(std::string_view open, std::string_view close) {
        if (!in_class_) out_ += open;
        replace(2, R"(\s)");
        out_ += more_spaces;
        if (!in_class_) out_ += close;
    }

    void translate_property() {
        auto const end = rest_.find('}');
        if (rest_.size() < 3 || rest_[2] != '{' || end == rest_.npos) return keep(2);
        auto name = rest_.substr(3, end - 3);
        for (std::string_view const prefix : {"General_Category=", "gc="})
            if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
        auto const* const found = std::find_if(std::begin(general_categories), std::end(general_categories),
                                               [&](auto const& each) { return each.name == name; });
        out_.append(rest_.substr(0, 3)).append(found != std::end(general_categories) ? found->short_name : name);
        replace(end + 1, "}");
    }

    /// \u0041, \u{41}, and \ud83d\ude00 for one code point.
    void translate_code_point() {
        std::uint32_t code = 0;
        auto size = take_code_unit(rest_, code);
        if (size == 0) return keep(2);
        std::uint32_t low = 0;
        auto const is_pair = code >= 0xD800 && code < 0xDC00 && rest_.size() > size + 1 &&
                             rest_.substr(size).starts_with("\\u") && take_code_unit(rest_.substr(size), low) == 6 &&
                             low >= 0xDC00 && low < 0xE000;
        if (is_pair) {
            code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
            size += 6;
        }
        char digits[8];
        auto const end = std::to_chars(std::begin(digits), std::end(digits), code, 16).ptr;
        out_.append(R"(\x{)").append(std::begin(digits), end);
        replace(size, "}");
    }
    /// How many bytes the escape has; 0: it is none.
    static std::size_t take_code_unit(std::string_view text, std::uint32_t& code) {
        bool const is_braced = text.size() > 2 && text[2] == '{';
        auto const close = text.find('}');
        if (is_braced && close == text.npos) return 0;
        auto const digits = is_braced ? text.substr(3, close - 3) : text.substr(2, 4);
        auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        bool const is_whole = read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
        if (!is_whole || (!is_braced && digits.size() != 4)) return 0;
        return is_braced ? digits.size() + 4 : 6;
    }

    void keep(std::size_t count) { replace(count, rest_.substr(0, count)); }
    void replace(std::size_t count, std::string_view by) {
        out_ += by;
        rest_.remove_prefix(count);
    }

    std::string_view rest_;
    std::string out_{};
    bool in_class_{false};
};

}  // namespace

std::string to_pcre(std::string_view pattern) { return translator{pattern}.translate(); }

}  // namespace coax::bind::detail
