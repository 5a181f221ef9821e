#pragma once

#include <coax/json/detail/plan.hpp>
#include <coax/json/dialect.hpp>

#include <cstddef>
#include <string_view>

namespace coax::json::detail {

/// Why a dialect cannot say a type.
enum class schema_problem : unsigned char {
    none,
    root_not_object,
    map,
    any_value,
    recursive,
    too_deep,
    too_many_properties,
    too_many_enum_values,
    too_many_optionals,
};

/// A schema, or why there is none.
struct schema_text {
    std::string_view text{};
    schema_problem problem{schema_problem::none};
};

/// The keywords of a `doc` that dialects treat differently, one bit each.
enum keyword : unsigned {
    keyword_minimum = 1,
    keyword_maximum = 2,
    keyword_min_length = 4,
    keyword_max_length = 8,
    keyword_pattern = 16,
    keyword_format = 32,
    keyword_min_items = 64,
    keyword_max_items = 128,
    keyword_all = 255,
};

/// What a service's dialect can say. What is not kept moves into the description, for the model to read.
struct dialect_rules {
    bool object_root;               ///< The root must be a struct.
    bool closed;                    ///< Every object says `additionalProperties: false`, so there are no maps.
    bool all_required;              ///< Every key is required.
    bool null_union;                ///< An optional's type is a union with null.
    bool recursion;                 ///< A type may contain itself.
    bool reference_siblings;        ///< `$ref` may stand beside other keywords.
    unsigned kept;                  ///< Keywords that stay.
    std::size_t largest_min_items;  ///< `minItems` stays up to this.
    std::size_t most_levels;
    std::size_t most_properties;
    std::size_t most_enum_values;
    std::size_t most_optionals;
    std::string_view formats;  ///< Formats that stay, each between spaces; empty: all.
};

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

/// In the order of `schema_dialect`. Source: OpenAI's guide to Structured Outputs, "Supported schemas"; Anthropic's
/// guide to structured outputs, "JSON Schema limitations".
inline constexpr dialect_rules all_dialect_rules[] = {
    {.object_root = false,
     .closed = false,
     .all_required = false,
     .null_union = true,
     .recursion = true,
     .reference_siblings = true,
     .kept = keyword_all,
     .largest_min_items = no_limit,
     .most_levels = no_limit,
     .most_properties = no_limit,
     .most_enum_values = no_limit,
     .most_optionals = no_limit,
     .formats = ""},
    {.object_root = true,
     .closed = true,
     .all_required = true,
     .null_union = true,
     .recursion = true,
     .reference_siblings = false,
     .kept =
         keyword_minimum | keyword_maximum | keyword_pattern | keyword_format | keyword_min_items | keyword_max_items,
     .largest_min_items = no_limit,
     .most_levels = 10,
     .most_properties = 5000,
     .most_enum_values = 1000,
     .most_optionals = no_limit,
     .formats = " date-time time date duration email hostname ipv4 ipv6 uuid "},
    {.object_root = true,
     .closed = true,
     .all_required = false,
     .null_union = false,
     .recursion = false,
     .reference_siblings = false,
     .kept = keyword_format | keyword_min_items,
     .largest_min_items = 1,
     .most_levels = no_limit,
     .most_properties = no_limit,
     .most_enum_values = no_limit,
     .most_optionals = 24,
     .formats = " date-time time date duration email hostname uri ipv4 ipv6 uuid "},
};

constexpr dialect_rules const& rules_of(schema_dialect dialect) {
    return all_dialect_rules[static_cast<std::size_t>(dialect)];
}

/// Whether a dialect keeps a `format`.
constexpr bool keeps_format(dialect_rules const& rules, std::string_view format) {
    if (rules.formats.empty()) return true;
    auto const at = rules.formats.find(format);
    return at != std::string_view::npos && at > 0 && rules.formats[at - 1] == ' ' &&
           rules.formats[at + format.size()] == ' ';
}

/// Counts the text, or writes it if there is a place for it.
class schema_sink {
public:
    constexpr explicit schema_sink(char* out) : out_{out} {}

