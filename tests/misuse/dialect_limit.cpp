// A type that a dialect cannot express, each beside one that it can. COAX_MISUSE: which.
#include <coax/json/value.hpp>
#include <coax/schema/schema.hpp>

#include <map>

using enum coax::schema_dialect;

template <class T, int Number = 0>
struct ten {
    T f0{}, f1{}, f2{}, f3{}, f4{}, f5{}, f6{}, f7{}, f8{}, f9{};
};
/// Ten types, since one that is used again is counted once.
template <template <int> class Type>
struct ten_types {
    Type<0> f0{};
    Type<1> f1{};
    Type<2> f2{};
    Type<3> f3{};
    Type<4> f4{};
    Type<5> f5{};
    Type<6> f6{};
    Type<7> f7{};
    Type<8> f8{};
    Type<9> f9{};
};
template <class T>
struct numbered {
    template <int Number>
    using type = ten<T, Number>;
};
template <class T>
using hundred = ten_types<numbered<T>::template type>;
enum class fifty {
    a0,
    a1,
    a2,
    a3,
    a4,
    a5,
    a6,
    a7,
    a8,
    a9,
    b0,
    b1,
    b2,
    b3,
    b4,
    b5,
    b6,
    b7,
    b8,
    b9,
    c0,
    c1,
    c2,
    c3,
    c4,
    c5,
    c6,
    c7,
    c8,
    c9,
    d0,
    d1,
    d2,
    d3,
    d4,
    d5,
    d6,
    d7,
    d8,
    d9,
    e0,
    e1,
    e2,
    e3,
    e4,
    e5,
    e6,
    e7,
    e8,
    e9,
};
struct ten_and_one {
    ten<fifty> all{};
    fifty one{};
};
using either = std::variant<int, std::string>;
/// 400 characters.
constexpr char text[] =
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890";
template <int Number>
struct four_texts {
    std::string a{}, b{}, c{}, d{};
    static constexpr auto coax_schema = coax::describe(
        "Long", coax::field(&four_texts::a, {.constant = text}), coax::field(&four_texts::b, {.constant = text}),
        coax::field(&four_texts::c, {.constant = text}), coax::field(&four_texts::d, {.constant = text}));
};

/// A type and one more of the same kind, for a dialect.
template <class Small, class Large, coax::schema_dialect Dialect>
struct limit {
    using small = Small;
    using large = Large;
    static constexpr auto dialect = Dialect;
};
template <class T>
struct holder {
    T field{};
};

using any_value = limit<holder<std::string>, holder<coax::json_value>, openai_strict>;
using properties = limit<ten<int>, hundred<int>, azure_strict>;
using enum_values = limit<ten<fifty>, ten_and_one, azure_strict>;
using optionals = limit<ten<std::optional<int>>, hundred<std::optional<int>>, anthropic>;
using unions = limit<ten<either>, hundred<either>, anthropic>;
using characters = limit<four_texts<0>, ten_types<four_texts>, azure_strict>;
using map = limit<holder<std::vector<int>>, holder<std::map<std::string, int>>, gemini_schema>;
using tuple = limit<holder<std::pair<int, int>>, holder<std::pair<int, bool>>, grammar>;

template <class Limit>
constexpr bool fits = !coax::json_schema<typename Limit::small, Limit::dialect>.empty();
#ifdef COAX_MISUSE
static_assert(!coax::json_schema<COAX_MISUSE::large, COAX_MISUSE::dialect>.empty());
#else
static_assert(fits<any_value> && fits<properties> && fits<enum_values> && fits<optionals> && fits<unions> &&
              fits<characters> && fits<map> && fits<tuple>);
#endif
