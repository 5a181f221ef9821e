#pragma once

#include <coax/json/value.hpp>
#include <coax/reflect/doc.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

/// The less plain types that coax reads and writes, one struct for each family.
namespace coax::types {

struct groups {
    std::tuple<int, std::string, bool> mixed{};
    std::pair<double, double> point{};
    std::set<int> ordered{};
    std::unordered_set<std::string> loose{};
    std::unordered_map<std::string, int> counts{};
    std::deque<std::string> queue{};
    std::vector<bool> bits{};
    std::map<std::string, std::vector<std::set<std::string>>> nested{};

    friend bool operator==(groups const&, groups const&) = default;
};

struct chain {
    int value{};
    std::shared_ptr<chain> next{};
    std::vector<std::unique_ptr<chain>> below{};
    std::variant<std::monostate, int, std::string> maybe{};

    friend bool operator==(chain const& a, chain const& b) {
        auto const same = [](auto const& x, auto const& y) { return (!x && !y) || (x && y && *x == *y); };
        return a.value == b.value && a.maybe == b.maybe && same(a.next, b.next) &&
               std::equal(a.below.begin(), a.below.end(), b.below.begin(), b.below.end(), same);
    }
};

struct times {
    std::chrono::year_month_day birthday{std::chrono::year{1970} / 1 / 1};
    std::chrono::sys_days due{};
    std::chrono::sys_time<std::chrono::milliseconds> sent{};
    std::chrono::sys_time<std::chrono::nanoseconds> exact{};
    std::chrono::seconds pause{};
    std::chrono::milliseconds step{};
    std::chrono::hours shift{};
    std::chrono::duration<double> measured{};
    std::vector<std::byte> blob{};

    friend bool operator==(times const&, times const&) = default;
};

enum class colours : unsigned { none = 0, red = 1, green = 2, blue = 1U << 20U };
enum class planet { mercury, earth, mars, pluto = 134340 };

struct labels {
    colours mix{};
    planet home{};
    std::optional<planet> away{};
    std::vector<planet> visited{};

    friend bool operator==(labels const&, labels const&) = default;
};

struct text_event {
    std::string type{"text"};
    std::string body{};
    friend bool operator==(text_event const&, text_event const&) = default;
    static constexpr auto coax_schema = coax::describe("Words", coax::field(&text_event::type, {.constant = "text"}));
};
enum class event_kind { text, move };
struct move_event {
    int x{};
    int y{};
    event_kind kind{event_kind::move};
    friend bool operator==(move_event const&, move_event const&) = default;
    static constexpr auto coax_schema =
        coax::describe("A move", coax::field(&move_event::kind, {.name = "type", .constant = "move"}));
};
struct history {
    std::vector<std::variant<text_event, move_event>> events{};
    friend bool operator==(history const&, history const&) = default;
};

/// Private members: its own table may name them.
class money {
public:
    money() = default;
    explicit money(long cents) : cents_{cents} {}
    friend bool operator==(money const&, money const&) = default;

private:
    long cents_{0};
    std::string currency_{"EUR"};

public:
    static constexpr auto coax_schema = coax::describe("An amount", coax::field(&money::cents_, {.name = "cents"}),
                                                       coax::field(&money::currency_, {.name = "currency"}));
};

/// Private members, told from outside by a friend.
class secret_box {
public:
    secret_box() = default;
    explicit secret_box(int value) : value_{value} {}
    friend bool operator==(secret_box const&, secret_box const&) = default;

private:
    friend struct coax::schema_for<secret_box>;
    int value_{0};
};

struct animal {
    std::string name{};
    friend bool operator==(animal const&, animal const&) = default;
};
struct dog : animal {
    int age{};
    friend bool operator==(dog const&, dog const&) = default;
    static constexpr auto coax_schema =
        coax::describe("A dog", coax::field(&dog::name), coax::field(&dog::age, {.minimum = 0}));
};

/// A type of somebody else's, which JSON has as text.
class version {
public:
    version() = default;
    version(int major, int minor) : major_{major}, minor_{minor} {}
    [[nodiscard]] int first() const { return major_; }
    [[nodiscard]] int second() const { return minor_; }
    friend bool operator==(version const&, version const&) = default;

private:
    int major_{0};
    int minor_{0};
};

template <class T>
struct page {
    std::vector<T> items{};
    std::optional<std::string> next{};
    friend bool operator==(page const&, page const&) = default;
};

struct classes {
    money price{};
    secret_box box{};
    dog pet{};
    version release{};
    page<dog> pets{};
    friend bool operator==(classes const&, classes const&) = default;
};

/// Every word of `coax::doc` that is checked.
struct ruled {
    int even{2};
    double share{0.5};
    std::string mail{"a@example.org"};
    std::vector<int> once{1};
    std::string level{"low"};
    std::optional<std::string> old{};
    int from{1};
    int to{2};

    static constexpr auto coax_schema = coax::describe(
        "Rules", coax::field(&ruled::even, {.multiple_of = 2}),
        coax::field(&ruled::share, {.exclusive_minimum = 0, .exclusive_maximum = 1}),
        coax::field(&ruled::mail, {.format = "email", .examples = R"(["me@example.org"])"}),
        coax::field(&ruled::once, {.min_items = 1, .unique_items = true}),
        coax::field(&ruled::level, {.default_value = R"("high")"}), coax::field(&ruled::old, {.deprecated = true}));
    static std::string coax_check(ruled const& value) {
        return value.from < value.to ? "" : "`from` must be less than `to`";
    }
    friend bool operator==(ruled const&, ruled const&) = default;
};

}  // namespace coax::types

template <>
inline constexpr bool coax::is_flags<coax::types::colours> = true;
template <>
struct coax::schema_for<coax::types::planet> {
    static constexpr auto coax_schema =
        coax::describe("A planet", coax::value(coax::types::planet::earth, "Terra"),
                       coax::value(coax::types::planet::mars, {.skip = true}), coax::value(coax::types::planet::pluto));
};
template <>
struct coax::schema_for<coax::types::secret_box> {
    static constexpr auto coax_schema =
        coax::describe("A box", coax::field(&coax::types::secret_box::value_, {.name = "value"}));
};
template <>
struct coax::json_form<coax::types::version> {
    using type = std::string;
    static constexpr coax::doc documentation{.description = "major.minor", .pattern = "^\\d+\\.\\d+$"};
    static type to(coax::types::version const& v) {
        return std::to_string(v.first()) + "." + std::to_string(v.second());
    }
    static std::optional<coax::types::version> from(type const& text) {
        auto const dot = text.find('.');
        if (dot == std::string::npos || text.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
        return coax::types::version{std::atoi(text.c_str()), std::atoi(text.c_str() + dot + 1)};
    }
};
