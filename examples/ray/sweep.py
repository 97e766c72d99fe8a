"""Trains the runs of a sweep on a Ray cluster: each task starts node, which does the work.

    python sweep.py sweep.json <out> [--cpus 2]

The sweep file and the folder must be seen by all nodes, which need Node and @vaeport/train; VAEPORT_TRAIN names another
command than npx's. A task whose node dies is
tried again, and its run goes on from its last checkpoint; runs that are done are passed over.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import ray

COMMAND = shlex.split(os.environ.get("VAEPORT_TRAIN", "npx -p @vaeport/train vaeport-train"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sweep"), parser.add_argument("out")
    parser.add_argument("--cpus", type=int, default=2, help="of a run")
    parser.add_argument("--retries", type=int, default=5, help="of a run that fails or whose node dies")
    args = parser.parse_args()
    base = [*COMMAND, "sweep", str(Path(args.sweep).resolve())]
    listed = subprocess.run([*base, "--list", "--json"], check=True, capture_output=True, text=True)
    count = len(json.loads(listed.stdout)["runs"])

    @ray.remote(num_cpus=args.cpus, max_retries=args.retries, retry_exceptions=True)
    def train(index):
        subprocess.run([*base, "--index", str(index), "--output", str(Path(args.out).resolve())], check=True)
        return index

    ray.init(log_to_driver=False)
    waiting, failed = {train.remote(index): index for index in range(count)}, []
    while waiting:
        [done], _ = ray.wait(list(waiting))
        index = waiting.pop(done)
        try:
            ray.get(done)
            print(f"run {index} is done, {len(waiting)} to go", flush=True)
        except Exception as error:
            failed.append(index)
            print(f"run {index} failed: {error}", file=sys.stderr, flush=True)
    sys.exit(f"sweep.py: {len(failed)} of {count} runs failed: {failed}" if failed else 0)


if __name__ == "__main__":
    main()
