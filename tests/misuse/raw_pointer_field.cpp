#include <coax/json/read.hpp>

struct node {
    int value;
#ifdef COAX_MISUSE
    node* next;
#else
    std::unique_ptr<node> next;
#endif
};

int main() { return coax::json::read<node>(R"({"value":1})") ? 0 : 1; }
