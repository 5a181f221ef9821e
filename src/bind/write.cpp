#include "bind/memory.hpp"
#include "bind/visit.hpp"
#include "json/internal/text_sink.hpp"

#include <coax/bind/write.hpp>
#include <coax/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace coax::bind::detail {
namespace {

class value_writer {
public:
    value_writer(std::string& out, json::write_options const& options) : out_{out}, options_{options} {}

    void write(type_descriptor const& type, void const* value) {
        switch (type.what) {
            case kind::boolean: out_.put(*static_cast<bool const*>(value) ? std::string_view{"true"} : "false"); break;
            case kind::signed_integer: out_.put_number(load_signed(value, type.bytes)); break;
            case kind::unsigned_integer: out_.put_number(load_unsigned(value, type.bytes)); break;
            case kind::real: write_real(type, value); break;
            case kind::string: out_.put_string(*static_cast<std::string const*>(value)); break;
            case kind::enumeration: write_enum(type, value); break;
            case kind::flags: write_flags(type, value); break;
            case kind::formatted: write_formatted(*type.formatted, value); break;
            case kind::null: out_.put("null"); break;
            case kind::converted:
                with_converted(type, value, [&](void const* shown) { write(*type.inner, shown); });
                break;
            case kind::nullable: write_nullable(type, value); break;
            case kind::sequence:
            case kind::fixed_array:
            case kind::collection: write_list(type, value); break;
            case kind::tuple: write_tuple(*type.tuple, value); break;
            case kind::map: write_map(type, value); break;
            case kind::variant: write_variant(type, value); break;
            case kind::object: write_object(type, value); break;
            case kind::any: write_any(*static_cast<json_value const*>(value)); break;
        }
    }

private:
    /// A comma before every entry but the first.
    void separate(bool& is_first) {
        if (!is_first) out_.put(',');
        is_first = false;
    }

    /// A float has fewer digits than the double of its value.
    void write_real(type_descriptor const& type, void const* value) {
        if (type.bytes == sizeof(float))
            out_.put_number(load<float>(value));
        else
            out_.put_number(load<double>(value));
    }

    void write_enum(type_descriptor const& type, void const* value) {
        auto const number =
            type.is_signed ? load_signed(value, type.bytes) : static_cast<long long>(load_unsigned(value, type.bytes));
        for (std::size_t i = 0; i < type.enumeration->count; ++i)
            if (type.enumeration->values[i] == number) return out_.put_string(type.enumeration->names[i]);
        out_.put_number(number);
    }

    void write_flags(type_descriptor const& type, void const* value) {
        auto bits = load_unsigned(value, type.bytes);
        auto const used = ~0ULL >> (64 - type.bytes * 8U);  // the highest bit of a signed type has bits above it
        auto const& names = *type.enumeration;
        out_.put('[');
        bool is_first = true;
        for (std::size_t i = 0; i < names.count; ++i) {
            auto const bit = static_cast<std::uint64_t>(names.values[i]) & used;
            if (bit == 0 || (bits & bit) != bit) continue;
            separate(is_first);
            out_.put_string(names.names[i]);
            bits &= ~bit;
        }
        out_.put(']');
    }

    /// A value that its format has no text for, such as a year of five digits, is null.
    void write_formatted(formatted_descriptor const& form, void const* value) {
        bool const has_text = out_.append_with([&](std::string& text) {
            auto const start = text.size();
            text += '"';
            if (form.write(text, value)) return true;
            text.resize(start);
            return false;
        });
        out_.put(has_text ? std::string_view{"\""} : "null");
    }

    void write_tuple(tuple_descriptor const& tuple, void const* value) {
        std::vector<void*> parts(tuple.count + 1);
        tuple.locate(const_cast<void*>(value), parts.data());  // only looked at
        out_.put('[');
        bool is_first = true;
        for (std::size_t i = 0; i < tuple.count; ++i) {
            separate(is_first);
            write(*tuple.parts[i], parts[i]);
        }
        out_.put(']');
    }

    /// A value that was moved from has no text.
    void write_any(json_value const& value) {
        out_.put(value.text().empty() ? std::string_view{"null"} : value.text());
    }

    void write_nullable(type_descriptor const& type, void const* value) {
        if (auto const* const held = type.nullable->get(value); held != nullptr)
            write(*type.inner, held);
        else
            out_.put("null");
    }

    void write_list(type_descriptor const& type, void const* value) {
        out_.put('[');
        for_each_item(type, value, [this, &item_type = *type.inner, is_first = true](void const* item) mutable {
            separate(is_first);
            write(item_type, item);
        });
        out_.put(']');
    }

    void write_map(type_descriptor const& type, void const* value) {
        out_.put('{');
        for_each_entry(
            type, value,
            [this, &entry_type = *type.inner, is_first = true](std::string_view key, void const* entry) mutable {
                separate(is_first);
                out_.put_string(key);
                out_.put(':');
                write(entry_type, entry);
            });
        out_.put('}');
    }

    void write_variant(type_descriptor const& type, void const* value) {
        auto const index = type.variant->index(value);
        if (index < type.variant->count)
            write(*type.variant->alternatives[index].type, type.variant->get(value));
        else
            out_.put("null");
    }

    void write_object(type_descriptor const& type, void const* value) {
        auto const& structure = *type.structure;
        void* members[most_fields];
        structure.locate(const_cast<void*>(value), members);  // only looked at
        out_.put('{');
        bool is_first = true;
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            auto const& field = structure.fields[i];
            if (field.type == nullptr || (field.nullable && is_left_out(structure, i, members[i]))) continue;
            separate(is_first);
            write_key(field);
            if (field.documentation != nullptr && !field.documentation->constant.empty() &&
                field.type->what != kind::nullable)
                out_.put_string(field.documentation->constant.view());
            else
                write(*field.type, members[i]);
        }
        out_.put('}');
    }

    void write_key(field_descriptor const& field) {
        if (field.is_plain) {
            out_.put('"');
            out_.put(field.name);
            out_.put("\":");
        } else {
            out_.put_string(field.name);
            out_.put(':');
        }
    }

    /// An empty one, unless a new object has it filled: left out, it would be read as that.
    [[nodiscard]] bool is_left_out(struct_descriptor const& structure, std::size_t index, void const* value) const {
        auto const& type = *structure.fields[index].type;
        return options_.omit_empty_optionals && type.nullable->get(value) == nullptr && !structure.filled().has(index);
    }

    json::detail::text_sink out_;
    json::write_options const& options_;
};

}  // namespace

field_bits find_filled(struct_descriptor const& structure, void* object) {
    void* members[most_fields];
    structure.locate(object, members);
    field_bits found;
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (auto const& field = structure.fields[i]; field.nullable && field.type->nullable->get(members[i]) != nullptr)
            found.set(i);
    return found;
}

void write_value(std::string& out, type_descriptor const& type, void const* value, json::write_options const& options) {
    value_writer{out, options}.write(type, value);
}

}  // namespace coax::bind::detail
