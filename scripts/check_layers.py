#!/usr/bin/env python3
"""Proves the picture of the rooms (docs/architecture.md) on the sources themselves.

 - a room includes itself and rooms on floors below it, never one above or beside;
 - sim never includes provider: the wire forms are written twice;
 - public headers include no heavy library;
 - coax.hpp includes every public header of coax::coax, but for the few that most users must not pay for, and nothing else.

Usage: check_layers.py [ROOT]; check_layers.py --self-test shows that each rule catches what breaks it.
"""
import re
import sys
import tempfile
from pathlib import Path

FLOORS = {
    "core": 0,
    "reflect": 1, "runtime": 1,
    "json": 2, "http": 2,
    "chat": 3,
    "cache": 4, "tokens": 4, "telemetry": 4,
    "provider": 5,
    "client": 6,
    "batch": 7, "sim": 7,
    "cli": 8,
}
SIM_USES = {"core", "reflect", "runtime", "json", "http"}
HEAVY = re.compile(r"^(boost/(beast|json|url|asio/(ssl|io_context|ip|co_spawn|experimental)|asio\.hpp)|openssl/|spdlog/|CLI/|pcre2)")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
SOURCES = {".hpp", ".cpp", ".h", ".ipp"}


def includes(path):
    return INCLUDE.findall(path.read_text(errors="replace"))


def room_of(included):
    parts = included.removeprefix("coax/").split("/")
    return parts[0] if len(parts) > 1 and parts[0] in FLOORS else None


def may_include(room, other):
    if room == other:
        return True
    if room == "sim":
        return other in SIM_USES
    if room == "cli":
        return True
    return FLOORS[other] < FLOORS[room]

# Public headers that coax.hpp leaves out: what they cost every compilation, few need.
APART = {"coax/reflect/wide_structs.hpp"}


def check_rooms(root):
    for top in ("include/coax", "src"):
        for folder in sorted(p for p in (root / top).iterdir() if p.is_dir()):
            if folder.name not in FLOORS:
                yield f"{folder.relative_to(root)}: a room without a floor"
                continue
            for path in sorted(p for p in folder.rglob("*") if p.suffix in SOURCES):
                for included in includes(path):
                    other = room_of(included)
                    if included == "coax/coax.hpp":
                        yield f"{path.relative_to(root)}: includes coax.hpp, which is for users"
                    elif other and not may_include(folder.name, other):
                        yield f"{path.relative_to(root)}: {folder.name} may not include {included}"


def check_thin(root):
    for path in sorted((root / "include/coax").rglob("*.hpp")):
        for included in includes(path):
            if HEAVY.match(included):
                yield f"{path.relative_to(root)}: a public header may not include {included}"


def check_umbrella(root):
    base = root / "include/coax"
    umbrella = base / "coax.hpp"
    public = {f"coax/{p.relative_to(base)}" for p in base.rglob("*.hpp") if p != umbrella and "detail" not in p.parts}
    wanted = {name for name in public - APART if not name.startswith("coax/sim/")}
    found = set(includes(umbrella))
    yield from (f"include/coax/coax.hpp: does not include {name}" for name in sorted(wanted - found))
    yield from (f"include/coax/coax.hpp: should not include {name}" for name in sorted(found - wanted))


def check(root):
    return [*check_rooms(root), *check_thin(root), *check_umbrella(root)]


CLEAN = {
    "include/coax/coax.hpp": "#include <coax/core/a.hpp>\n#include <coax/json/b.hpp>\n",
    "include/coax/core/a.hpp": "#include <boost/system/system_error.hpp>\n",
    "include/coax/json/b.hpp": "#include <coax/core/a.hpp>\n",
    "include/coax/json/detail/c.hpp": "",
    "include/coax/sim/s.hpp": "#include <coax/core/a.hpp>\n",
    "src/json/b.cpp": '#include <coax/json/b.hpp>\n#include "json/private.hpp"\n#include <boost/json.hpp>\n',
    "src/cli/main.cpp": "#include <coax/sim/s.hpp>\n",
}
BREAKS = {
    "a climbing include": ("src/json/b.cpp", "#include <coax/client/client.hpp>\n"),
    "a climbing private include": ("src/core/a.cpp", '#include "json/private.hpp"\n'),
    "a room beside": ("src/http/h.cpp", "#  include <coax/json/b.hpp>\n"),
    "sim using provider": ("src/sim/s.cpp", '#include "provider/endpoint.hpp"\n'),
    "sim using chat": ("src/sim/s.cpp", "#include <coax/chat/message.hpp>\n"),
    "a heavy public header": ("include/coax/core/a.hpp", "#include <boost/asio/io_context.hpp>\n"),
    "the umbrella inside": ("src/json/b.cpp", "#include <coax/coax.hpp>\n"),
    "a room without a floor": ("src/attic/a.cpp", ""),
    "an umbrella with a hole": ("include/coax/coax.hpp", "#include <coax/core/a.hpp>\n"),
    "an umbrella with sim": ("include/coax/coax.hpp", CLEAN["include/coax/coax.hpp"] + "#include <coax/sim/s.hpp>\n"),
}


def self_test():
    def problems(files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check(Path(folder))

    failed = [f"a clean tree is blamed: {p}" for p in problems(CLEAN)]
    failed += [f"not caught: {what}" for what, (name, text) in BREAKS.items() if len(problems(CLEAN | {name: text})) != 1]
    return failed


def main():
    arguments = sys.argv[1:]
    if arguments == ["--self-test"]:
        found = self_test()
    else:
        found = check(Path(arguments[0]) if arguments else Path(__file__).parent.parent)
    print("\n".join(found) or "layers: as drawn")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
