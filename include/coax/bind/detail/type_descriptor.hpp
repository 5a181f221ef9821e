#pragma once

#include <coax/reflect/doc.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coax::bind::detail {

/// How a type looks in JSON, and so which code reads and writes it.
enum class kind : unsigned char {
    boolean,
    signed_integer,
    unsigned_integer,
    real,
    string,
    enumeration,
    flags,        ///< an enum's bits, as an array of names
    formatted,    ///< a string of a certain form: times, durations, bytes
    null,         ///< std::monostate
    nullable,     ///< std::optional, std::unique_ptr, std::shared_ptr
    sequence,     ///< std::vector
    fixed_array,  ///< std::array
    collection,   ///< what has no array of its elements: sets, std::deque, std::vector<bool>
    tuple,        ///< std::tuple, std::pair
    map,          ///< from std::string
    variant,
    object,
    converted,  ///< what coax::json_form converts to another type
    any,        ///< coax::json_value
};

/// The most fields that a struct may have.
inline constexpr std::size_t most_fields = 128;
/// Stands for none of them.
inline constexpr std::size_t no_field = static_cast<std::size_t>(-1);

struct type_descriptor;

/// One field of a struct.
struct field_descriptor {
    std::string_view name{};               ///< On the wire.
    type_descriptor const* type{nullptr};  ///< Null: the field is skipped.
    doc const* documentation{nullptr};
    bool required{false};        ///< False for optionals, pointers and what has a stated default.
    bool checked{false};         ///< The documentation states a bound.
    bool is_plain{true};         ///< The name needs no escapes and is ASCII.
    bool nullable{false};        ///< An optional or pointer.
    std::uint64_t head{0};       ///< The name's first 8 bytes, as loaded from memory,
    std::uint64_t head_mask{0};  ///< and which bits of them count.
};

/// A bit for each field of a struct.
struct field_bits {
    std::uint64_t words[2]{};

    [[nodiscard]] constexpr bool has(std::size_t index) const { return (words[index / 64] >> (index % 64) & 1U) != 0; }
    constexpr void set(std::size_t index) { words[index / 64] |= std::uint64_t{1} << (index % 64); }
};

struct struct_descriptor {
    field_descriptor const* fields{nullptr};
    std::size_t field_count{0};
    doc const* documentation{nullptr};
    std::uint64_t required[2]{};                            ///< A bit for each required field.
    std::uint64_t defaulted[2]{};                           ///< A bit for each field with a stated default.
    void (*locate)(void* object, void** members){nullptr};  ///< The addresses of all fields.
    std::string (*check)(void const* object){nullptr};      ///< What is wrong with the whole struct; empty: nothing.
    void (*reset)(void* object){nullptr};                   ///< Makes it as good as new; null: that cannot be done.
    /// The optionals and pointers that hold something in a new object; null: there are no such fields.
    field_bits const& (*filled)(){nullptr};
};

struct enum_descriptor {
    std::string_view const* names{nullptr};
    long long const* values{nullptr};
    std::size_t count{0};
    doc const* documentation{nullptr};
};

/// A string of a certain form.
struct formatted_descriptor {
    std::string_view name{};                                   ///< "a date"
    std::string_view sample{};                                 ///< As it looks in JSON.
    doc const* documentation{nullptr};                         ///< Of the form itself: its format.
    std::string_view encoding{};                               ///< Of bytes: "base64".
    bool (*read)(std::string_view text, void* into){nullptr};  ///< False: it does not have this form, or does not fit.
    bool (*write)(std::string& out, void const* value){nullptr};  ///< Without quotes. False: it has no text.
};

struct nullable_descriptor {
    void* (*emplace)(void* holder){nullptr};
    void (*reset)(void* holder){nullptr};
    void const* (*get)(void const* holder){nullptr};  ///< Null if empty.
};

struct sequence_view {
    void const* data;
    std::size_t size;
};

struct sequence_descriptor {
    std::size_t fixed_size{0};  ///< Of a std::array.
    void (*clear)(void* list){nullptr};
    void* (*append)(void* list){nullptr};
    void (*reserve)(void* list, std::size_t count){nullptr};
    sequence_view (*view)(void const* list){nullptr};
};

/// Is called with one entry of a map.
using entry_visitor = void (*)(void* context, std::string_view key, void const* value);

struct map_descriptor {
    void (*clear)(void* map){nullptr};
    void* (*slot)(void* map, std::string_view key){nullptr};  ///< The key's value, made if it is new.
    std::size_t (*size)(void const* map){nullptr};
    void (*visit)(void const* map, void* context, entry_visitor visitor){nullptr};
};

/// Reads a value into an element. False ends the reading.
using element_reader = bool (*)(void* context, void* element);
using element_visitor = void (*)(void* context, void const* element);

/// What became of an element that was to be inserted.
enum class insert_outcome : unsigned char { ended, rejected, inserted };

struct collection_descriptor {
    bool unique{false};
    void (*clear)(void* list){nullptr};
    /// Reads a new element and inserts it; `rejected`: it was in already.
    insert_outcome (*add)(void* list, void* context, element_reader read_element){nullptr};
    std::size_t (*size)(void const* list){nullptr};
    void (*visit)(void const* list, void* context, element_visitor visitor){nullptr};
};

struct tuple_descriptor {
    type_descriptor const* const* parts{nullptr};
    std::size_t count{0};
    bool uniform{false};  ///< All parts have one type.
    void (*locate)(void* tuple, void** parts){nullptr};
};

struct converted_descriptor {
    doc const* documentation{nullptr};
    /// Reads a value of the inner type and converts it; `rejected`: it cannot be converted.
    insert_outcome (*read)(void* into, void* context, element_reader read_element){nullptr};
    void (*write)(void const* value, void* context, element_visitor visitor){nullptr};
};

struct alternative_descriptor {
    type_descriptor const* type{nullptr};
    void* (*emplace)(void* variant){nullptr};
    std::string_view constant{};  ///< The tag's value for it.
};

struct variant_descriptor {
    alternative_descriptor const* alternatives{nullptr};
    std::size_t count{0};
    std::string_view tag{};  ///< The key whose text tells the alternatives apart; may be empty.
    std::size_t (*index)(void const* variant){nullptr};
    void const* (*get)(void const* variant){nullptr};
};

/// What the reader, the writer and the schema need to know of a type. Each type has one static object, so that their
/// code is compiled once and not for each type.
struct type_descriptor {
    kind what{};
    unsigned char bytes{0};                 ///< Size of a number or enum.
    bool is_signed{false};                  ///< Of an enum's underlying type.
    std::size_t size{0};                    ///< sizeof: the step in a sequence.
    std::string_view name{};                ///< Of a struct: fit for a schema.
    type_descriptor const* inner{nullptr};  ///< Of what holds another type.
    struct_descriptor const* structure{nullptr};
    enum_descriptor const* enumeration{nullptr};
    nullable_descriptor const* nullable{nullptr};
    sequence_descriptor const* sequence{nullptr};
    map_descriptor const* map{nullptr};
    variant_descriptor const* variant{nullptr};
    formatted_descriptor const* formatted{nullptr};
    collection_descriptor const* collection{nullptr};
    tuple_descriptor const* tuple{nullptr};
    converted_descriptor const* converted{nullptr};

    [[nodiscard]] constexpr std::string_view description() const {
        return structure != nullptr && structure->documentation != nullptr
                   ? structure->documentation->description.view()
                   : std::string_view{};
    }
};

}  // namespace coax::bind::detail
