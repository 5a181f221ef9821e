#pragma once

#include <coax/reflect/doc.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The models whose schemas are held against those of the official SDKs.
namespace coax::types {

enum class color { red, green, blue };
struct m_text {
    std::string text{};
};
struct m_scalars {
    bool flag{};
    int count{};
    double share{};
    std::string name{};
};
struct m_documented {
    std::string city{};
    static constexpr auto coax_schema = describe("A weather query", field(&m_documented::city, "City and country"));
};
struct m_bounds {
    int age{};
    double share{};
    static constexpr auto coax_schema =
        describe(doc{}, field(&m_bounds::age, {.minimum = 0, .maximum = 150}),
                 field(&m_bounds::share, {.exclusive_minimum = 0, .exclusive_maximum = 1}));
};
struct m_multiple {
    int even{};
    static constexpr auto coax_schema = describe(doc{}, field(&m_multiple::even, {.multiple_of = 2}));
};
struct m_pattern {
    std::string code{};
    static constexpr auto coax_schema = describe(doc{}, field(&m_pattern::code, {.pattern = "^[A-Z]{3}$"}));
};
struct m_optional {
    std::optional<std::string> note{};
    std::optional<int> count{};
};
struct m_enum {
    color paint{};
};
struct m_optional_enum {
    std::optional<color> paint{};
};
struct m_list {
    std::vector<std::string> tags{};
};
struct m_counted_list {
    std::vector<int> marks{};
    static constexpr auto coax_schema =
        describe(doc{}, field(&m_counted_list::marks, {.min_items = 1, .max_items = 3}));
};
struct address {
    std::string street{};
    std::string city{};
};
struct m_nested {
    std::string name{};
    address home{};
};
struct m_described_nested {
    address home{};
    static constexpr auto coax_schema = describe(doc{}, field(&m_described_nested::home, "Where they live"));
};
struct m_optional_nested {
    std::optional<address> home{};
};
struct m_list_of_nested {
    std::vector<address> homes{};
};
struct m_union {
    std::variant<int, std::string> id{};
};
struct m_union_with_null {
    std::optional<std::variant<int, std::string>> id{};
};
struct m_cat {
    std::string kind{"cat"};
    int lives{};
    static constexpr auto coax_schema = describe(doc{}, field(&m_cat::kind, {.constant = "cat"}));
};
struct m_dog {
    std::string kind{"dog"};
    bool good{};
    static constexpr auto coax_schema = describe(doc{}, field(&m_dog::kind, {.constant = "dog"}));
};
struct m_tagged {
    std::variant<m_cat, m_dog> pet{};
};
struct m_tree {
    int value{};
    std::vector<m_tree> children{};
};
struct m_linked {
    int value{};
    std::unique_ptr<m_linked> next{};
};
struct leaf {
    std::string name{};
    std::vector<leaf> below{};
};
struct m_forest {
    std::vector<leaf> trees{};
};
struct m_time {
    std::chrono::sys_seconds at{};
    std::chrono::year_month_day day{};
    std::chrono::seconds took{};
};
struct m_matrix {
    std::vector<std::vector<double>> rows{};
};
struct m_renamed {
    std::string text{};
    static constexpr auto coax_schema =
        describe("Renamed", field(&m_renamed::text, {.description = "It", .name = "the-text"}));
};
struct m_formats {
    std::string mail{};
    std::string id{};
    static constexpr auto coax_schema =
        describe(doc{}, field(&m_formats::mail, {.format = "email"}), field(&m_formats::id, {.format = "uuid"}));
};
struct m_nullable_items {
    std::vector<std::optional<int>> marks{};
};
struct m_either {
    std::variant<address, std::string> place{};
};
struct m_other_format {
    std::string picture{};
    static constexpr auto coax_schema =
        describe(doc{}, field(&m_other_format::picture, {.description = "In base64", .format = "byte"}));
};
struct m_two_marks {
    std::vector<int> marks{};
    static constexpr auto coax_schema = describe(doc{}, field(&m_two_marks::marks, {.min_items = 2}));
};

}  // namespace coax::types
