# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What differs from site to site; everything in slurm/ reads it, and nothing else has to be changed. A value that the environment already has wins:
# HILBRICK_LAUNCHER=mpirun sbatch slurm/run.sbatch ...

# How ranks are started: pmix or pmi2 (both by srun), or mpirun. `srun --mpi=list` names what srun can do; PMIx suits Open MPI, PMI2 suits
# MPICH, MVAPICH and Intel MPI. Debian's Open MPI cannot do PMI2.
: "${HILBRICK_LAUNCHER:=pmix}"

# Where the programs are. The folder of this file is $slurm.
: "${HILBRICK_BIN:=$slurm/../build/release/bin}"

# An Apptainer image that holds them (slurm/container.def); empty: none. Options go to `apptainer exec`.
: "${HILBRICK_CONTAINER:=}"
: "${HILBRICK_CONTAINER_OPTIONS:=}"

# Python with NumPy and Matplotlib, for studies and their plots.
: "${HILBRICK_PYTHON:=/usr/bin/python3}"

# Modules that the programs need.
# module load gcc openmpi hdf5

# What sbatch is told by those scripts here that call it (scaling.sh, sweep.sh, chain.sh). By hand: source this file first, or give options.
# export SBATCH_ACCOUNT=project SBATCH_PARTITION=compute

# One thread a rank.
export OMP_NUM_THREADS=1

# Slurm 22.05 with Open MPI 4.1 on Ethernet: without it ranks die now and then at the start, by signal 11.
export SLURM_PMIX_FENCE=ring