    constexpr void add(char c) {
        if (out_ != nullptr) out_[size_] = c;
        ++size_;
    }
    constexpr void add(std::string_view text) {
        if (out_ != nullptr) copy(text);
        size_ += text.size();
    }
    /// Adds the inside of a JSON string.
    constexpr void add_escaped(std::string_view text) {
        std::size_t plain = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            auto const c = static_cast<unsigned char>(text[i]);
            if (c >= 0x20 && c != '"' && c != '\\') continue;
            add(text.substr(plain, i - plain));
            add_escape(c);
            plain = i + 1;
        }
        add(text.substr(plain));
    }
    constexpr void add_string(std::string_view text) {
        add('"');
        add_escaped(text);
        add('"');
    }
    constexpr void add_number(unsigned long long number) {
        char digits[20]{};
        std::size_t count = 0;
        do {
            digits[count++] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        while (count != 0) add(digits[--count]);
    }
    constexpr void add_number(doc_number const& number) {
        if (number.kind == doc_number::form::real) {
            add_real(number.real);
        } else {
            if (number.integer < 0) add('-');
            auto const bits = static_cast<unsigned long long>(number.integer);
            add_number(number.integer < 0 ? 0 - bits : bits);
        }
    }

    [[nodiscard]] constexpr std::size_t size() const { return size_; }

private:
    constexpr void copy(std::string_view text) {
#if defined(__clang__)
        if (!text.empty()) __builtin_memcpy(out_ + size_, text.data(), text.size());  // one step for the compiler
#else
        for (std::size_t i = 0; i < text.size(); ++i) out_[size_ + i] = text[i];
#endif
    }
    constexpr void add_escape(unsigned char c) {
        constexpr char digits[] = "0123456789abcdef";
        add('\\');
        if (c == '"' || c == '\\') {
            add(static_cast<char>(c));
        } else if (c == '\n') {
            add('n');
        } else if (c == '\t') {
            add('t');
        } else {
            add("u00");
            add(digits[c >> 4]);
            add(digits[c & 15]);
        }
    }
    /// The shortest decimal of up to 15 digits that is exactly this double, as a person would have written it;
    /// 17 digits and an exponent for the rest.
    constexpr void add_real(double number) {
        if (number < 0) {
            add('-');
            number = -number;
        }
        int exponent = 0;
        for (; number >= 1e15; ++exponent) number /= 10;
        for (; number != 0 && number < 1e-6; --exponent) number *= 10;
        double power = 1;
        int decimals = 0;
        auto digits = static_cast<unsigned long long>(number + 0.5);
        while (static_cast<double>(digits) / power != number && number * power * 10 < 9e15) {
            power *= 10;
            ++decimals;
            digits = static_cast<unsigned long long>(number * power + 0.5);
        }
        auto const scale = static_cast<unsigned long long>(power);
        add_number(digits / scale);
        if (decimals != 0) {
            add('.');
            auto fraction = digits % scale;
            for (auto place = scale / 10; place != 0; place /= 10) add(static_cast<char>('0' + fraction / place % 10));
        }
        if (exponent != 0) {
            add('e');
            add_number(doc_number{exponent});
        }
    }

    char* out_;
    std::size_t size_{0};
};

/// The structs met on the way. It grows by itself: a fixed array would cost the compiler its full size for each schema.
class struct_list {
public:
    struct entry {
        plan const* type{nullptr};
        bool open{false};
        bool recursive{false};
    };

    constexpr struct_list() = default;
    struct_list(struct_list const&) = delete;
    struct_list& operator=(struct_list const&) = delete;
    constexpr ~struct_list() { delete[] entries_; }

    constexpr void add(plan const& type) {
        if (size_ == capacity_) grow();
        entries_[size_++] = {&type, true, false};
    }
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    constexpr entry& operator[](std::size_t index) { return entries_[index]; }
    constexpr entry* find(plan const& type) {
        for (std::size_t i = 0; i < size_; ++i)
            if (entries_[i].type == &type) return entries_ + i;
        return nullptr;
    }

private:
    constexpr void grow() {
        capacity_ = capacity_ == 0 ? 4 : capacity_ * 2;
        auto* const larger = new entry[capacity_];
        for (std::size_t i = 0; i < size_; ++i) larger[i] = entries_[i];
        delete[] entries_;
        entries_ = larger;
    }

    entry* entries_{nullptr};
    std::size_t size_{0};
    std::size_t capacity_{0};
};

/// Writes the schema of one type in one dialect. The whole of it runs in the compiler.
class schema_emitter {
public:
    constexpr schema_emitter(dialect_rules const& rules, char* out) : rules_{rules}, sink_{out} {}

