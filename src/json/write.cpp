#include "memory.hpp"
#include "number.hpp"
#include "text.hpp"

#include <coax/json/value.hpp>
#include <coax/json/write.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace coax::json {
namespace {

void append_escape(std::string& out, unsigned char c) {
    constexpr std::string_view letters = "btnvfr";  // 0x08 to 0x0D; JSON has no \v
    out += '\\';
    if (c == '"' || c == '\\') {
        out += static_cast<char>(c);
    } else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
        out += letters[c - 0x08U];
    } else {
        constexpr std::string_view digits = "0123456789abcdef";
        out += "u00";
        out += digits[c >> 4U];
        out += digits[c & 15U];
    }
}

/// Appends a run without quotes, backslashes and control characters, which may hold bytes that are not UTF-8.
void append_wide_run(std::string& out, char const* at, char const* end) {
    while (at != end) {
        char const* const stop = detail::find_invalid_utf8(at, end);
        out.append(at, stop);
        if (stop == end) return;
        out += "\xEF\xBF\xBD";
        at = stop + 1;
        while (at != end && (static_cast<unsigned char>(*at) & 0xC0U) == 0x80U)
            ++at;  // one mark for the whole sequence
    }
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
    char const* at = text.data();
    char const* const end = at + text.size();
    out += '"';
    while (true) {
        auto const run = detail::find_plain_end(at, end);
        if (run.wide != 0)
            append_wide_run(out, at, run.end);
        else
            out.append(at, run.end);
        if (run.end == end) break;
        append_escape(out, static_cast<unsigned char>(*run.end));
        at = run.end + 1;
    }
    out += '"';
}

namespace detail {
namespace {

class value_writer {
public:
    value_writer(std::string& out, write_options const& options) : out_{out}, options_{options} {}

    void write(plan const& type, void const* value) {
        switch (type.what) {
            case kind::boolean: out_ += *static_cast<bool const*>(value) ? "true" : "false"; break;
            case kind::signed_integer: append_number(out_, load_signed(value, type.bytes)); break;
            case kind::unsigned_integer: append_number(out_, load_unsigned(value, type.bytes)); break;
            case kind::real: write_real(type, value); break;
            case kind::string: append_string(out_, *static_cast<std::string const*>(value)); break;
            case kind::enumeration: write_enum(type, value); break;
            case kind::flags: write_flags(type, value); break;
            case kind::formatted: write_formatted(*type.formatted, value); break;
            case kind::null: out_ += "null"; break;
            case kind::converted: write_converted(type, value); break;
            case kind::nullable: write_nullable(type, value); break;
            case kind::sequence:
            case kind::fixed_array: write_list(type, value); break;
            case kind::collection: write_collection(type, value); break;
            case kind::tuple: write_tuple(*type.tuple, value); break;
            case kind::map: write_map(type, value); break;
            case kind::variant: write_variant(type, value); break;
            case kind::object: write_object(type, value); break;
            case kind::any: write_any(*static_cast<json_value const*>(value)); break;
        }
    }

private:
    /// A float has fewer digits than the double of its value.
    void write_real(plan const& type, void const* value) {
        if (type.bytes == sizeof(float))
            append_float(out_, load<float>(value));
        else
            append_number(out_, load<double>(value));
    }

    void write_enum(plan const& type, void const* value) {
        auto const number =
            type.is_signed ? load_signed(value, type.bytes) : static_cast<long long>(load_unsigned(value, type.bytes));
        for (std::size_t i = 0; i < type.enumeration->count; ++i)
            if (type.enumeration->values[i] == number) return append_string(out_, type.enumeration->names[i]);
        append_number(out_, number);
    }

    void write_flags(plan const& type, void const* value) {
        auto bits = load_unsigned(value, type.bytes);
        auto const& names = *type.enumeration;
        out_ += '[';
        bool first = true;
        for (std::size_t i = 0; i < names.count; ++i) {
            auto const bit = static_cast<std::uint64_t>(names.values[i]);
            if (bit == 0 || (bits & bit) != bit) continue;
            if (!first) out_ += ',';
            first = false;
            append_string(out_, names.names[i]);
            bits &= ~bit;
        }
        out_ += ']';
    }

