#include <coax/reflect/doc.hpp>
#include <coax/reflect/enums.hpp>
#include <coax/reflect/fields.hpp>
#include <coax/reflect/type_name.hpp>
#include <coax/reflect/wide_structs.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace coax {
namespace {

// --- fields ---

struct none {};
struct one {
    std::string only;
};
struct nested {
    one first;
    std::array<int, 3> second;
    one third;
};
struct moved_only {
    std::unique_ptr<int> owner;
    std::vector<std::unique_ptr<int>> owners;
};
struct with_defaults {
    int a{1};
    std::optional<std::string> b{};
    std::variant<int, one> c{};
    std::map<std::string, int> d{};
};
struct without_default {
    struct needs_a_value {
        needs_a_value() = delete;
        explicit(false) needs_a_value(int) {}
    };
    int before;
    needs_a_value value;
    int after;
};
struct names_like_types {
    int string;
    int value;
    int a1_b2;
    int Äiti;
};
template <class T>
struct generic {
    T left;
    T right;
};
struct wide {
    int f0;
    int f1;
    int f2;
    int f3;
    int f4;
    int f5;
    int f6;
    int f7;
    int f8;
    int f9;
    int f10;
    int f11;
    int f12;
    int f13;
    int f14;
    int f15;
    int f16;
    int f17;
    int f18;
    int f19;
    int f20;
    int f21;
    int f22;
    int f23;
    int f24;
    int f25;
    int f26;
    int f27;
    int f28;
    int f29;
    int f30;
    int f31;
    int f32;
    int f33;
    int f34;
    int f35;
    int f36;
    int f37;
    int f38;
    int f39;
    int f40;
    int f41;
    int f42;
    int f43;
    int f44;
    int f45;
    int f46;
    int f47;
    int f48;
    int f49;
    int f50;
    int f51;
    int f52;
    int f53;
    int f54;
    int f55;
    int f56;
    int f57;
    int f58;
    int f59;
    int f60;
    int f61;
    int f62;
    int f63;
    int f64;
    int f65;
    int f66;
    int f67;
    int f68;
    int f69;
    int f70;
    int f71;
    int f72;
    int f73;
    int f74;
    int f75;
    int f76;
    int f77;
    int f78;
    int f79;
    int f80;
    int f81;
    int f82;
    int f83;
    int f84;
    int f85;
    int f86;
    int f87;
    int f88;
    int f89;
    int f90;
    int f91;
    int f92;
    int f93;
    int f94;
    int f95;
    int f96;
    int f97;
    int f98;
    int f99;
    int f100;
    int f101;
    int f102;
    int f103;
    int f104;
    int f105;
    int f106;
    int f107;
    int f108;
    int f109;
    int f110;
    int f111;
    int f112;
    int f113;
    int f114;
    int f115;
    int f116;
    int f117;
    int f118;
    int f119;
    int f120;
    int f121;
    int f122;
    int f123;
    int f124;
    int f125;
    int f126;
    int f127;
};

static_assert(reflect::field_count<none> == 0);
static_assert(reflect::field_count<one> == 1);
static_assert(reflect::field_count<nested> == 3);
static_assert(reflect::field_count<moved_only> == 2);
static_assert(reflect::field_count<with_defaults> == 4);
static_assert(reflect::field_count<without_default> == 3);
static_assert(reflect::field_count<generic<one>> == 2);
static_assert(reflect::field_count<wide> == 128);
static_assert(reflect::aggregate<one> && !reflect::aggregate<int> && !reflect::aggregate<std::string>);

template <class T>
std::vector<std::string> names() {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < reflect::field_names<T>.size(); ++i) result.emplace_back(reflect::field_names<T>[i]);
    return result;
}

TEST(FieldNames, AreAsWritten) {
    using list = std::vector<std::string>;
    EXPECT_EQ(names<none>(), list{});
    EXPECT_EQ(names<one>(), list{"only"});
    EXPECT_EQ(names<nested>(), (list{"first", "second", "third"}));
    EXPECT_EQ(names<moved_only>(), (list{"owner", "owners"}));
    EXPECT_EQ(names<names_like_types>(), (list{"string", "value", "a1_b2", "Äiti"}));
    EXPECT_EQ(names<generic<int>>(), (list{"left", "right"}));
    EXPECT_EQ(names<wide>().front(), "f0");
    EXPECT_EQ(names<wide>().back(), "f127");
}

