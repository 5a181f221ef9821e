#include <coax/json/read.hpp>

#include <map>

#ifdef COAX_MISUSE
using key = int;
#else
using key = std::string;
#endif

int main() { return coax::json::read<std::map<key, int>>("{}") ? 0 : 1; }
