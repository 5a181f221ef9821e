#include "random_value.hpp"
#include "rich_types.hpp"
#include "types.hpp"

#include <coax/json/read.hpp>
#include <coax/json/runtime_schema.hpp>
#include <coax/json/schema.hpp>
#include <coax/json/write.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#if defined(COAX_TEST_VALIJSON)
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#endif

namespace coax {
namespace {

using namespace types;

#if defined(COAX_TEST_VALIJSON)
/// Valijson, which shares nothing with coax. It knows draft 7: what is newer (`prefixItems`) it lets pass.
class independent_validator {
public:
    explicit independent_validator(std::string_view schema) : tree_{boost::json::parse(schema)} {
        valijson::SchemaParser parser;
        parser.populateSchema(valijson::adapters::BoostJsonAdapter{tree_}, schema_);
    }
    [[nodiscard]] bool accepts(std::string_view text) {
        auto const value = boost::json::parse(text);
        if (holds_huge(value)) return true;
        valijson::Validator validator;
        return validator.validate(schema_, valijson::adapters::BoostJsonAdapter{value}, nullptr);
    }

private:
    /// Integers beyond 64 bits with a sign are no numbers to Valijson.
    static bool holds_huge(boost::json::value const& value) {
        if (value.is_array())
            for (auto const& each : value.get_array())
                if (holds_huge(each)) return true;
        if (value.is_object())
            for (auto const& each : value.get_object())
                if (holds_huge(each.value())) return true;
        return value.is_uint64();
    }

    boost::json::value tree_;
    valijson::Schema schema_{};
};
#else
class independent_validator {
public:
    explicit independent_validator(std::string_view) {}
    [[nodiscard]] bool accepts(std::string_view) { return true; }
};
#endif

template <class T>
void mend(T&) {}
/// Its rule for the whole is not the filler's to know.
void mend(ruled& value) {
    if (value.from < value.to) return;
    value.from = 0;
    value.to = 1;
}

template <class T>
class RoundTrip : public testing::Test {};
using round_trip_types =
    testing::Types<judgement, shape, everything, plain, groups, chain, times, labels, history, classes, ruled>;
TYPED_TEST_SUITE(RoundTrip, round_trip_types);

TYPED_TEST(RoundTrip, ReadingWhatIsWrittenGivesTheSameValue) {
    constexpr int values = 10'000;
    constexpr int validated = 200;  // of them, by two validators: these are slow
    auto const schema = runtime_schema::parse(json_schema<TypeParam>).value();
    independent_validator other{json_schema<TypeParam>};
    json::testing::random_filler filler{20'261'121};
    for (int i = 0; i < values; ++i) {
        TypeParam value{};
        filler.fill(value);
        mend(value);
        auto const text = json::write(value);
        auto const back = json::read<TypeParam>(text);
        ASSERT_TRUE(back) << back.error() << "\n" << text;
        ASSERT_TRUE(*back == value) << text << "\n" << json::write(*back);
        if (i >= validated) continue;
        auto const fits = schema.validate(text);
        ASSERT_TRUE(fits) << fits.error() << "\n" << text;
        ASSERT_TRUE(other.accepts(text)) << text;
    }
}

}  // namespace
}  // namespace coax
