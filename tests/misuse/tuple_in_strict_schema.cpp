#include <coax/json/schema.hpp>

struct place {
#ifdef COAX_MISUSE
    std::pair<std::string, int> where;
#else
    std::pair<int, int> where;
#endif
};

static_assert(!coax::json_schema<place, coax::schema_dialect::openai_strict>.empty());
