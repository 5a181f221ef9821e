// Compiled as C++26 where the compiler has reflection: the types of annotated_twins.cpp, annotated instead of listed.
#include "unit/reflect/annotated_twins.hpp"

#include <coax/bind/read.hpp>
#include <coax/bind/write.hpp>
#include <coax/schema/schema.hpp>

#include <gtest/gtest.h>

namespace coax::twins {
namespace annotated {

enum class[[= doc{.description = "A mood"}]] mood {
    calm = -1,
    glad[[= doc{.name = "happy"}]] = 4,
    wild[[= doc{.skip = true}]] = 9
};

struct[[= doc{.description = "Where"}]] place {
    std::string street{};
    [[= doc{.pattern = "^\\d+$"}]] std::optional<std::string> zip{};
};

struct[[= doc{.description = "A \"person\"", .title = "Person"}]] person {
    [[= doc{.description = "Full name", .name = "full-name", .min_length = 1}]] std::string name{};
    [[= doc{.minimum = 0, .exclusive_maximum = 150.5}]] int age{};
    mood feels{};
    [[= doc{.description = "Where they live"}]] place home{};
    [[= doc{.max_items = 9, .unique_items = true}]] std::vector<person> children{};
    [[= doc{.skip = true}]] int internal{};
};

struct base {
    int id{};
};
/// Private members, a base and a constructor, without a table.
class[[= doc{.description = "An account"}]] account : public base {
    [[= doc{.name = "balance", .multiple_of = 0.01}]] double balance_{};
    [[= doc{.default_value = R"("")", .deprecated = true}]] std::string note{};

public:
    account() = default;
    account(int number, double balance) : base{number}, balance_{balance} {}
};

}  // namespace annotated

namespace {

TEST(Annotations, GiveTheSchemasOfTablesByteForByte) {
    using namespace annotated;
    std::string all;
    for (auto const text :
         {json_schema<person>, json_schema<account>, json_schema<mood>,
          json_schema<person, schema_dialect::openai_strict>, json_schema<account, schema_dialect::anthropic>,
          json_schema<account, schema_dialect::azure_strict>, json_schema<account, schema_dialect::gemini_schema>})
        all.append(text).append("\n");
    EXPECT_EQ(all, table_schemas());
}

TEST(Annotations, AnyClassIsReadAndWrittenWithoutATable) {
    constexpr std::string_view text = R"({"id":7,"balance":12.5,"note":""})";
    EXPECT_EQ(json::write(annotated::account{7, 12.5}), text);
    auto const back = json::read<annotated::account>(text);
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(json::write(*back), text);
    EXPECT_EQ(json::read<annotated::account>(R"({"id":1,"balance":0.001})").error().where, "/balance");
}

}  // namespace
}  // namespace coax::twins
