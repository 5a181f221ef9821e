#pragma once

#include <coax/schema/schema.hpp>

namespace coax::test {

inline constexpr auto openai = schema_dialect::openai_strict;
inline constexpr auto anthropic = schema_dialect::anthropic;

}  // namespace coax::test
