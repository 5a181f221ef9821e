// After `using namespace coax` an unqualified system("...") could be the C library's, which runs its text in a shell.
#include <coax/chat/message.hpp>

#include <cstdlib>

using namespace coax;

message instruction() {
#ifdef COAX_MISUSE
    auto const said = system("Be brief.");
#else
    auto const said = coax::system("Be brief.");
#endif
    return said;
}
