#include <coax/schema/schema.hpp>

struct comment {
    std::string text;
    std::vector<comment> replies;
};

#ifdef COAX_MISUSE
constexpr auto dialect = coax::schema_dialect::anthropic;
#else
constexpr auto dialect = coax::schema_dialect::openai_strict;
#endif

static_assert(!coax::json_schema<comment, dialect>.empty());
