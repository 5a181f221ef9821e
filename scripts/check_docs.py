#!/usr/bin/env python3
"""Proves that the C++ in README.md and docs/ is cut from files that compile.

Each ```cpp block must follow a line `<!-- FILE -->`, and its lines must stand in that file, in one piece.
Usage: check_docs.py [ROOT]
"""
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- (\S+) -->\n)?```cpp\n(.*?)```", re.DOTALL)


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent
    wrong = []
    blocks = 0
    for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
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
