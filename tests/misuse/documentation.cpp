// Documentation that its field cannot keep, each beside its like that can be kept. COAX_MISUSE: the struct.
#include <coax/bind/read.hpp>

#include <map>
#include <optional>
#include <set>
#include <variant>

namespace {

enum class speed { slow, fast };

}  // namespace

namespace kept {

using coax::describe;
using coax::field;

struct lists {
    std::vector<std::vector<double>> numbers{};
    std::map<std::string, int> counts{};
    std::set<std::string> words{};
    std::array<unsigned short, 3> triple{};
    static constexpr auto coax_schema = describe(
        "All",
        field(&lists::numbers,
              {.minimum = 3, .min_items = 1, .unique_items = true, .default_value = "[[3.5]]", .examples = "[[1]]"}),
        field(&lists::counts, {.maximum = 3, .min_items = 1, .default_value = R"({"a":1})"}),
        field(&lists::words, {.pattern = "^2", .min_items = 1}), field(&lists::triple, {.maximum = 9}));
};
struct single {
    std::optional<std::string> text{};
    std::variant<int, std::string> either{};
    speed pace{};
    std::chrono::sys_days day{};
    std::optional<bool> flag{};
    int number{};
    static constexpr auto coax_schema =
        describe("All",
                 field(&single::text,
                       {.min_length = 3, .pattern = R"(^([a-z]{2,3}|\d+\.?[^]x-]*(?:q))?$)", .default_value = "null"}),
                 field(&single::either, {.maximum = 3, .max_length = 3}),
                 field(&single::pace, {.constant = "fast", .default_value = "\"fast\""}),
                 field(&single::day, {.pattern = "^2", .default_value = "\"2026-01-01\""}),
                 field(&single::flag, {.default_value = " true"}),
                 field(&single::number, {.exclusive_minimum = 1, .exclusive_maximum = 3, .default_value = "2"}));
};
/// A struct may hold itself in what is documented.
struct node {
    std::vector<node> children{};
    std::unique_ptr<node> next{};
    static constexpr auto coax_schema =
        describe("A node", field(&node::children, {.min_items = 1}), field(&node::next, {.default_value = "null"}));
};

}  // namespace kept

namespace refused {

using coax::describe;
using coax::field;

#define COAX_CASE(name, type, ...)                                                                \
    struct name {                                                                                 \
        int other{};                                                                              \
        type field{};                                                                             \
        static constexpr auto coax_schema = describe("", coax::field(&name::field, __VA_ARGS__)); \
    }

COAX_CASE(word_default, std::string, {.default_value = "fast"});
COAX_CASE(unknown_default, speed, {.default_value = "\"quick\""});
COAX_CASE(text_default, int, {.default_value = "\"5\""});
COAX_CASE(large_default, int, {.maximum = 3, .default_value = "5"});
COAX_CASE(text_minimum, std::string, {.minimum = 3});
COAX_CASE(number_length, int, {.min_length = 3});
COAX_CASE(item_count, std::string, {.min_items = 1});
COAX_CASE(crossed_bounds, int, {.minimum = 5, .maximum = 3});
COAX_CASE(bounds_that_meet, double, {.minimum = 0.5, .exclusive_maximum = 0.5});
COAX_CASE(above_the_type, unsigned char, {.minimum = 300});
COAX_CASE(crossed_lengths, std::string, {.min_length = 3, .max_length = 2});
COAX_CASE(negative_count, std::vector<int>, {.min_items = -1});
COAX_CASE(no_step, int, {.multiple_of = 0});
COAX_CASE(open_group, std::string, {.pattern = "(a"});
COAX_CASE(reversed_range, std::string, {.pattern = "[z-a]"});
COAX_CASE(nothing_repeated, std::string, {.pattern = "*a"});
COAX_CASE(word_example, std::string, {.examples = "[a]"});
COAX_CASE(same_name, int, {.name = "other"});

struct listed_twice {
    int field{};
    static constexpr auto coax_schema =
        describe("", coax::field(&listed_twice::field, "One"), coax::field(&listed_twice::field, "Two"));
};
struct bounded_struct {
    int field{};
    static constexpr auto coax_schema = describe(coax::doc{.min_items = 1});
};

}  // namespace refused

int main() {
#ifdef COAX_MISUSE
    return coax::json::read<refused::COAX_MISUSE>("{}") ? 0 : 1;
#else
    bool const reads = coax::json::read<kept::lists>("{}") || coax::json::read<kept::single>("{}");
    return reads || coax::json::read<kept::node>("{}") ? 0 : 1;
#endif
}
