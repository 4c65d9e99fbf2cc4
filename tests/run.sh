#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/run.sh [--quick]: installs what is missing, then lint, the release build with warnings as errors and all its tests, and the
# sanitized build with the tests of up to 3 ranks (not with --quick). Ends with 1 where any of it failed, 2 where it could not begin.
set -euo pipefail
# shellcheck source=apps/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../apps/setup.sh"

presets=(release sanitize)
case "$*" in
  "") ;;
  --quick) presets=(release) ;;
  *)
    sed -n '3,4s/^# //p' tests/run.sh
    exit 2
    ;;
esac

packages=("${BUILD_PACKAGES[@]}" "${PYTHON_PACKAGES[@]}")
if [ "${CI:-}" = true ]; then
  # People may do without; CI has what lint.sh, the tests of the planner's files and those on a cluster can use, as far as the distribution offers it.
  for package in clang-format-14 shellcheck chromium python3-vtk9 slurm-wlm munge iproute2 iputils-ping; do
    if has_package "$package" || offers_package "$package"; then packages+=("$package"); fi
  done
fi
need_packages "${packages[@]}"
prepare_mpirun

summary=()
failed=0

say "lint"
if tests/lint.sh; then
  summary+=("lint: passed")
else
  summary+=("lint: FAILED")
  failed=1
fi

for preset in "${presets[@]}"; do
  werror=OFF  # sanitizers make GCC warn of what is not there
  [ "$preset" != release ] || werror=ON
  if ! { configure "$preset" -DHILBRICK_WERROR=$werror && compile "$preset"; }; then
    summary+=("$preset: does not build")
    failed=1
    continue
  fi
  say "testing build/$preset"
  log="build/$preset/ctest.log"
  # Two tests for each core: many start short runs and wait most of the time.
  ctest --preset "$preset" --parallel $((2 * $(cores))) --output-log "$log" || failed=1
  summary+=("$preset: $(grep -E '^[0-9]+% tests passed' "$log" || echo 'ctest did not come to its end')")
done

say "summary"
printf '%s\n' "${summary[@]}"
exit $failed
