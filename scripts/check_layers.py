#!/usr/bin/env python3
"""Proves the picture of the rooms (docs/architecture.md) on the sources themselves.

 - a room includes itself and rooms on floors below it, never one above or beside;
 - sim never includes provider: the wire forms are written twice;
 - a private header of `src/<room>` is that room's own, unless it lies in `src/<room>/internal`;
 - private code is in namespace `coax::<room>::detail`, or in `coax::detail` for the rooms whose name is also that of a class
   or function;
 - a header of coax is included by its whole path: "room/file.hpp" or <coax/room/file.hpp>;
 - public headers include no heavy library and no private header; examples include public headers only;
 - headers that a shared library shows (cmake/mark_shown.cmake) include nothing behind their first namespace;
 - coax.hpp includes every public header of coax::coax, but for the few that most users must not pay for, and nothing else.

Usage: check_layers.py [ROOT]; check_layers.py --self-test shows that each rule catches what breaks it.
"""
import re
import sys
import tempfile
from pathlib import Path

FLOORS = {
    "core": 0,
    "reflect": 1, "runtime": 1, "json": 1,
    "sync": 2, "bind": 2,
    "tasks": 3, "schema": 3, "table": 3,
    "policy": 4, "chat": 4, "arrow": 4,
    "http": 5, "tokens": 5,
    "provider": 6, "auth": 6, "cache": 6, "telemetry": 6,
    "client": 7,
    "batch": 8, "otel": 8, "mcp": 8, "sim": 8,
    "config": 9, "fleet": 9,
    "cli": 10,
}
SIM_USES = {"core", "reflect", "runtime", "sync", "tasks", "json", "bind", "schema", "policy", "http"}
HEAVY = re.compile(r"^(boost/(beast|json|url|asio/(ssl|io_context|ip|co_spawn|experimental)|asio\.hpp)|openssl/|spdlog/|yaml-cpp/|CLI/|hiredis/|nghttp2/|pcre2|sqlite3|zlib)")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
QUOTED = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{", re.MULTILINE)
# Something new at the top level of namespace coax: a class, function or variable of its own.
DEFINES = re.compile(r"^namespace coax \{(?:(?!^\}  // namespace coax$).)*?^(?:class|struct|enum class) (?!\w+::)\w+[^;{]*\{", re.MULTILINE | re.DOTALL)
# A free function at the top level of a namespace; that of a class has its name before it.
FUNCTION = re.compile(r"^(?:\[\[nodiscard\]\] )?\w[\w:<>, &*]*[ &*](\w+)\(", re.MULTILINE)
BLOCK = re.compile(r"^namespace coax \{\n(.*?)^\}  // namespace coax$", re.MULTILINE | re.DOTALL)
INNER = re.compile(r"^namespace [\w:]* ?\{\n.*?^\}  // namespace.*?$", re.MULTILINE | re.DOTALL)
SOURCES = {".hpp", ".cpp", ".h", ".ipp"}
# Rooms whose name is also that of a class or function in namespace coax, and so cannot be a namespace.
FLAT = {"runtime", "provider", "client", "batch"}


def sources(top):
    return sorted(p for p in top.rglob("*") if p.suffix in SOURCES) if top.is_dir() else []


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
APART = {"coax/chat/cache_control.hpp", "coax/chat/fit_report.hpp", "coax/chat/response_details.hpp", "coax/client/background.hpp",
         "coax/client/chat_all.hpp", "coax/client/compare.hpp", "coax/client/connection_check.hpp",
         "coax/client/prompt_function.hpp", "coax/client/prompt_text.hpp", "coax/client/router.hpp", "coax/client/service_batches.hpp", "coax/client/token_options.hpp", "coax/client/tool_stream.hpp", "coax/provider/background.hpp",
         "coax/http/cassette.hpp", "coax/http/sse.hpp", "coax/provider/embedding.hpp",
         "coax/client/decide.hpp", "coax/provider/decision.hpp", "coax/provider/model_info.hpp", "coax/provider/rerank.hpp", "coax/provider/service_batch.hpp", "coax/reflect/wide_structs.hpp",
         "coax/sync/channel.hpp", "coax/sync/single_flight.hpp"}
APART_ROOMS = {"arrow", "auth", "batch", "cache", "config", "fleet", "mcp", "otel", "sim", "table", "telemetry", "tokens"}


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


def check_private(root):
    for path in sources(root / "src"):
        room = path.relative_to(root / "src").parts[0]
        for included in includes(path):
            parts = included.split("/")
            if len(parts) > 1 and parts[0] in FLOORS and parts[0] != room and parts[1] != "internal":
                yield f"{path.relative_to(root)}: {included} is private to {parts[0]}"


def check_namespaces(root):
    private = [*(root / "src").rglob("*.hpp"), *(p for p in (root / "include/coax").rglob("*.hpp") if "detail" in p.parts)]
    for path in sorted(private):
        parts = path.relative_to(root).parts
        room = parts[1] if parts[0] == "src" else parts[2]
        wanted = "coax::cli" if room == "cli" else "coax::detail" if room in FLAT else f"coax::{room}::detail"
        for opened in NAMESPACE.findall(path.read_text(errors="replace")):
            if opened.startswith("coax") and opened != wanted and not may_open(path, opened):
                yield f"{path.relative_to(root)}: opens namespace {opened}; private code of {room} is in {wanted}"


def may_open(path, namespace):
    """A private header may declare what its public one promised: members of a public class, or specializations."""
    text = path.read_text(errors="replace")
    if namespace != "coax" or DEFINES.search(text):
        return False
    return not any(FUNCTION.search(INNER.sub("", block)) for block in BLOCK.findall(text))


def check_style(root):
    for top in ("include", "src", "tests/unit"):
        for path in sources(root / top):
            for quoted in QUOTED.findall(path.read_text(errors="replace")):
                if "/" not in quoted:
                    yield f'{path.relative_to(root)}: "{quoted}" is not a whole path'
                elif quoted.startswith("coax/"):
                    yield f"{path.relative_to(root)}: write <{quoted}>"
                elif top == "include":
                    yield f"{path.relative_to(root)}: a public header may not include the private {quoted}"


def check_examples(root):
    for path in sources(root / "examples"):
        for included in includes(path):
            parts = included.split("/")
            if "detail" in parts or (parts[0] in FLOORS and len(parts) > 1):
                yield f"{path.relative_to(root)}: an example may not include the private {included}"


def check_thin(root):
    for path in sorted((root / "include/coax").rglob("*.hpp")):
        for included in includes(path):
            if HEAVY.match(included):
                yield f"{path.relative_to(root)}: a public header may not include {included}"


def check_umbrella(root):
    base = root / "include/coax"
    umbrella = base / "coax.hpp"
    public = {f"coax/{p.relative_to(base)}" for p in base.rglob("*.hpp") if p != umbrella and "detail" not in p.parts}
    wanted = {name for name in public - APART if room_of(name) not in APART_ROOMS}
    found = set(includes(umbrella))
    yield from (f"include/coax/coax.hpp: does not include {name}" for name in sorted(wanted - found))
    yield from (f"include/coax/coax.hpp: should not include {name}" for name in sorted(found - wanted))


def check_shown(root):
    for path in [*sources(root / "include/coax"), *(p for p in sources(root / "src") if "internal" in p.parts)]:
        text = path.read_text(errors="replace")
        opened = NAMESPACE.search(text)
        if opened and INCLUDE.search(text, opened.end()):
            yield f"{path.relative_to(root)}: an include behind the first namespace"


def check(root):
    return [*check_rooms(root), *check_private(root), *check_namespaces(root), *check_style(root),
            *check_examples(root), *check_thin(root), *check_umbrella(root), *check_shown(root)]


CLEAN = {
    "include/coax/coax.hpp": "#include <coax/core/a.hpp>\n#include <coax/json/b.hpp>\n",
    "include/coax/core/a.hpp": "#include <boost/system/system_error.hpp>\n",
    "include/coax/json/b.hpp": "#include <coax/core/a.hpp>\n",
    "include/coax/json/detail/c.hpp": "namespace coax::json::detail {\n}\n",
    "src/json/private.hpp": "namespace coax::json::detail {\n}\n",
    "src/json/internal/shared.hpp": "namespace coax::json::detail {\n}\n",
    "src/bind/b.cpp": '#include "json/internal/shared.hpp"\n',
    "include/coax/sim/s.hpp": "#include <coax/core/a.hpp>\n",
    "src/json/b.cpp": '#include <coax/json/b.hpp>\n#include "json/private.hpp"\n#include <boost/json.hpp>\n',
    "src/cli/main.cpp": "#include <coax/sim/s.hpp>\n",
    "src/bind/public.hpp": "namespace coax {\nclass b::state {\n    void tell(int);\n};\nvoid b::put(int which) {\n}\nnamespace bind::detail {\n"
                           "int many(b& all);\n}  // namespace bind::detail\n}  // namespace coax\n",
    "examples/e.cpp": "#include <coax/coax.hpp>\n",
}
BREAKS = {
    "a climbing include": ("src/json/b.cpp", "#include <coax/client/client.hpp>\n"),
    "a climbing private include": ("src/core/a.cpp", '#include "json/internal/shared.hpp"\n'),
    "a room beside": ("src/runtime/h.cpp", "#  include <coax/json/b.hpp>\n"),
    "sim using provider": ("src/sim/s.cpp", "#include <coax/provider/provider.hpp>\n"),
    "sim using chat": ("src/sim/s.cpp", "#include <coax/chat/message.hpp>\n"),
    "another room's private header": ("src/bind/b.cpp", '#include "json/private.hpp"\n'),
    "a symbol in the users' namespace": ("src/json/private.hpp", "namespace coax {\nstruct shard {\n};\n}  // namespace coax\n"),
    "a function in the users' namespace": (
        "src/json/private.hpp", "namespace coax {\n[[nodiscard]] result<void> ask(int& of);\n}  // namespace coax\n"),
    "a namespace of no room": ("src/json/private.hpp", "namespace coax::wire {\n}\n"),
    "an include without its folder": ("src/json/b.cpp", '#include "private.hpp"\n'),
    "a public header in quotes": ("src/json/b.cpp", '#include "coax/json/b.hpp"\n'),
    "a private header in a public one": ("include/coax/json/b.hpp", '#include "json/private.hpp"\n'),
    "an example that looks inside": ("examples/e.cpp", "#include <coax/json/detail/c.hpp>\n"),
    "a heavy public header": ("include/coax/core/a.hpp", "#include <boost/asio/io_context.hpp>\n"),
    "the umbrella inside": ("src/json/b.cpp", "#include <coax/coax.hpp>\n"),
    "a room without a floor": ("src/attic/a.cpp", ""),
    "an umbrella with a hole": ("include/coax/coax.hpp", "#include <coax/core/a.hpp>\n"),
    "an include behind a namespace": ("include/coax/json/detail/c.hpp", "namespace coax::json::detail {\n}\n#include <string>\n"),
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
