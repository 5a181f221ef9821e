#!/usr/bin/env python3
"""Compares measured paths with their floors: median(path) / median(floor) against the bounds of ratios.json.

usage: check_ratio.py RATIOS.json RESULT.json... [--markdown FILE] [--only PREFIX]

RESULT.json are outputs of Google Benchmark (--benchmark_out) with repetitions. Prints a Markdown table; exits 1 when a
bound is exceeded or a pair was not measured, unless the pair says why it need not be: "optional": "needs ...".
With --only, just the pairs whose path begins with PREFIX count.
"""
import argparse
import json
import os
import statistics
import sys

NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def samples(result_files):
    """name -> measure -> values of all repetitions; name -> the program that measured it"""
    found, programs = {}, {}
    for path in result_files:
        program = os.path.basename(path).removesuffix(".json")
        with open(path, encoding="utf-8") as file:
            for run in json.load(file)["benchmarks"]:
                if run.get("run_type") != "iteration" or run.get("error_occurred"):
                    continue
                name = run["run_name"].split("/")[0]
                programs[name] = program
                for measure, value in run.items():
                    if isinstance(value, (int, float)):
                        if measure in ("cpu_time", "real_time"):
                            value *= NANOSECONDS[run["time_unit"]]
                        found.setdefault(name, {}).setdefault(measure, []).append(value)
    return found, programs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ratios")
    parser.add_argument("results", nargs="+")
    parser.add_argument("--markdown")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    with open(options.ratios, encoding="utf-8") as file:
        pairs = [pair for pair in json.load(file) if pair["path"].startswith(options.only)]
    found, programs = samples(options.results)

    lines = ["| what | figure | floor | ratio | bound | measured by |", "| --- | --- | --- | --- | --- | --- |"]
    failed = False
    for pair in pairs:
        measure = pair.get("measure", "cpu_time")
        path = found.get(pair["path"], {}).get(measure)
        floor = found.get(pair["floor"], {}).get(measure)
        if not path or not floor:
            failed = failed or not path or "optional" not in pair
            why = f" ({pair['optional']})" if "optional" in pair else ""
            lines.append(f"| {pair['what']} | {pair['path']} | {pair['floor']} | not measured{why} | {pair['bound']} | |")
            continue
        a, b = statistics.median(path), statistics.median(floor)
        unit = pair.get("unit", "µs" if measure == "cpu_us" else "ns")
        over = a / b > pair["bound"]
        failed = failed or over
        verdict = " (over)" if over else ""
        lines.append(f"| {pair['what']} | {a:.4g} {unit} | {b:.4g} {unit} | {a / b:.2f}{verdict} | {pair['bound']} "
                     f"| `{programs[pair['path']]}`: `{pair['path']}` |")
    table = "\n".join(lines) + "\n"
    print(table)
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
