#include <coax/json/read.hpp>

#include <string_view>

struct word {
#ifdef COAX_MISUSE
    std::string_view text;
#else
    std::string text;
#endif
};

int main() { return coax::json::read<word>(R"({"text":"x"})") ? 0 : 1; }
