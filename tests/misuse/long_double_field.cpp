#include <coax/json/write.hpp>

struct vote {
#ifdef COAX_MISUSE
    std::optional<long double> share;
#else
    std::optional<double> share;
#endif
};

int main() { return coax::json::write(vote{}).empty() ? 1 : 0; }
