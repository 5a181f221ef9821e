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
    tuple,
    recursive,
    required_recursion,
    too_deep,
    too_many_properties,
    too_many_enum_values,
    too_many_optionals,
    too_many_unions,
    too_many_characters,
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
    keyword_exclusive_minimum = 256,
    keyword_exclusive_maximum = 512,
    keyword_multiple_of = 1024,
    keyword_unique_items = 2048,
    keyword_min_properties = 4096,
    keyword_max_properties = 8192,
    keyword_default = 16384,
    keyword_examples = 32768,
    keyword_deprecated = 65536,
    keyword_encoding = 131072,
    keyword_all = 262143,
    keyword_bounds = keyword_minimum | keyword_maximum | keyword_exclusive_minimum | keyword_exclusive_maximum,
};

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

/// What a service's dialect can say. What is not kept moves into the description, for the model to read.
struct dialect_rules {
    unsigned kept;                         ///< Keywords that stay.
    std::string_view formats{};            ///< Formats that stay, each between spaces; empty: all.
    bool object_root{false};               ///< The root must be a struct.
    bool closed{false};                    ///< Every object says `additionalProperties: false`.
    bool maps{true};                       ///< Objects may have any keys.
    bool any_value{true};                  ///< A value may have any type.
    bool tuples{true};                     ///< `prefixItems`.
    bool all_required{false};              ///< Every key is required.
    bool null_union{true};                 ///< An optional's type is a union with null.
    bool recursion{true};                  ///< A type may contain itself,
    bool optional_recursion{false};        ///< but only through a field that is not required.
    bool reference_siblings{false};        ///< `$ref` may stand beside other keywords.
    bool constants{true};                  ///< `const`; otherwise an enum of one.
    bool upper_types{false};               ///< "STRING", and `nullable` for null.
    bool ordering{false};                  ///< `propertyOrdering`.
    bool integer_bounds{false};            ///< Bounds stay with integers only.
    bool anchored_patterns{false};         ///< Patterns stay if they start with ^ and end with $.
    std::size_t largest_min_items{no_limit};  ///< `minItems` stays up to this.
    std::size_t most_levels{no_limit};
    std::size_t most_properties{no_limit};
    std::size_t most_enum_values{no_limit};
    std::size_t most_optionals{no_limit};
    std::size_t most_unions{no_limit};
    std::size_t most_characters{no_limit};       ///< Of names, enum values and constants.
    std::size_t most_enum_characters{no_limit};  ///< Of one enum with more than 250 values.
};