    constexpr void emit_document(plan const& root) {
        root_ = &root;
        if (rules_.object_root && root.what != kind::object) return fail(schema_problem::root_not_object);
        find_recursion(root);
        if (problem_ != schema_problem::none) return;
        if (root.what == kind::object)
            emit_object(root, nullptr, false, true);
        else
            emit(root, nullptr, false);
        if (rules_.most_properties < properties_) fail(schema_problem::too_many_properties);
        if (rules_.most_enum_values < enum_values_) fail(schema_problem::too_many_enum_values);
        if (rules_.most_optionals < optionals_) fail(schema_problem::too_many_optionals);
    }

    [[nodiscard]] constexpr std::size_t size() const { return sink_.size(); }
    [[nodiscard]] constexpr schema_problem problem() const { return problem_; }

private:
    constexpr void fail(schema_problem problem) {
        if (problem_ == schema_problem::none) problem_ = problem;
    }

    // --- which structs contain themselves ---

    /// Walks every struct once, depth first; one that is met again while it is still open contains itself.
    constexpr void find_recursion(plan const& type) {
        if (type.inner != nullptr) return find_recursion(*type.inner);
        if (type.variant != nullptr)
            for (std::size_t i = 0; i < type.variant->count; ++i) find_recursion(*type.variant->alternatives[i].type);
        if (type.structure == nullptr) return;
        if (auto* const before = seen_.find(type); before != nullptr) {
            if (before->open) {
                before->recursive = true;
                if (!rules_.recursion) fail(schema_problem::recursive);
            }
            return;
        }
        auto const index = seen_.size();
        seen_.add(type);
        for (std::size_t i = 0; i < type.structure->field_count; ++i)
            if (type.structure->fields[i].type != nullptr) find_recursion(*type.structure->fields[i].type);
        seen_[index].open = false;
    }

    constexpr bool is_recursive(plan const& type) {
        auto const* const entry = seen_.find(type);
        return entry != nullptr && entry->recursive;
    }

    /// The name under `$defs`. Two structs of one name in different namespaces are told apart by a number.
    constexpr void add_definition_name(plan const& type) {
        std::size_t same = 0;
        for (std::size_t i = 0; i < seen_.size() && seen_[i].type != &type; ++i)
            if (seen_[i].recursive && seen_[i].type->name == type.name) ++same;
        sink_.add(type.name);
        if (same == 0) return;
        sink_.add('_');
        sink_.add_number(same + 1);
    }

    // --- keywords ---

    constexpr void emit_type(std::string_view name, bool null) {
        sink_.add(null ? "\"type\":[\"" : "\"type\":\"");
        sink_.add(name);
        sink_.add(null ? "\",\"null\"]" : "\"");
    }

    struct bound {
        unsigned bit;
        std::string_view key;
        doc_number number;
        doc_text text;
    };

    constexpr bool keeps(bound const& entry) const {
        if ((rules_.kept & entry.bit) == 0) return false;
        if (entry.bit == keyword_format) return keeps_format(rules_, entry.text.view());
        if (entry.bit == keyword_min_items && rules_.largest_min_items != no_limit)
            return static_cast<std::size_t>(entry.number.integer) <= rules_.largest_min_items;
        return true;
    }

    /// Title, description and bounds, after a comma. Bounds that the dialect lacks follow the description in words.
    /// @param implicit  What the type itself says, such as the size of a std::array.
    constexpr void emit_doc(doc const* stated, doc_text description, doc const* implicit = nullptr) {
        if (stated == nullptr && implicit == nullptr && description.empty()) return;
        doc const nothing{};
        doc const& implied = implicit != nullptr ? *implicit : nothing;
        doc const& said = stated != nullptr ? *stated : implied;
        bound const bounds[] = {
            {keyword_minimum, "minimum", said.minimum.is_set() ? said.minimum : implied.minimum, {}},
            {keyword_maximum, "maximum", said.maximum, {}},
            {keyword_min_length, "minLength", said.min_length, {}},
            {keyword_max_length, "maxLength", said.max_length, {}},
            {keyword_pattern, "pattern", {}, said.pattern},
            {keyword_format, "format", {}, said.format.empty() ? implied.format : said.format},
            {keyword_min_items, "minItems", said.min_items, {}},
            {keyword_max_items, "maxItems", said.max_items, {}},
        };
        bool moves = false;
        for (auto const& entry : bounds) moves = moves || (is_said(entry) && !keeps(entry));
        if (!said.title.empty()) {
            sink_.add(",\"title\":");
            sink_.add_string(said.title.view());
        }
        if (!said.description.empty()) description = said.description;
        if (!description.empty() || moves) {
            sink_.add(",\"description\":\"");
            sink_.add_escaped(description.view());
            if (moves) emit_moved(bounds, description.empty());
            sink_.add('"');
        }
        for (auto const& entry : bounds)
            if (is_said(entry) && keeps(entry)) emit_bound(entry);
    }

