#pragma once

#include <coax/core/detail/toolchain.hpp>

// The version of coax, here and nowhere else: the build, the packages, `coax --version` and the User-Agent read it.
// Which versions go together: docs/versions.md.

#define COAX_VERSION "0.2.0"
/// For `#if`: 10,000 times the major, 100 times the minor number, and the patch.
#define COAX_VERSION_NUMBER 200
