#!/bin/bash
# A campaign of 800 seeds as an array of 32 jobs on a shared file system:
#   pfnmap lab setup 6.12-x86_64
#   sbatch slurm.sh 6.12-x86_64 1..800
#   pfnmap lab merge campaigns/6.12-x86_64-part-* --out campaigns/whole
#SBATCH --job-name=pfnmap-campaign
#SBATCH --array=1-32
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --requeue
set -euo pipefail
target=$1 seeds=$2 part=$SLURM_ARRAY_TASK_ID
# 1 says that kernel and model differ, which the report tells.
pfnmap lab campaign "$target" --seeds "$seeds" --shard "$part/$SLURM_ARRAY_TASK_COUNT" \
  --out "campaigns/$target-part-$part" || [ $? = 1 ]
