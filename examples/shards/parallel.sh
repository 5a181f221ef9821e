#!/bin/sh
# A batch in several processes, or with --sshlogin on several machines, by GNU parallel:
#   examples/shards/parallel.sh PARTS INPUT OUT FLAGS...
# Run again, each part goes on where it was. Each has the limits that its flags say: --rpm 500 is 500 for each.
set -eu
parts=$1 input=$2 out=$3
shift 3
seq "$parts" | parallel -q --line-buffer "${COAX:-coax}" batch "$input" --out "$out.{}" --shard "{}/$parts" --resume --quiet "$@"
"${COAX:-coax}" merge $(seq -f "$out.%.0f" "$parts") --out "$out"
