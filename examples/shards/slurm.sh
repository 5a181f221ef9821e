#!/bin/bash
# A batch on ten nodes of a Slurm cluster: sbatch examples/shards/slurm.sh. Each task finds its part of the rows by itself
# and writes out.I-of-10.jsonl; a task that was ended goes on where it was when it is sent again. When all are done:
#   coax merge out.*-of-10.jsonl --out out.jsonl
#SBATCH --job-name=coax
#SBATCH --array=1-10
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --requeue
exec coax batch "${INPUT:-posts.jsonl}" --prompt "${PROMPT:-ask.txt}" --out out.jsonl --resume
