#!/usr/bin/env python3
"""Proves that the C++ in README.md and docs/ is cut from files that compile, and that the files named in all pages exist.

Each ```cpp block must follow a line `<!-- FILE -->`, and its lines must stand in that file, in one piece. A file in backticks is
named from the root, or from include/coax or src; a name in backticks behind it is one that it holds. Each example is a step of the
site's ladder and the answer to a row of docs/recipes.md, and has no more than 60 lines that are not empty.
Usage: check_docs.py [ROOT]
"""
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- (\S+) -->\n)?```cpp\n(.*?)```", re.DOTALL)

NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?)(?: [^`]*)?`(?: \(?`([\w:]+)`)?")
PLACES = ("", "include/coax", "src")
# Named for what they will hold, or by a header's name as users write it.
NOT_FILES = re.compile(r"^(build|coax)/")


def wrong_names(root, page):
    for name, symbol in NAMED.findall(page.read_text()):
        if NOT_FILES.match(name):
            continue
        found = [root / place / name for place in PLACES if (root / place / name).exists()]
        if not found:
            yield f"{page.name}: there is no {name}"
        elif symbol and found[0].is_file() and not re.search(rf"\b{symbol.split('::')[-1]}\b", found[0].read_text()):
            yield f"{page.name}: {name} does not hold {symbol}"


def wrong_examples(root):
    recipes = (root / "docs/recipes.md").read_text()
    ladder = re.search(r"^LADDER = \[(.*?)\]", (root / "scripts/site.py").read_text(), re.MULTILINE | re.DOTALL).group(1)
    for example in sorted((root / "examples").glob("*.cpp")):
        lines = sum(1 for line in example.read_text().splitlines() if line.strip())
        if lines > 60:
            yield f"{example.name}: has {lines} lines"
        if f'"{example.stem}"' not in ladder:
            yield f"{example.name}: is no step of LADDER in scripts/site.py"
        if f"examples/{example.name}" not in recipes:
            yield f"{example.name}: answers no row of docs/recipes.md"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent
    wrong = []
    blocks = 0
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    for page in [*pages, root / "CONTRIBUTING.md"]:
        wrong += wrong_names(root, page)
    wrong += wrong_examples(root)
    for page in pages:
        for source, code in BLOCK.findall(page.read_text()):
            blocks += 1
            first = code.split("\n", 1)[0].strip()
            if not source:
                wrong.append(f"{page.name}: the code at '{first}' does not say where it is from")
            elif code not in (root / source).read_text():
                wrong.append(f"{page.name}: the code at '{first}' does not stand in {source}")
    if blocks < 5:
        wrong.append(f"README.md: only {blocks} pieces of code were found")
    print("\n".join(wrong) or f"docs: all {blocks} pieces of code stand in the files they name")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
