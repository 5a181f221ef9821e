#include "config/file_settings.hpp"
#include "config/read_settings.hpp"
#include "unit/config/config_support.hpp"

#include <coax/core/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace coax::test {
namespace {

using bind::detail::field_descriptor;
using bind::detail::type_descriptor;

/// The names around a setting, and those beside it.
struct place_of_setting {
    std::vector<std::string> groups{};
    std::string name{};
    std::set<std::string> names_beside{};
};

void add_settings(type_descriptor const& group, std::vector<std::string> const& groups,
                  std::vector<place_of_setting>& all) {
    std::set<std::string> names;
    config::detail::for_each_setting(group,
                                     [&](field_descriptor const& field, std::size_t) { names.emplace(field.name); });
    config::detail::for_each_setting(group, [&](field_descriptor const& field, std::size_t) {
        all.push_back({groups, std::string{field.name}, names});
        auto below = groups;
        below.emplace_back(field.name);
        if (config::detail::is_group(*field.type)) add_settings(*field.type, below, all);
        if (field.name != "services") return;
        below.emplace_back("mine");
        add_settings(*field.type->inner, below, all);
    });
}

std::vector<std::string> misspellings_of(place_of_setting const& setting) {
    auto const& name = setting.name;
    std::vector<std::string> made{name + name.back()};
    for (std::size_t i = 0; i + 1 < name.size(); ++i) {
        auto swapped = name;
        std::swap(swapped[i], swapped[i + 1]);
        made.push_back(swapped);
    }
    if (name.size() > 2) {
        made.push_back(name.substr(1));
        made.push_back(name.substr(0, name.size() - 1));
    }
    std::erase_if(made, [&](std::string const& each) { return setting.names_beside.contains(each); });
    return made;
}

/// A file in which a name stands where the setting would.
std::string file_with(place_of_setting const& setting, std::string const& name) {
    std::string text = "# A comment.\n";
    std::string indent;
    for (auto const& group : setting.groups) {
        text.append(indent).append(group).append(":\n");
        indent += "  ";
    }
    return text.append(indent).append(name).append(": 1\n");
}

TEST(MisspeltSetting, IsToldWithItsPlaceAndTheRightName) {
    std::vector<place_of_setting> all;
    add_settings(config::detail::type_of_file, {}, all);
    EXPECT_GT(all.size(), 250U);
    std::size_t checked = 0;
    for (auto const& setting : all)
        for (auto const& misspelt : misspellings_of(setting)) {
            auto const text = file_with(setting, misspelt);
            auto const wrong = check_configuration(text, "c.yaml", {.look_up = environment_of({})});
            ASSERT_EQ(wrong.size(), 1U) << text;
            auto const place = "c.yaml:" + std::to_string(setting.groups.size() + 2) + ':' +
                               std::to_string(setting.groups.size() * 2 + 1);
            ASSERT_EQ(wrong[0].where, place) << text;
            ASSERT_NE(wrong[0].message.find('"' + setting.name + '"'), std::string::npos) << wrong[0].message;
            ++checked;
        }
    EXPECT_GT(checked, 2'500U);
}

TEST(MisspeltSetting, MayBeOneOfAnotherGroup) {
    auto const wrong = read_yaml("policies:\n  max_attempts: 3\n");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().where, "c.yaml:2:3");
    EXPECT_EQ(wrong.error().message,
              "policies.max_attempts: there is no such setting; did you mean \"policies.retry.max_attempts\"?");
}

TEST(MisspeltSetting, MayBeInAnotherStyle) {
    for (auto const* const name : {"maxConcurrency", "max-concurrency", "MAX_CONCURRENCY", "Max_Concurrency"}) {
        auto const wrong = read_yaml("policies: {" + std::string{name} + ": 3}\n");
        ASSERT_FALSE(wrong);
        EXPECT_NE(wrong.error().message.find("did you mean \"max_concurrency\"?"), std::string::npos) << name;
    }
}

TEST(MisspeltSetting, IsNotGuessedWhereNoneIsNear) {
    auto const wrong = read_yaml("policies: {colour: red}\n");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message, "policies.colour: there is no such setting");
}

TEST(MisspeltSetting, IsToldWithAllOthers) {
    auto const wrong = check_configuration(
        "servce: {}\npolicies:\n  retry: {max_attemps: 1}\n  max_concurrency: x\nservices:\n  a: {htp: {}}\n", "c.yaml",
        {.look_up = environment_of({})});
    ASSERT_EQ(wrong.size(), 4U);
    EXPECT_EQ(wrong[0].where, "c.yaml:1:1");
    EXPECT_EQ(wrong[1].where, "c.yaml:3:11");
    EXPECT_EQ(wrong[2].where, "c.yaml:4:20");
    EXPECT_EQ(wrong[3].where, "c.yaml:6:7");
    EXPECT_EQ(wrong[3].message, "services.a.htp: there is no such setting; did you mean \"http\"?");
}

}  // namespace
}  // namespace coax::test