    static constexpr bool is_said(bound const& entry) { return entry.number.is_set() || !entry.text.empty(); }

    constexpr void emit_bound(bound const& entry) {
        sink_.add(",\"");
        sink_.add(entry.key);
        sink_.add("\":");
        if (entry.number.is_set())
            sink_.add_number(entry.number);
        else
            sink_.add_string(entry.text.view());
    }

    constexpr void emit_moved(bound const (&bounds)[8], bool alone) {
        sink_.add(alone ? "{" : "\\n\\n{");
        bool first = true;
        for (auto const& entry : bounds) {
            if (!is_said(entry) || keeps(entry)) continue;
            if (!first) sink_.add(", ");
            first = false;
            sink_.add(entry.key);
            sink_.add(": ");
            if (entry.number.is_set())
                sink_.add_number(entry.number);
            else
                sink_.add_escaped(entry.text.view());
        }
        sink_.add('}');
    }

    // --- types ---

    constexpr void emit(plan const& type, doc const* stated, bool null) {
        switch (type.what) {
            case kind::nullable: return emit(*type.inner, stated, rules_.null_union);
            case kind::object:
                return is_recursive(type) ? emit_reference(type, stated, null) : emit_object(type, stated, null, false);
            case kind::variant: return emit_variant(type, stated, null);
            case kind::any: return emit_any(stated);
            default: break;
        }
        sink_.add('{');
        switch (type.what) {
            case kind::boolean: emit_simple("boolean", stated, null); break;
            case kind::signed_integer: emit_simple("integer", stated, null); break;
            case kind::unsigned_integer: emit_simple("integer", stated, null, &natural); break;
            case kind::real: emit_simple("number", stated, null); break;
            case kind::date_time: emit_simple("string", stated, null, &date_time); break;
            case kind::enumeration: emit_enum(type, stated, null); break;
            case kind::sequence:
            case kind::fixed_array: emit_list(type, stated, null); break;
            case kind::map: emit_map(type, stated, null); break;
            default: emit_simple("string", stated, null); break;
        }
        sink_.add('}');
    }

    static constexpr doc natural{.minimum = 0};
    static constexpr doc date_time{.format = "date-time"};

    constexpr void emit_simple(std::string_view name, doc const* stated, bool null, doc const* implicit = nullptr) {
        emit_type(name, null);
        emit_doc(stated, {}, implicit);
    }

    constexpr void emit_enum(plan const& type, doc const* stated, bool null) {
        emit_type("string", null);
        sink_.add(",\"enum\":[");
        for (std::size_t i = 0; i < type.enumeration->count; ++i) {
            if (i != 0) sink_.add(',');
            sink_.add('"');
            sink_.add(type.enumeration->names[i]);
            sink_.add('"');
        }
        sink_.add(null ? ",null]" : "]");
        enum_values_ += type.enumeration->count;
        emit_doc(stated, {});
    }

    /// Bounds of numbers and strings, stated of a list or map, are meant for what is in it.
    constexpr void emit_inner(plan const& inner, doc const* stated) {
        if (stated == nullptr) return emit(inner, nullptr, false);
        doc each = *stated;
        each.description = each.title = each.name = {};
        each.min_items = each.max_items = {};
        emit(inner, each == doc{} ? nullptr : &each, false);
    }

    static constexpr doc without_inner(doc const* stated) {
        doc own{};
        if (stated == nullptr) return own;
        own.title = stated->title;
        own.description = stated->description;
        own.min_items = stated->min_items;
        own.max_items = stated->max_items;
        return own;
    }

    constexpr void emit_list(plan const& type, doc const* stated, bool null) {
        enter();
        emit_type("array", null);
        sink_.add(",\"items\":");
        emit_inner(*type.inner, stated);
        if (stated != nullptr || type.what == kind::fixed_array) {
            doc own = without_inner(stated);
            if (type.what == kind::fixed_array)
                own.min_items = own.max_items = doc_number{static_cast<long long>(type.sequence->fixed_size)};
            emit_doc(&own, {});
        }
        leave();
    }

