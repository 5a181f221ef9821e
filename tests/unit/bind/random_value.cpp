#include "unit/bind/random_value.hpp"

#include <coax/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

namespace coax::json::testing {
namespace {

/// Texts for the patterns in the tests' types.
struct pattern_sample {
    std::string_view pattern;
    std::string_view texts[2];
};
constexpr pattern_sample samples[] = {{"^[a-z\u00e4]+$", {"joy", "\u00e4rger"}}, {"^\\d+\\.\\d+$", {"1.12", "20.3"}}};

template <class Number>
void store(void* into, Number number) {
    std::memcpy(into, &number, sizeof number);
}

void store_bits(void* into, std::size_t bytes, std::uint64_t bits) {
    switch (bytes) {
        case 1: return store(into, static_cast<std::uint8_t>(bits));
        case 2: return store(into, static_cast<std::uint16_t>(bits));
        case 4: return store(into, static_cast<std::uint32_t>(bits));
        default: return store(into, bits);
    }
}

}  // namespace

void random_filler::fill_integer(type_descriptor const& type, void* into, doc const& said) {
    long long const step = said.multiple_of.is_set() ? said.multiple_of.integer : 1;
    if (said.minimum.is_set() || said.maximum.is_set() || step != 1) {
        long long const low = said.minimum.is_set() ? said.minimum.integer : -100;
        long long const high = said.maximum.is_set() ? said.maximum.integer : 100;
        auto const value =
            (low + static_cast<long long>(below(static_cast<std::uint64_t>(high - low + 1)))) / step * step;
        return store_bits(into, type.bytes, static_cast<std::uint64_t>(value));
    }
    constexpr std::uint64_t edges[] = {0, 1, ~0ULL, 1ULL << 63U, (1ULL << 63U) - 1, 0x7F, 0x80, 0x7FFF, 1ULL << 53U};
    store_bits(into, type.bytes, toss() ? edges[below(std::size(edges))] : engine_() >> below(64));
}

void random_filler::fill_real(type_descriptor const& type, void* into, doc const& said) {
    double value = 0;
    if (said.minimum.is_set() || said.exclusive_minimum.is_set()) {
        value = static_cast<double>(1 + below(998)) / 1000.0;
    } else if (toss()) {
        value = static_cast<double>(static_cast<std::int64_t>(engine_()) >> below(60)) / 8.0;
    } else {
        value =
            std::ldexp(static_cast<double>(engine_() >> 11U), static_cast<int>(below(200)) - 130) * (toss() ? 1 : -1);
    }
    if (type.bytes == sizeof(float))
        store(into, static_cast<float>(static_cast<std::int64_t>(engine_()) >> 20U) / 7.0F);
    else
        store(into, value);
}

std::string random_filler::make_text(doc const& said) {
    if (!said.constant.empty()) return std::string{said.constant.view()};
    if (said.format.view() == "email") return "user" + std::to_string(below(100)) + "@example.org";
    for (auto const& each : samples)
        if (said.pattern.view() == each.pattern) return std::string{each.texts[below(2)]};
    static constexpr std::string_view pieces[] = {"a",          "\"",    "\\", "\n", "\x01", "\u00e9",
                                                  "\U0001F600", "text ", "/",  "{",  "\x7f"};
    std::string text;
    for (auto count = below(6); count != 0; --count) text += pieces[below(std::size(pieces))];
    return text;
}

/// A text of the form, at no finer step than the type keeps.
std::string random_filler::make_form(coax::bind::detail::formatted_descriptor const& form) {
    std::string text;
    auto const signed_below = [this](long long most) {
        return static_cast<long long>(below(static_cast<std::uint64_t>(2 * most))) - most;
    };
    if (form.name == "a date") static_cast<void>(coax::bind::detail::append_date(text, signed_below(700'000)));
    if (form.name == "a date and time")
        static_cast<void>(coax::bind::detail::append_date_time(
            text, {signed_below(60'000'000'000 / 7), static_cast<int>(below(1'000'000'000))}));
    if (form.name == "a duration")
        static_cast<void>(coax::bind::detail::append_duration(text, {signed_below(1000) * 3600, 0}));
    if (form.name == "bytes in base64") {
        std::vector<std::byte> bytes(below(7));
        for (auto& each : bytes) each = static_cast<std::byte>(below(256));
        coax::bind::detail::append_base64(text, bytes.data(), bytes.size());
    }
    return text;
}

std::size_t random_filler::make_count(doc const* said, int level) {
    if (said != nullptr && said->unique_items) return 1;
    if (said != nullptr && said->min_items.is_set())
        return static_cast<std::size_t>(said->min_items.integer) + below(2);
    return level > 4 ? 0 : below(4);
}

void random_filler::fill_list(type_descriptor const& type, void* into, doc const* said, int level) {
    auto const count = make_count(said, level);
    if (type.what == coax::bind::detail::kind::sequence) {
        type.sequence->clear(into);
        for (std::size_t i = 0; i < count; ++i) fill(*type.inner, type.sequence->append(into), said, level + 1);
        return;
    }
    struct context {
        random_filler& self;
        type_descriptor const& inner;
        doc const* said;
        int level;
    } each{*this, *type.inner, said, level + 1};
    type.collection->clear(into);
    for (std::size_t i = 0; i < count; ++i)
        type.collection->add(into, &each, [](void* opaque, void* element) {
            auto& [self, inner, stated, depth] = *static_cast<context*>(opaque);
            self.fill(inner, element, stated, depth);
            return true;
        });
}

void random_filler::fill_object(type_descriptor const& type, void* into, int level) {
    auto const& structure = *type.structure;
    std::vector<void*> members(structure.field_count + 1);
    structure.locate(into, members.data());
    for (std::size_t i = 0; i < structure.field_count; ++i)
        if (auto const& field = structure.fields[i]; field.type != nullptr)
            fill(*field.type, members[i], field.documentation, level + 1);
}

void random_filler::fill(type_descriptor const& type, void* into, doc const* stated, int level) {
    using coax::bind::detail::kind;
    doc const nothing{};
    doc const& said = stated != nullptr ? *stated : nothing;
    switch (type.what) {
        case kind::boolean: return store(into, toss());
        case kind::signed_integer:
        case kind::unsigned_integer: return fill_integer(type, into, said);
        case kind::real: return fill_real(type, into, said);
        case kind::string: static_cast<std::string*>(into)->assign(make_text(said)); return;
        case kind::enumeration: {
            auto const& names = *type.enumeration;
            std::size_t index = below(names.count);
            if (!said.constant.empty())
                for (index = 0; names.names[index] != said.constant.view();) ++index;
            return store_bits(into, type.bytes, static_cast<std::uint64_t>(names.values[index]));
        }
        case kind::flags: {
            std::uint64_t bits = 0;
            for (std::size_t i = 0; i < type.enumeration->count; ++i)
                if (toss()) bits |= static_cast<std::uint64_t>(type.enumeration->values[i]);
            return store_bits(into, type.bytes, bits);
        }
        case kind::formatted: static_cast<void>(type.formatted->read(make_form(*type.formatted), into)); return;
        case kind::null: return;
        case kind::nullable:
            if (level > 4 || toss()) return type.nullable->reset(into);
            return fill(*type.inner, type.nullable->emplace(into), stated, level + 1);
        case kind::sequence:
        case kind::collection: return fill_list(type, into, stated, level);
        case kind::fixed_array: {
            auto* at = static_cast<std::byte*>(const_cast<void*>(type.sequence->view(into).data));
            for (std::size_t i = 0; i < type.sequence->fixed_size; ++i, at += type.inner->size)
                fill(*type.inner, at, stated, level + 1);
            return;
        }
        case kind::tuple: {
            std::vector<void*> parts(type.tuple->count + 1);
            type.tuple->locate(into, parts.data());
            for (std::size_t i = 0; i < type.tuple->count; ++i)
                fill(*type.tuple->parts[i], parts[i], nullptr, level + 1);
            return;
        }
        case kind::map:
            type.map->clear(into);
            for (auto count = level > 4 ? 0 : below(3); count != 0; --count)
                fill(*type.inner, type.map->slot(into, make_text(nothing)), stated, level + 1);
            return;
        case kind::variant: {
            auto const& chosen = type.variant->alternatives[below(type.variant->count)];
            return fill(*chosen.type, chosen.emplace(into), nullptr, level + 1);
        }
        case kind::object: return fill_object(type, into, level);
        case kind::converted: {
            struct context {
                random_filler& self;
                type_descriptor const& type;
            } each{*this, type};
            type.converted->read(into, &each, [](void* opaque, void* inner) {
                auto& [self, outer] = *static_cast<context*>(opaque);
                self.fill(*outer.inner, inner, outer.converted->documentation, 0);
                return true;
            });
            return;
        }
        case kind::any:
            *static_cast<json_value*>(into) = json_value::parse(toss() ? R"({"k":[1,null]})" : "\"text\"").value();
            return;
    }
}

}  // namespace coax::json::testing
