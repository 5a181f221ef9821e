#include <coax/schema/schema.hpp>

struct answers {
    std::vector<int> list;
};

#ifdef COAX_MISUSE
using root = std::vector<int>;
#else
using root = answers;
#endif

static_assert(!coax::json_schema<root, coax::schema_dialect::openai_strict>.empty());
