#!/usr/bin/env python3
"""A corpus as text, one input a line with escapes, and as the folder of files that libFuzzer works on.

Usage: corpus.py unpack FILE FOLDER | pack FOLDER FILE | line INPUT    The last prints one input as a line of a corpus.
"""
import hashlib
import sys
from pathlib import Path


def escape(data):
    return data.decode("latin-1").encode("unicode_escape").decode("ascii")


def unescape(line):
    return line.encode("ascii").decode("unicode_escape").encode("latin-1")


def unpack(file, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for line in file.read_text().splitlines():
        data = unescape(line)
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack(folder, file):
    inputs = {path.read_bytes() for path in folder.iterdir()} - {b""}
    file.write_text("".join(escape(data) + "\n" for data in sorted(inputs, key=lambda data: (len(data), data))))


def main():
    match sys.argv[1:]:
        case ["unpack", file, folder]:
            unpack(Path(file), Path(folder))
        case ["pack", folder, file]:
            pack(Path(folder), Path(file))
        case ["line", file]:
            print(escape(Path(file).read_bytes()))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
