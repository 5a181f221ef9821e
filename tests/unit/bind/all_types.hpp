#pragma once

#include "unit/bind/rich_types.hpp"
#include "unit/bind/types.hpp"

#include <gtest/gtest.h>

namespace coax::types {

/// Every struct of these tests, for what must hold of all of them.
using all_types = testing::Types<judgement, shape, everything, plain, renamed, foreign, empty, node, groups, chain,
                                 times, labels, history, classes, ruled, page<move_event>>;

}  // namespace coax::types
