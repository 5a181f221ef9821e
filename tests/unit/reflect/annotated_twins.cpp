#include "unit/reflect/annotated_twins.hpp"

#include <coax/schema/schema.hpp>

namespace coax::twins {
namespace tables {

enum class mood { calm = -1, glad = 4, wild = 9 };

struct place {
    std::string street{};
    std::optional<std::string> zip{};
    static constexpr auto coax_schema = describe("Where", field(&place::zip, {.pattern = "^\\d+$"}));
};

struct person {
    std::string name{};
    int age{};
    mood feels{};
    place home{};
    std::vector<person> children{};
    int internal{};

    static constexpr auto coax_schema = describe(
        {.description = "A \"person\"", .title = "Person"},
        field(&person::name, {.description = "Full name", .name = "full-name", .min_length = 1}),
        field(&person::age, {.minimum = 0, .exclusive_maximum = 150.5}), field(&person::home, "Where they live"),
        field(&person::children, {.max_items = 9, .unique_items = true}), field(&person::internal, {.skip = true}));
};

struct base {
    int id{};
};
class account : public base {
    double balance_{};
    std::string note{};

public:
    static constexpr auto coax_schema =
        describe("An account", field(&account::id), field(&account::balance_, {.name = "balance", .multiple_of = 0.01}),
                 field(&account::note, {.default_value = R"("")", .deprecated = true}));
};

}  // namespace tables
}  // namespace coax::twins

template <>
struct coax::schema_for<coax::twins::tables::mood> {
    static constexpr auto coax_schema = coax::describe("A mood", coax::value(coax::twins::tables::mood::glad, "happy"),
                                                       coax::value(coax::twins::tables::mood::wild, {.skip = true}));
};

namespace coax::twins {

std::string table_schemas() {
    using namespace tables;
    std::string all;
    for (auto const text :
         {json_schema<person>, json_schema<account>, json_schema<mood>,
          json_schema<person, schema_dialect::openai_strict>, json_schema<account, schema_dialect::anthropic>,
          json_schema<account, schema_dialect::azure_strict>, json_schema<account, schema_dialect::gemini_schema>})
        all.append(text).append("\n");
    return all;
}

}  // namespace coax::twins
