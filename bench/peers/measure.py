#!/usr/bin/env python3
"""Processor time of clients for models, each in a process of its own against the same server (see scripts/peers).

Usage: measure.py PROGRAMS [--markdown FILE] NAME=COMMAND...
PROGRAMS is the folder with peer_server. A COMMAND is followed by URL chat|stream CALLS CALLERS CA_FILE. What a process takes to start is taken
off: a run of few calls is subtracted from one of many. Of several rounds the median counts.
"""
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile

CALLERS, ROUNDS, EVENTS = 64, 3, 1000
KINDS = [("chat", "plain", 64, 2064), ("chat", "tls", 64, 2064), ("stream", "plain", 8, 72)]


def processor_seconds(command, environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"peers: {' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.strip()


def measure(command, url, kind, few, many, ca_file):
    """Microseconds for each call, or each event of a stream, and the text's letters for each."""
    environment = dict(os.environ)
    if os.path.getsize(ca_file):
        environment.update(NODE_EXTRA_CA_CERTS=ca_file, SSL_CERT_FILE=ca_file)
    begin, _ = processor_seconds([*command, url, kind, str(few), str(CALLERS), ca_file], environment)
    whole, letters = processor_seconds([*command, url, kind, str(many), str(CALLERS), ca_file], environment)
    units = (many - few) * (EVENTS if kind == "stream" else 1)
    return (whole - begin) * 1e6 / units, int(letters) / many


def start_server(programs, transport, kind, ca_file):
    server = subprocess.Popen([os.path.join(programs, "peer_server"), transport, kind, ca_file], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().strip()


def column(programs, clients, kind, transport, few, many):
    """The median of each client. Rounds take turns, so that what else the machine does falls on all alike."""
    times, answers = {name: [] for name in clients}, set()
    with tempfile.NamedTemporaryFile() as ca:
        server, url = start_server(programs, transport, kind, ca.name)
        try:
            for _ in range(ROUNDS):
                for name, command in clients.items():
                    spent, letters = measure(command, url, kind, few, many, ca.name)
                    times[name].append(spent)
                    answers.add(letters)
        finally:
            server.stdin.close()
            server.wait()
    if len(answers) != 1:
        sys.exit(f"peers: the clients received different texts: {sorted(answers)} letters a call")
    return {name: statistics.median(all_times) for name, all_times in times.items()}


def main(arguments):
    programs, markdown = arguments.pop(0), None
    if arguments and arguments[0] == "--markdown":
        markdown = arguments[1]
        del arguments[:2]
    clients = {name: shlex.split(command) for name, command in (each.split("=", 1) for each in arguments)}
    columns = [column(programs, clients, *kind) for kind in KINDS]
    first = next(iter(clients))
    lines = ["| client | a call, plain | over TLS | an event of a stream, plain |", "| --- | --- | --- | --- |"]
    for name in clients:
        cells = [f"{each[name]:.4g} µs ({each[name] / each[first]:.1f})" for each in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    print("\n".join(lines))
    if markdown:
        with open(markdown, "w") as out:
            out.write("\n".join(lines) + "\n")


main(sys.argv[1:])
