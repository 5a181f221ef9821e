#include <coax/bind/read.hpp>

struct animal {
    std::string name;
};
struct dog : animal {
    int age{};
#ifndef COAX_MISUSE
    static constexpr auto coax_schema = coax::describe("A dog", coax::field(&dog::name), coax::field(&dog::age));
#endif
};
struct kennel {
    std::vector<dog> dogs;
};

int main() { return coax::json::read<kennel>(R"({"dogs":[]})") ? 0 : 1; }
