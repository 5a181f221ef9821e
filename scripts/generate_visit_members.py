#!/usr/bin/env python3
"""Writes the ladders that bind the members of an aggregate, for 1 to 128 members.

C++20 has no pack of structured bindings, so each count needs its own line. Their cost to the compiler grows with the
square of the count, so the upper half is a header of its own, for those who have such structs. Run it from the root
of the repository; the result is committed, so that building needs no Python.
"""

from pathlib import Path

USUAL = 64
MOST = 128
FOLDER = Path("include/coax/reflect")


def names(count):
    return ", ".join(f"m{i}" for i in range(count))


def ladder(first, last):
    return "".join(
        f"    {'if' if n == first else 'else if'} constexpr (N == {n}) {{\n"
        f"        auto& [{names(n)}] = object; return visitor({names(n)});\n    }}\n"
        for n in range(first, last + 1)
    )


VISIT = f"""#pragma once

// Written by scripts/generate_visit_members.py. Change that, not this.

#include <cstddef>

// clang-format off
namespace coax::reflect::detail {{

#if __cpp_structured_bindings >= 202411L

/// Calls `visitor` with references to the `N` members of `object`.
template <std::size_t N, class T, class Visitor>
constexpr decltype(auto) visit_members(T& object, Visitor& visitor) {{
    static_assert(N <= {MOST}, "coax: a struct may have at most {MOST} fields");
    auto& [... members] = object;
    return visitor(members...);
}}

#else

/// For `N` of more than {USUAL}: <coax/reflect/wide_structs.hpp> has what this one lacks.
template <std::size_t N, bool Included>
struct wide_members {{
    template <class T, class Visitor>
    static constexpr auto visit(T&, Visitor& visitor) {{
        static_assert(Included, "coax: a struct of more than {USUAL} fields needs #include <coax/reflect/wide_structs.hpp>");
        return visitor();
    }}
}};

/// Calls `visitor` with references to the `N` members of `object`.
template <std::size_t N, class T, class Visitor>
constexpr decltype(auto) visit_members(T& object, Visitor& visitor) {{
    static_assert(N <= {MOST}, "coax: a struct may have at most {MOST} fields");
{ladder(1, USUAL)}    else if constexpr (N == 0 || N > {MOST}) return visitor();
    else return wide_members<N, false>::visit(object, visitor);
}}

#endif

}}  // namespace coax::reflect::detail
// clang-format on
"""

WIDE = f"""#pragma once

// Include this before the first use of a struct with more than {USUAL} fields; up to {MOST} are read. It is not part of
// <coax/coax.hpp>: it alone costs a compiler more than all other reflection. With C++26's packs of bindings it is empty.
// Written by scripts/generate_visit_members.py. Change that, not this.

#include <coax/core/detail/toolchain.hpp>
#include <coax/reflect/detail/visit_members.hpp>

#if __cpp_structured_bindings < 202411L

#include <cstddef>

// clang-format off
namespace coax::reflect::detail {{

template <std::size_t N>
    requires(N > {USUAL} && N <= {MOST})
struct wide_members<N, false> {{
    template <class T, class Visitor>
    static constexpr decltype(auto) visit(T& object, Visitor& visitor) {{
{ladder(USUAL + 1, MOST).replace(chr(10) + "    ", chr(10) + "        ").replace("    if", "        if", 1)}    }}
}};

}}  // namespace coax::reflect::detail
// clang-format on

#endif
"""

(FOLDER / "detail/visit_members.hpp").write_text(VISIT)
(FOLDER / "wide_structs.hpp").write_text(WIDE)
