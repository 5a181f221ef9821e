#pragma once

// Said once, before a compiler that is too old says it a hundred times in words of its own. Who must try all the same:
// -DCOAX_ALLOW_OLD_GCC.

#if __cplusplus < 202002L
#error "coax needs C++20: compile with -std=c++20 or later"
#include <coax/needs_cpp20>  // is not there, and so ends the compilation
#elif defined(__clang__) && __clang_major__ < 16 && !defined(__apple_build_version__)
#error "coax needs Clang 16+ or GCC 13+"
#include <coax/needs_clang_16>
#elif defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13 && !defined(COAX_ALLOW_OLD_GCC)
#error "coax needs GCC 13+ or Clang 16+: older GCC destroys temporaries in co_await expressions twice"
#include <coax/needs_gcc_13>
#endif
