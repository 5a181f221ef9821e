#!/usr/bin/env python3
"""User instructions for one chat call, counted by callgrind: what noise on the machine does not move.

usage: instructions.py PATH/TO/bench_chat [--markdown FILE]

The program has the count begin anew in the middle of its calls, which leaves start-up and connecting out.
"""
import argparse
import re
import subprocess
import sys

CALLS = 6_400
# client, transport, bound in user instructions a call (None: a floor)
LOADS = [("beast", "plain", None), ("coax", "plain", 46_000), ("beast", "tls", None), ("coax", "tls", 80_000)]


def counted(program, client, transport):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=no",
               program, "--run", client, transport, str(CALLS)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    # The child that serves prints no total: it is killed.
    return int(re.findall(r"Collected : (\d+)", run.stderr)[-1]) / (CALLS / 2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    lines = ["| client | transport | user instructions a call | bound |", "| --- | --- | --- | --- |"]
    failed = False
    for client, transport, bound in LOADS:
        spent = counted(options.program, client, transport)
        over = bound is not None and spent > bound
        failed = failed or over
        lines.append(f"| {client} | {transport} | {spent:,.0f}{' (over)' if over else ''} | {bound if bound else 'floor'} |")
    table = "\n".join(lines) + "\n"
    print(table)
    if options.markdown:
        with open(options.markdown, "a", encoding="utf-8") as file:
            file.write("\n" + table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
