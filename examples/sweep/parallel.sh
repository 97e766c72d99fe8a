#!/usr/bin/env bash
# Trains a sweep on one machine with GNU parallel: parallel.sh <sweep.json> <out> [runs at once]
# Killed or interrupted, run it again: runs that are done are passed over, the others go on from their checkpoints.
set -euo pipefail
# In the environment rather than in parallel's command, whose shells would split a path at its spaces.
export sweep=$1 out=$2
export train=${VAEPORT_TRAIN:-npx -p @vaeport/train vaeport-train}
jobs=${3:-2}
mkdir -p "$out"
last=$(($($train sweep "$sweep" --list | wc -l) - 1))
seq 0 "$last" | parallel --jobs "$jobs" --joblog "$out/jobs.tsv" --resume-failed --retries 3 \
  '$train sweep "$sweep" --index {} --output "$out" > "$out/{}.log" 2>&1'
$train sweep "$sweep" --summary --output "$out"
