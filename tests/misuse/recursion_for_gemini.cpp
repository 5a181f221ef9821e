#include <coax/schema/schema.hpp>

struct comment {
    std::string text;
#ifdef COAX_MISUSE
    std::vector<comment> replies;
#else
    std::optional<std::vector<comment>> replies;
#endif
};

static_assert(!coax::json_schema<comment, coax::schema_dialect::gemini>.empty());