/// In the order of `schema_dialect`. Sources: OpenAI's guide to Structured Outputs, "Supported schemas"; Azure OpenAI's
/// page on structured outputs; Anthropic's guide to structured outputs, "JSON Schema limitations"; the Gemini API's
/// reference of `Schema` and of `responseJsonSchema`; llama.cpp's grammars/README.md, "JSON Schemas → GBNF".
inline constexpr dialect_rules all_dialect_rules[] = {
    {.kept = keyword_all, .reference_siblings = true},
    {.kept = keyword_bounds | keyword_multiple_of | keyword_pattern | keyword_format | keyword_min_items |
             keyword_max_items,
     .formats = " date-time time date duration email hostname ipv4 ipv6 uuid ",
     .object_root = true,
     .closed = true,
     .maps = false,
     .any_value = false,
     .tuples = false,
     .all_required = true,
     .most_levels = 10,
     .most_properties = 5000,
     .most_enum_values = 1000,
     .most_characters = 120'000,
     .most_enum_characters = 15'000},
    {.kept = keyword_format | keyword_min_items,
     .formats = " date-time time date duration email hostname uri ipv4 ipv6 uuid ",
     .object_root = true,
     .closed = true,
     .maps = false,
     .any_value = false,
     .tuples = false,
     .null_union = false,
     .recursion = false,
     .largest_min_items = 1,
     .most_optionals = 24,
     .most_unions = 16},
    {.kept = 0,
     .object_root = true,
     .closed = true,
     .maps = false,
     .any_value = false,
     .tuples = false,
     .all_required = true,
     .most_levels = 5,
     .most_properties = 100,
     .most_enum_values = 500,
     .most_characters = 15'000,
     .most_enum_characters = 7'500},
    {.kept = keyword_minimum | keyword_maximum | keyword_format | keyword_min_items | keyword_max_items,
     .null_union = false,
     .optional_recursion = true,
     .constants = false},
    {.kept = keyword_minimum | keyword_maximum | keyword_min_length | keyword_max_length | keyword_pattern |
             keyword_format | keyword_min_items | keyword_max_items | keyword_default,
     .formats = " date-time date ",
     .maps = false,
     .any_value = false,
     .tuples = false,
     .null_union = false,
     .recursion = false,
     .constants = false,
     .upper_types = true,
     .ordering = true},
    {.kept = keyword_bounds | keyword_min_length | keyword_max_length | keyword_pattern | keyword_format |
             keyword_min_items | keyword_max_items,
     .formats = " date-time date time uuid ",
     .tuples = false,
     .integer_bounds = true,
     .anchored_patterns = true},
};

constexpr dialect_rules const& rules_of(schema_dialect dialect) {
    return all_dialect_rules[static_cast<std::size_t>(dialect)];
}

/// Whether a dialect keeps a `format`.
constexpr bool keeps_format(dialect_rules const& rules, std::string_view format) {
    if (rules.formats.empty()) return true;
    for (auto at = rules.formats.find(format); at != std::string_view::npos; at = rules.formats.find(format, at + 1))
        if (at > 0 && rules.formats[at - 1] == ' ' && rules.formats[at + format.size()] == ' ') return true;
    return false;
}

/// Whether a dialect keeps a `pattern`.
constexpr bool keeps_pattern(dialect_rules const& rules, std::string_view pattern) {
    return !rules.anchored_patterns || (pattern.starts_with('^') && pattern.ends_with('$'));
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

/// What only some types need to say of their documentation.
struct doc_context {
    doc const* implied{nullptr};  ///< What the type itself says, such as its format.
    bool is_real{false};
    bool is_map{false};
    std::string_view encoding{};
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
        if (rules_.most_unions < unions_) fail(schema_problem::too_many_unions);
        if (rules_.most_characters < characters_) fail(schema_problem::too_many_characters);
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
        if (type.tuple != nullptr)
            for (std::size_t i = 0; i < type.tuple->count; ++i) find_recursion(*type.tuple->parts[i]);
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
        unions_ += null ? 1 : 0;
        sink_.add(null && !rules_.upper_types ? "\"type\":[\"" : "\"type\":\"");
        if (rules_.upper_types)
            for (char const c : name) sink_.add(static_cast<char>(c - 'a' + 'A'));
        else
            sink_.add(name);
        if (!null) return sink_.add('"');
        sink_.add(rules_.upper_types ? "\",\"nullable\":true" : "\",\"null\"]");
    }

    struct bound {
        unsigned bit;
        std::string_view key;
        doc_number number{};
        std::string_view text{};
        bool quoted{false};
    };

    constexpr bool keeps(bound const& entry, unsigned kept) const {
        if ((kept & entry.bit) == 0) return false;
        if (entry.bit == keyword_format) return keeps_format(rules_, entry.text);
        if (entry.bit == keyword_pattern) return keeps_pattern(rules_, entry.text);
        if (entry.bit == keyword_min_items && rules_.largest_min_items != no_limit)
            return static_cast<std::size_t>(entry.number.integer) <= rules_.largest_min_items;
        return true;
    }

    /// Calls `visitor` with every bound that is said.
    template <class Visitor>
    static constexpr void visit_bounds(doc const& said, doc const& implied, bool is_map, std::string_view encoding,
                                       Visitor visitor) {
        auto const number = [&](unsigned bit, std::string_view key, doc_number const& value) {
            if (value.is_set()) visitor(bound{bit, key, value});
        };
        auto const text = [&](unsigned bit, std::string_view key, std::string_view value, bool quoted) {
            if (!value.empty()) visitor(bound{bit, key, {}, value, quoted});
        };
        bool const above = said.minimum.is_set() || said.exclusive_minimum.is_set();
        number(keyword_minimum, "minimum", above ? said.minimum : implied.minimum);
        number(keyword_maximum, "maximum", said.maximum);
        number(keyword_exclusive_minimum, "exclusiveMinimum", said.exclusive_minimum);
        number(keyword_exclusive_maximum, "exclusiveMaximum", said.exclusive_maximum);
        number(keyword_multiple_of, "multipleOf", said.multiple_of);
        number(keyword_min_length, "minLength", said.min_length);
        number(keyword_max_length, "maxLength", said.max_length);
        text(keyword_pattern, "pattern", said.pattern.view(), true);
        text(keyword_format, "format", said.format.empty() ? implied.format.view() : said.format.view(), true);
        text(keyword_encoding, "contentEncoding", encoding, true);
        // An object counts its properties.
        number(is_map ? keyword_min_properties : keyword_min_items, is_map ? "minProperties" : "minItems",
               said.min_items);
        number(is_map ? keyword_max_properties : keyword_max_items, is_map ? "maxProperties" : "maxItems",
               said.max_items);
        text(keyword_unique_items, "uniqueItems", said.unique_items ? "true" : "", false);
        text(keyword_default, "default", said.default_value.view(), false);
        text(keyword_examples, "examples", said.examples.view(), false);
        text(keyword_deprecated, "deprecated", said.deprecated ? "true" : "", false);
    }

    /// Title, description and bounds, after a comma. Bounds that the dialect lacks follow the description in words.
    constexpr void emit_doc(doc const* stated, doc_text description, doc_context const& context = {}) {
        if (stated == nullptr && context.implied == nullptr && description.empty() && context.encoding.empty()) return;
        doc const nothing{};
        doc const& implied = context.implied != nullptr ? *context.implied : nothing;
        doc const& said = stated != nullptr ? *stated : implied;
        unsigned const kept =
            context.is_real && rules_.integer_bounds ? rules_.kept & ~unsigned{keyword_bounds} : rules_.kept;
        bool moves = false;
        visit_bounds(said, implied, context.is_map, context.encoding,
                     [&](bound const& entry) { moves = moves || !keeps(entry, kept); });
        if (!said.title.empty()) {
            sink_.add(",\"title\":");
            sink_.add_string(said.title.view());
        }
        if (!said.description.empty()) description = said.description;
        if (!description.empty() || moves) {
            sink_.add(",\"description\":\"");
            sink_.add_escaped(description.view());
            if (moves) {
                sink_.add(description.empty() ? "{" : "\\n\\n{");
                bool first = true;
                visit_bounds(said, implied, context.is_map, context.encoding, [&](bound const& entry) {
                    if (!keeps(entry, kept)) emit_moved(entry, first);
                });
                sink_.add('}');
            }
            sink_.add('"');
        }
        visit_bounds(said, implied, context.is_map, context.encoding, [&](bound const& entry) {
            if (keeps(entry, kept)) emit_bound(entry);
        });
    }

    constexpr void emit_bound(bound const& entry) {
        sink_.add(",\"");
        sink_.add(entry.key);
        sink_.add("\":");
        if (entry.number.is_set())
            sink_.add_number(entry.number);
        else if (entry.quoted)
            sink_.add_string(entry.text);
        else
            sink_.add(entry.text);
    }

    constexpr void emit_moved(bound const& entry, bool& first) {
        if (!first) sink_.add(", ");
        first = false;
        sink_.add(entry.key);
        sink_.add(": ");
        if (entry.number.is_set())
            sink_.add_number(entry.number);
        else
            sink_.add_escaped(entry.text);
    }

    // --- types ---

    constexpr void emit(plan const& type, doc const* stated, bool null) {
        switch (type.what) {
            case kind::nullable: return emit(*type.inner, stated, rules_.null_union);
            case kind::object:
                return is_recursive(type) ? emit_reference(type, stated, null) : emit_object(type, stated, null, false);
            case kind::variant: return emit_variant(type, stated, null);
            case kind::any: return emit_any(stated);
            case kind::converted: return emit_converted(type, stated, null);
            default: break;
        }
        sink_.add('{');
        switch (type.what) {
            case kind::boolean: emit_simple("boolean", stated, null); break;
            case kind::signed_integer: emit_simple("integer", stated, null); break;
            case kind::unsigned_integer: emit_simple("integer", stated, null, {.implied = &natural}); break;
            case kind::real: emit_simple("number", stated, null, {.is_real = true}); break;
            case kind::null: emit_simple("null", stated, false); break;
            case kind::formatted:
                emit_simple("string", stated, null,
                            {.implied = type.formatted->documentation, .encoding = type.formatted->encoding});
                break;
            case kind::enumeration: emit_enum(type, stated, null); break;
            case kind::flags:
            case kind::sequence:
            case kind::collection:
            case kind::fixed_array: emit_list(type, stated, null); break;
            case kind::tuple: emit_tuple(*type.tuple, stated, null); break;
            case kind::map: emit_map(type, stated, null); break;
            default: emit_simple("string", stated, null); break;
        }
        sink_.add('}');
    }

    static constexpr doc natural{.minimum = 0};

    constexpr void emit_simple(std::string_view name, doc const* stated, bool null, doc_context const& context = {}) {
        emit_type(name, null);
        if (stated != nullptr && !stated->constant.empty()) emit_constant(stated->constant.view(), null);
        emit_doc(stated, {}, context);
    }

    constexpr void emit_constant(std::string_view text, bool null) {
        bool const as_const = rules_.constants && !null;
        characters_ += text.size();
        if (!as_const) ++enum_values_;
        sink_.add(as_const ? ",\"const\":" : ",\"enum\":[");
        sink_.add_string(text);
        if (!as_const) sink_.add(null && !rules_.upper_types ? ",null]" : "]");
    }

    constexpr void emit_enum(plan const& type, doc const* stated, bool null) {
        emit_type("string", null);
        doc const* const own = type.enumeration->documentation;
        if (stated != nullptr && !stated->constant.empty())
            emit_constant(stated->constant.view(), null);
        else
            emit_values(*type.enumeration, null);
        emit_doc(stated, own != nullptr ? own->description : doc_text{});
    }

    constexpr void emit_values(enum_plan const& values, bool null) {
        sink_.add(",\"enum\":[");
        std::size_t length = 0;
        for (std::size_t i = 0; i < values.count; ++i) {
            if (i != 0) sink_.add(',');
            sink_.add_string(values.names[i]);
            length += values.names[i].size();
        }
        sink_.add(null && !rules_.upper_types ? ",null]" : "]");
        enum_values_ += values.count;
        characters_ += length;
        if (values.count > 250 && length > rules_.most_enum_characters) fail(schema_problem::too_many_characters);
    }

    /// Bounds of numbers and strings, stated of a list or map, are meant for what is in it.
    constexpr void emit_inner(plan const& inner, doc const* stated) {
        if (stated == nullptr) return emit(inner, nullptr, false);
        doc each = *stated;
        each.description = each.title = each.name = each.default_value = each.examples = {};
        each.min_items = each.max_items = {};
        each.unique_items = each.deprecated = false;
        emit(inner, each == doc{} ? nullptr : &each, false);
    }

    static constexpr doc without_inner(doc const* stated) {
        doc own{};
        if (stated == nullptr) return own;
        own.title = stated->title;
        own.description = stated->description;
        own.min_items = stated->min_items;
        own.max_items = stated->max_items;
        own.unique_items = stated->unique_items;
        own.default_value = stated->default_value;
        own.examples = stated->examples;
        own.deprecated = stated->deprecated;
        return own;
    }

    constexpr void emit_list(plan const& type, doc const* stated, bool null) {
        enter();
        emit_type("array", null);
        sink_.add(",\"items\":");
        doc own = without_inner(stated);
        if (type.what == kind::flags) {
            sink_.add('{');
            emit_type("string", false);
            emit_values(*type.enumeration, false);
            sink_.add('}');
            own.unique_items = true;
            if (own.description.empty() && type.enumeration->documentation != nullptr)
                own.description = type.enumeration->documentation->description;
        } else {
            emit_inner(*type.inner, stated);
        }
        if (type.what == kind::fixed_array)
            own.min_items = own.max_items = doc_number{static_cast<long long>(type.sequence->fixed_size)};
        if (type.what == kind::collection && type.collection->unique) own.unique_items = true;
        emit_doc(own == doc{} ? nullptr : &own, {});
        leave();
    }

    constexpr void emit_tuple(tuple_plan const& tuple, doc const* stated, bool null) {
        if (!rules_.tuples && !tuple.uniform) return fail(schema_problem::tuple);
        enter();
        emit_type("array", null);
        if (!rules_.tuples) {
            sink_.add(",\"items\":");
            emit_inner(*tuple.parts[0], stated);
        } else if (tuple.count != 0) {
            sink_.add(",\"prefixItems\":[");
            for (std::size_t i = 0; i < tuple.count; ++i) {
                if (i != 0) sink_.add(',');
                emit(*tuple.parts[i], nullptr, false);
            }
            sink_.add(']');
        }
        doc own = without_inner(stated);
        own.min_items = own.max_items = doc_number{static_cast<long long>(tuple.count)};
        emit_doc(&own, {});
        leave();
    }

    constexpr void emit_map(plan const& type, doc const* stated, bool null) {
        if (!rules_.maps) return fail(schema_problem::map);
        enter();
        emit_type("object", null);
        sink_.add(",\"additionalProperties\":");
        emit_inner(*type.inner, stated);
        doc const own = without_inner(stated);
        emit_doc(&own, {}, {.is_map = true});
        leave();
    }

    constexpr void emit_any(doc const* stated) {
        if (!rules_.any_value) return fail(schema_problem::any_value);
        sink_.add(stated != nullptr ? "{\"type\":[\"object\",\"array\",\"string\",\"number\",\"boolean\",\"null\"]"
                                    : "{");
        if (stated != nullptr) emit_doc(stated, {});
        sink_.add('}');
    }

    /// A field's own words win over those of the form.
    constexpr void emit_converted(plan const& type, doc const* stated, bool null) {
        doc const* const form = type.converted->documentation;
        if (form == nullptr || stated == nullptr) return emit(*type.inner, form != nullptr ? form : stated, null);
        doc both = *stated;
        if (both.description.empty()) both.description = form->description;
        if (both.title.empty()) both.title = form->title;
        if (both.format.empty()) both.format = form->format;
        if (both.pattern.empty()) both.pattern = form->pattern;
        emit(*type.inner, &both, null);
    }

    constexpr void emit_variant(plan const& type, doc const* stated, bool null) {
        ++unions_;
        sink_.add("{\"anyOf\":[");
        bool first = true;
        for (std::size_t i = 0; i < type.variant->count; ++i) {
            auto const& alternative = *type.variant->alternatives[i].type;
            null = null || alternative.what == kind::null;
            if (alternative.what == kind::null) continue;
            if (!first) sink_.add(',');
            first = false;
            emit(alternative, nullptr, false);
        }
        sink_.add(!null ? "]" : rules_.upper_types ? "],\"nullable\":true" : first ? "{\"type\":\"null\"}]" : ",{\"type\":\"null\"}]");
        emit_doc(stated, {});
        sink_.add('}');
    }

    constexpr void emit_reference(plan const& type, doc const* stated, bool null) {
        if (rules_.optional_recursion && in_recursive_ && in_required_) fail(schema_problem::required_recursion);
        unions_ += null ? 1 : 0;
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
        bool const was_in_recursive = in_recursive_;
        bool const was_in_required = in_required_;
        in_recursive_ = in_recursive_ || is_recursive(type);
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
            characters_ += field.name.size();
            in_required_ = field.required;
            sink_.add_string(field.name);
            sink_.add(':');
            emit(*field.type, field.documentation, false);
        }
        sink_.add('}');
        in_recursive_ = was_in_recursive;
        in_required_ = was_in_required;
        emit_required(structure, false);
        if (rules_.ordering && properties_ > 1) emit_required(structure, true);
        if (rules_.closed) sink_.add(",\"additionalProperties\":false");
        if (is_root) emit_definitions();
        sink_.add('}');
        leave();
    }

    /// The keys that are required, or all of them in their order.
    constexpr void emit_required(struct_plan const& structure, bool all) {
        sink_.add(all ? ",\"propertyOrdering\":[" : ",\"required\":[");
        bool first = true;
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            auto const& field = structure.fields[i];
            if (field.type == nullptr || (!field.required && !rules_.all_required && !all)) continue;
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
            characters_ += seen_[i].type->name.size();
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
    std::size_t unions_{0};
    std::size_t characters_{0};
    bool in_recursive_{false};
    bool in_required_{false};
    struct_list seen_{};
};

}  // namespace coax::json::detail
