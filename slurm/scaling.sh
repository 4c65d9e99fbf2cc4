#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# slurm/scaling.sh --out DIR [OPTIONS]: a scaling study by Slurm, or by mpirun where there is none. --help says more; README.md has examples.
set -euo pipefail
slurm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=slurm/site.sh
source "$slurm/site.sh"
export HILBRICK_BIN HILBRICK_PYTHON
exec "$HILBRICK_PYTHON" "$slurm/scaling.py" "$@"
