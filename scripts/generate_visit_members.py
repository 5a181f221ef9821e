#!/usr/bin/env python3
"""Writes the ladder that binds the members of an aggregate, for 1 to 128 members.

C++20 has no pack of structured bindings, so each count needs its own line. Run it from the root of the
repository; the result is committed, so that building needs no Python.
"""

from pathlib import Path

MOST = 128
FOLDER = Path("include/coax/reflect/detail")


def names(count):
    return ", ".join(f"m{i}" for i in range(count))


def ladder(line):
    return "".join(
        f"    {'if' if n == 1 else 'else if'} constexpr (N == {n}) {{\n        {line(n)}\n    }}\n" for n in range(1, MOST + 1)
    )


VISIT = f"""#pragma once

// Written by scripts/generate_visit_members.py. Change that, not this.

#include <cstddef>

// clang-format off
namespace coax::reflect::detail {{

/// Calls `visitor` with references to the `N` members of `object`.
template <std::size_t N, class T, class Visitor>
constexpr decltype(auto) visit_members(T& object, Visitor& visitor) {{
{ladder(lambda n: f"auto& [{names(n)}] = object; return visitor({names(n)});")}    else {{
        static_assert(N == 0, "coax: a struct may have at most {MOST} fields");
        return visitor();
    }}
}}

}}  // namespace coax::reflect::detail
// clang-format on
"""

FOLDER.mkdir(parents=True, exist_ok=True)
(FOLDER / "visit_members.hpp").write_text(VISIT)
