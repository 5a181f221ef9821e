#include <coax/bind/write.hpp>

class money {
public:
    money() = default;

private:
    [[maybe_unused]] long cents_{0};
};
struct open_money {
    long cents{0};
};

struct price {
#ifdef COAX_MISUSE
    money amount;
#else
    open_money amount;
#endif
};

int main() { return coax::json::write(price{}).empty() ? 1 : 0; }
