#!/usr/bin/env python3
"""User instructions for one chat call and one event of a stream, counted by callgrind: what noise on the machine does not move.

usage: instructions.py PATH/TO/bench_chat [--markdown FILE]

The program has the count begin anew in the middle of its calls, which leaves start-up and connecting out.
"""
import argparse
import re
import subprocess
import sys

# client, transport, calls, what is counted, how many of it in a call, bound in user instructions of each (None: a floor)
LOADS = [("beast", "plain", 6_400, "call", 1, None), ("coax", "plain", 6_400, "call", 1, 48_000),
         ("beast", "tls", 16_000, "call", 1, None), ("coax", "tls", 16_000, "call", 1, 90_000),
         ("raw_stream", "plain", 256, "event", 1_000, None), ("coax_stream", "plain", 256, "event", 1_000, 4_000)]


def counted(program, client, transport, calls):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=no",
               program, "--run", client, transport, str(calls)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    # The child that serves prints no total: it is killed.
    return int(re.findall(r"Collected : (\d+)", run.stderr)[-1]) / (calls / 2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    lines = ["| client | transport | user instructions | bound |", "| --- | --- | --- | --- |"]
    failed = False
    for client, transport, calls, unit, units, bound in LOADS:
        spent = counted(options.program, client, transport, calls) / units
        over = bound is not None and spent > bound
        failed = failed or over
        lines.append(f"| {client} | {transport} | {spent:,.0f} a {unit}{' (over)' if over else ''} | {bound if bound else 'floor'} |")
    table = "\n".join(lines) + "\n"
    print(table)
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
