// A template that names what its input has not.
#include <coax/client/prompt_function.hpp>

#include <string>

struct question {
    std::string text{};
};

#ifdef COAX_MISUSE
coax::prompt_text<question> const prompt{"Answer {{txt}}"};
#else
coax::prompt_text<question> const prompt{"Answer {{text}}"};
#endif