TEST(FieldNames, WorkForLocalTypes) {
    struct local {
        int here;
    };
    EXPECT_EQ(names<local>(), std::vector<std::string>{"here"});
}

TEST(VisitFields, GivesReferencesInOrder) {
    generic<int> value{1, 2};
    reflect::visit_fields(value, [](int& left, int& right) { std::swap(left, right); });
    EXPECT_EQ(value.left, 2);
    generic<int> const fixed{3, 4};
    EXPECT_EQ(reflect::visit_fields(fixed, [](int const& left, int const& right) { return left * 10 + right; }), 34);
    none empty;
    EXPECT_EQ(reflect::visit_fields(empty, [] { return 7; }), 7);
}

// --- enums ---

enum class level : unsigned char { low = 3, middle = 119, high = 120 };
enum plain_enum { plain_a, plain_b = 5 };
enum class signs { minus = -8, zero = 0, same_as_zero = 0 };
enum class status { ok = 200, gone = 410 };
enum like_numbers { _1 = -1, n = 0, x = 7, y2 = 12, z23 = 13, a = 99, b = 100, c1 = 101, d = 118, e12 = 119 };
template <class, class>
struct outer {
    enum class inner { first, second = 50 };
};

template <class E>
std::vector<std::string> enum_names() {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < reflect::enumerators<E>.size(); ++i)
        result.emplace_back(reflect::enumerators<E>.name(i));
    return result;
}

}  // namespace

template <>
struct enum_range<status> {
    static constexpr long long low = 200;
    static constexpr long long high = 411;
};

namespace {

TEST(Enumerators, AreFoundInTheirRange) {
    using list = std::vector<std::string>;
    EXPECT_EQ(enum_names<level>(), (list{"low", "middle"})) << "120 is outside the range";
    EXPECT_EQ(enum_names<plain_enum>(), (list{"plain_a", "plain_b"}));
    EXPECT_EQ(enum_names<signs>(), (list{"minus", "zero"}));
    EXPECT_EQ(enum_names<status>(), (list{"ok", "gone"}));
    EXPECT_EQ(enum_names<like_numbers>(), (list{"_1", "n", "x", "y2", "z23", "a", "b", "c1", "d", "e12"}));
    EXPECT_EQ((enum_names<outer<int, std::vector<int>>::inner>()), (list{"first", "second"}));
    EXPECT_EQ(reflect::enumerators<status>.value(1), status::gone);
}

TEST(EnumName, IsEmptyForOtherValues) {
    EXPECT_EQ(reflect::enum_name(signs::minus), "minus");
    EXPECT_EQ(reflect::enum_name(static_cast<signs>(4)), "");
}

#if !defined(__cpp_impl_reflection)
enum class byte_codes : std::uint8_t { one = 1, seven = 77, far = 233 };
enum class signed_codes : signed char { one = 1, far = -113 };
enum class few_codes : std::uint8_t { a, b };
static_assert(reflect::detail::values_elsewhere<byte_codes>().count == 1);
static_assert(reflect::detail::values_elsewhere<byte_codes>().values[0] == 233);
static_assert(reflect::detail::values_elsewhere<signed_codes>().values[0] == -113, "all of a byte's are looked at");
static_assert(reflect::detail::values_elsewhere<few_codes>().count == 0);
#endif

// --- names of types, docs ---

static_assert(reflect::short_type_name<int> == "int");
static_assert(reflect::short_type_name<one> == "one");
static_assert(reflect::short_type_name<generic<one>>.substr(0, 8) == "generic<");

constexpr doc sample{.description = "d", .minimum = 0, .maximum = 1.5, .skip = true};
static_assert(sample.description.view() == "d" && sample.title.empty());
static_assert(sample.minimum.kind == doc_number::form::integer && sample.maximum.kind == doc_number::form::real);
static_assert(!sample.min_length.is_set());
template <doc>
struct takes_a_doc {};
static_assert(std::is_same_v<takes_a_doc<doc{.minimum = 1}>, takes_a_doc<doc{.minimum = 1}>>, "a doc is structural");

}  // namespace
}  // namespace coax
