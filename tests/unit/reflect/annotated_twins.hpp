#pragma once

#include <string>

/// The schemas of the types in annotated_twins.cpp, which are documented by tables and compiled as C++20.
namespace coax::twins {

[[nodiscard]] std::string table_schemas();

}  // namespace coax::twins
