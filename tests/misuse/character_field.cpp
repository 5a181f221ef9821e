#include <coax/json/read.hpp>

struct grade {
#ifdef COAX_MISUSE
    char letter;
#else
    std::string letter;
#endif
};

int main() { return coax::json::read<grade>(R"({"letter":"A"})") ? 0 : 1; }
