#include <coax/client/toolbox.hpp>

struct query {
    std::string city{};
};
struct finder {
    std::string find(query const& q) { return q.city; }
};

void fill(coax::toolbox& tools) {
    finder one;
    tools.add("find", "Finds a city", [](query q) { return q.city; });
    tools.add("find_member", "Finds a city", &finder::find, &one);
#ifdef COAX_MISUSE_TEXT
    tools.add("find", "Finds a city", [](std::string city) { return city; });
#elif defined COAX_MISUSE_NUMBER
    tools.add("find", "Finds a city", [](int number) { return number; });
#elif defined COAX_MISUSE_LIST
    tools.add("find", "Finds cities", [](std::vector<query> all) { return all.size(); });
#elif defined COAX_MISUSE_TWO
    tools.add("find", "Finds a city", [](query q, query) { return q.city; });
#elif defined COAX_MISUSE_GENERIC
    tools.add("find", "Finds a city", [](auto q) { return q.city; });
#elif defined COAX_MISUSE_OBJECT
    tools.add("find", "Finds a city", &finder::find);
#elif defined COAX_MISUSE_REFERENCE
    tools.add("find", "Finds a city", [](query& q) { return q.city; });
#endif
}
