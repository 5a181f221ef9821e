#pragma once

#include <coax/json/value.hpp>
#include <coax/reflect/doc.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Types that the tests of this room read and write.
namespace coax::types {

enum class colour { red = -2, green, blue = 100 };

struct judgement {
    colour label{};
    double confidence{};
    std::vector<std::string> emotions{};

    static constexpr auto coax_schema = coax::describe(
        "A judgement", coax::field(&judgement::confidence, {.description = "How sure", .minimum = 0, .maximum = 1}),
        coax::field(
            &judgement::emotions,
            {.description = "Emotions", .min_length = 2, .pattern = "^[a-z\u00e4]+$", .min_items = 1, .max_items = 3}));

    friend bool operator==(judgement const&, judgement const&) = default;
};

struct circle {
    double radius{};
    friend bool operator==(circle const&, circle const&) = default;
};
struct square {
    double side{};
    std::optional<std::string> note{};
    friend bool operator==(square const&, square const&) = default;
};
using shape = std::variant<circle, square, std::string>;

/// One field of each kind.
struct everything {
    bool flag{};
    std::int8_t tiny{};
    std::uint64_t large{};
    std::int64_t low{};
    float narrow{};
    double wide{};
    std::string text{};
    colour paint{};
    std::optional<int> maybe{};
    std::vector<int> list{};
    std::array<short, 2> pair{};
    std::map<std::string, double> table{};
    shape form{};
    judgement inside{};
    std::chrono::sys_seconds when{};
    json_value any{};

    friend bool operator==(everything const&, everything const&) = default;
};

struct node {
    std::string name{};
    std::vector<node> children{};
    std::unique_ptr<node> next{};

    friend bool operator==(node const& a, node const& b) {
        return a.name == b.name && a.children == b.children &&
               (a.next && b.next ? *a.next == *b.next : a.next == b.next);
    }
};

struct plain {
    int a{};
    std::string b{};
    std::optional<double> c{};

    friend bool operator==(plain const&, plain const&) = default;
};

struct renamed {
    std::string text{};
    int hidden{7};
    int last{};

    static constexpr auto coax_schema = coax::describe(
        "Names and skips", coax::field(&renamed::text, {.description = "The text", .name = "the-text/~"}),
        coax::field(&renamed::hidden, {.skip = true}));

    friend bool operator==(renamed const&, renamed const&) = default;
};

/// Documented from outside, as a type of somebody else's would be.
struct foreign {
    int count{};
    std::string word{};
    friend bool operator==(foreign const&, foreign const&) = default;
};

struct empty {
    friend bool operator==(empty const&, empty const&) = default;
};

inline constexpr char everything_text[] =
    R"({"flag":true,"tiny":-128,"large":18446744073709551615,"low":-9223372036854775808,"narrow":1.1,"wide":-0.125,)"
    R"("text":"A\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 z","paint":"blue","maybe":3,"list":[1,2,3],"pair":[-1,2],)"
    R"("table":{"x":0.5,"y":1e3},"form":{"side":2,"note":"n"},"inside":{"label":"red","confidence":1,"emotions":["joy"]},)"
    R"("when":"2026-11-20T23:15:00.75+01:00","any":{"k":[1, null, {"deep" : "x y"}]}})";

inline everything everything_value() {
    using namespace std::chrono;
    everything value;
    value.flag = true;
    value.tiny = -128;
    value.large = 18446744073709551615U;
    value.low = INT64_MIN;
    value.narrow = 1.1F;
    value.wide = -0.125;
    value.text = "A\"\\/\b\f\n\r\t\u00e9\U0001F600 z";
    value.paint = colour::blue;
    value.maybe = 3;
    value.list = {1, 2, 3};
    value.pair = {-1, 2};
    value.table = {{"x", 0.5}, {"y", 1000}};
    value.form = square{2, "n"};
    value.inside = {colour::red, 1, {"joy"}};
    value.when = sys_days{year{2026} / 11 / 20} + hours{22} + minutes{15};
    value.any = json_value::parse(R"({"k":[1,null,{"deep":"x y"}]})").value();
    return value;
}

}  // namespace coax::types

template <>
struct coax::schema_for<coax::types::foreign> {
    static constexpr auto coax_schema =
        coax::describe({.description = "Of others", .title = "Foreign"},
                       coax::field(&coax::types::foreign::count, {.minimum = -5, .maximum = 5}));
};
