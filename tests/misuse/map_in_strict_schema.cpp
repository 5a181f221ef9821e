#include <coax/json/schema.hpp>

#include <map>

struct count {
    std::string word;
    int times;
};
struct counts {
#ifdef COAX_MISUSE
    std::map<std::string, int> of_words;
#else
    std::vector<count> of_words;
#endif
};

static_assert(!coax::json_schema<counts, coax::schema_dialect::openai_strict>.empty());
