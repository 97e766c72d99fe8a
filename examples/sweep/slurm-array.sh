#!/usr/bin/env bash
# Trains a sweep as a Slurm array of as many tasks as it has runs, here 12:
#   sbatch --array=0-11 slurm-array.sh sweep.json out
# A task that is requeued after its node failed goes on from its last checkpoint.
#SBATCH --job-name=vaeport-sweep
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%A_%a.log
set -euo pipefail
exec ${VAEPORT_TRAIN:-npx -p @vaeport/train vaeport-train} sweep "$1" --index "$SLURM_ARRAY_TASK_ID" --output "$2"
