#include <coax/schema/schema.hpp>

enum class status { ok = 200, gone = 410 };

#ifndef COAX_MISUSE
template <>
struct coax::enum_range<status> {
    static constexpr long long low = 200;
    static constexpr long long high = 411;
};
#endif

static_assert(!coax::json_schema<status>.empty());