    /// What its form cannot say, such as a year of five digits, is null.
    void write_formatted(formatted_plan const& form, void const* value) {
        auto const start = out_.size();
        out_ += '"';
        if (form.write(out_, value)) {
            out_ += '"';
        } else {
            out_.resize(start);
            out_ += "null";
        }
    }

    void write_converted(plan const& type, void const* value) {
        entry_context context{*this, *type.inner};
        type.converted->write(value, &context, [](void* opaque, void const* shown) {
            auto& each = *static_cast<entry_context*>(opaque);
            each.writer.write(each.type, shown);
        });
    }

    void write_collection(plan const& type, void const* value) {
        out_ += '[';
        entry_context context{*this, *type.inner};
        type.collection->visit(value, &context, [](void* opaque, void const* element) {
            auto& [writer, element_type, first] = *static_cast<entry_context*>(opaque);
            if (!first) writer.out_ += ',';
            first = false;
            writer.write(element_type, element);
        });
        out_ += ']';
    }

    void write_tuple(tuple_plan const& tuple, void const* value) {
        std::vector<void*> parts(tuple.count + 1);
        tuple.locate(const_cast<void*>(value), parts.data());  // only looked at
        out_ += '[';
        for (std::size_t i = 0; i < tuple.count; ++i) {
            if (i != 0) out_ += ',';
            write(*tuple.parts[i], parts[i]);
        }
        out_ += ']';
    }

    /// A value that was moved from has no text.
    void write_any(json_value const& value) { out_ += value.text().empty() ? std::string_view{"null"} : value.text(); }

    void write_nullable(plan const& type, void const* value) {
        if (auto const* const held = type.nullable->get(value); held != nullptr)
            write(*type.inner, held);
        else
            out_ += "null";
    }

    void write_list(plan const& type, void const* value) {
        auto const items = type.sequence->view(value);
        auto const* at = static_cast<std::byte const*>(items.data);
        out_ += '[';
        for (std::size_t i = 0; i < items.size; ++i, at += type.inner->size) {
            if (i != 0) out_ += ',';
            write(*type.inner, at);
        }
        out_ += ']';
    }

    struct entry_context {
        value_writer& writer;
        plan const& type;
        bool first{true};
    };

    void write_map(plan const& type, void const* value) {
        out_ += '{';
        entry_context context{*this, *type.inner};
        type.map->visit(value, &context, [](void* opaque, std::string_view key, void const* entry) {
            auto& [writer, entry_type, first] = *static_cast<entry_context*>(opaque);
            if (!first) writer.out_ += ',';
            first = false;
            append_string(writer.out_, key);
            writer.out_ += ':';
            writer.write(entry_type, entry);
        });
        out_ += '}';
    }

    void write_variant(plan const& type, void const* value) {
        auto const index = type.variant->index(value);
        if (index < type.variant->count)
            write(*type.variant->alternatives[index].type, type.variant->get(value));
        else
            out_ += "null";
    }

    void write_object(plan const& type, void const* value) {
        auto const& structure = *type.structure;
        void* members[most_fields];
        structure.locate(const_cast<void*>(value), members);  // only looked at
        out_ += '{';
        bool first = true;
        for (std::size_t i = 0; i < structure.field_count; ++i) {
            auto const& field = structure.fields[i];
            if (field.type == nullptr || is_left_out(*field.type, members[i])) continue;
            if (!first) out_ += ',';
            first = false;
            append_string(out_, field.name);
            out_ += ':';
            if (field.documentation != nullptr && !field.documentation->constant.empty() &&
                field.type->what != kind::nullable)
                append_string(out_, field.documentation->constant.view());
            else
                write(*field.type, members[i]);
        }
        out_ += '}';
    }

    [[nodiscard]] bool is_left_out(plan const& type, void const* value) const {
        return options_.omit_empty_optionals && type.what == kind::nullable && type.nullable->get(value) == nullptr;
    }

    std::string& out_;
    write_options const& options_;
};

}  // namespace

void write_value(std::string& out, plan const& type, void const* value, write_options const& options) {
    value_writer{out, options}.write(type, value);
}

}  // namespace detail
}  // namespace coax::json
