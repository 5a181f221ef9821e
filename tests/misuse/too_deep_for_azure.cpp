#include <coax/schema/schema.hpp>

template <class T>
struct box {
    T inside;
};

#ifdef COAX_MISUSE
using deep = box<box<box<box<box<box<int>>>>>>;
#else
using deep = box<box<box<box<box<int>>>>>;
#endif

static_assert(!coax::json_schema<deep, coax::schema_dialect::azure_strict>.empty());