    constexpr void emit_map(plan const& type, doc const* stated, bool null) {
        if (rules_.closed) return fail(schema_problem::map);
        enter();
        emit_type("object", null);
        sink_.add(",\"additionalProperties\":");
        emit_inner(*type.inner, stated);
        doc own = without_inner(stated);
        auto const fewest = own.min_items;
        auto const most = own.max_items;
        own.min_items = own.max_items = {};
        emit_doc(&own, {});
        if (fewest.is_set()) emit_bound({0, "minProperties", fewest, {}});  // an object counts its properties
        if (most.is_set()) emit_bound({0, "maxProperties", most, {}});
        leave();
    }

    constexpr void emit_any(doc const* stated) {
        if (rules_.closed) return fail(schema_problem::any_value);
        sink_.add(stated != nullptr ? "{\"type\":[\"object\",\"array\",\"string\",\"number\",\"boolean\",\"null\"]"
                                    : "{");
        if (stated != nullptr) emit_doc(stated, {});
        sink_.add('}');
    }

    constexpr void emit_variant(plan const& type, doc const* stated, bool null) {
        sink_.add("{\"anyOf\":[");
        for (std::size_t i = 0; i < type.variant->count; ++i) {
            if (i != 0) sink_.add(',');
            emit(*type.variant->alternatives[i].type, nullptr, false);
        }
        sink_.add(null ? ",{\"type\":\"null\"}]" : "]");
        emit_doc(stated, {});
        sink_.add('}');
    }

    constexpr void emit_reference(plan const& type, doc const* stated, bool null) {
        if (null) sink_.add("{\"anyOf\":[");
        sink_.add("{\"$ref\":\"#");
        if (&type != root_) {
            sink_.add("/$defs/");
            add_definition_name(type);
        }
        sink_.add('"');
        if (null) sink_.add("},{\"type\":\"null\"}]");
        if (null || rules_.reference_siblings) emit_doc(stated, {});
        sink_.add('}');
    }

    constexpr void emit_object(plan const& type, doc const* stated, bool null, bool is_root) {
        enter();
        auto const& structure = *type.structure;
        sink_.add('{');
        emit_type("object", null);
        emit_doc(stated != nullptr ? stated : structure.documentation,
                 structure.documentation != nullptr ? structure.documentation->description : doc_text{});
        sink_.add(",\"properties\":{");
        bool first = true;
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            auto const& field = structure.fields[i];
            if (field.type == nullptr) continue;
            if (!first) sink_.add(',');
            first = false;
            ++properties_;
            if (!field.required) ++optionals_;
            sink_.add_string(field.name);
            sink_.add(':');
            emit(*field.type, field.documentation, false);
        }
        sink_.add('}');
        emit_required(structure);
        if (rules_.closed) sink_.add(",\"additionalProperties\":false");
        if (is_root) emit_definitions();
        sink_.add('}');
        leave();
    }

    constexpr void emit_required(struct_plan const& structure) {
        sink_.add(",\"required\":[");
        bool first = true;
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            auto const& field = structure.fields[i];
            if (field.type == nullptr || (!field.required && !rules_.all_required)) continue;
            if (!first) sink_.add(',');
            first = false;
            sink_.add_string(field.name);
        }
        sink_.add(']');
    }

    constexpr void emit_definitions() {
        bool first = true;
        for (std::size_t i = 0; i < seen_.size(); ++i) {
            if (!seen_[i].recursive || seen_[i].type == root_) continue;
            sink_.add(first ? ",\"$defs\":{\"" : ",\"");
            first = false;
            add_definition_name(*seen_[i].type);
            sink_.add("\":");
            emit_object(*seen_[i].type, nullptr, false, false);
        }
        if (!first) sink_.add('}');
    }

    constexpr void enter() {
        if (++level_ > rules_.most_levels) fail(schema_problem::too_deep);
    }
    constexpr void leave() { --level_; }

    dialect_rules const& rules_;
    schema_sink sink_;
    plan const* root_{nullptr};
    schema_problem problem_{schema_problem::none};
    std::size_t level_{0};
    std::size_t properties_{0};
    std::size_t enum_values_{0};
    std::size_t optionals_{0};
    struct_list seen_{};
};

}  // namespace coax::json::detail
