#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/lint.sh         SPDX lines, clang-format 14 on C++, bash -n and shellcheck on scripts, Python's syntax
# tests/lint.sh --fix   formats the C++ files
# tests/lint.sh --tidy  clang-tidy 14 on the .cpp files, by the compile commands of build/release
# Tools that are missing are left out, with a line that says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Our files: in a checkout those that git tracks or could, in a tarball all but what we build.
files() {
  if [ -e .git ]; then
    git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard --deduplicate
  else
    find . \( -path ./build -o -path ./out \) -prune -o -type f -printf '%P\n'
  fi | while IFS= read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
  done
}
all=$(files)
mapfile -t cpp < <(grep -E '\.[ch]pp$' <<<"$all" || true)
mapfile -t python < <(grep -E '\.py$' <<<"$all" || true)
mapfile -t others < <(grep -E '(\.cmake|\.cmake\.in|(^|/)CMakeLists\.txt)$' <<<"$all" || true)
mapfile -t scripts < <(grep -E '\.(sh|sbatch)$|^\.ci/run$' <<<"$all" || true)

# The first of these names that is version 14 of a clang tool.
clang_14() {
  local name
  for name in "$1-14" "$1"; do
    if "$name" --version 2>/dev/null | grep -q 'version 14\.'; then
      echo "$name"
      return
    fi
  done
  echo "lint: no $1 14 here, left out" >&2
  return 1
}

failed=0
complain() {
  echo "lint: $*" >&2
  failed=1
}

case "${1:-}" in
  --fix)
    tool=$(clang_14 clang-format)
    "$tool" -i "${cpp[@]}"
    exit
    ;;
  --tidy)
    [ -e build/release/compile_commands.json ] || { echo "lint: no build/release yet: cmake --preset release" >&2; exit 2; }
    tool=$(clang_14 clang-tidy)
    grep -E '\.cpp$' <<<"$all" | while IFS= read -r file; do
      ! grep -qF "/$file\"" build/release/compile_commands.json || printf '%s\0' "$file"
    done | xargs -0 -n 1 -P "$(nproc)" "$tool" -p build/release --quiet --extra-arg=-Wno-unknown-warning-option
    exit
    ;;
  "") ;;
  *)
    sed -n '3,6s/^# //p' tests/lint.sh
    exit 2
    ;;
esac

for file in "${cpp[@]}" "${python[@]}" "${others[@]}" "${scripts[@]}"; do
  head -n 3 "$file" | grep -qE '^(//|#) SPDX-License-Identifier: BSD-3-Clause$' || complain "$file: no SPDX line among the first 3"
done

if [ ${#cpp[@]} -gt 0 ] && tool=$(clang_14 clang-format); then
  if ! findings=$("$tool" --dry-run -Werror "${cpp[@]}" 2>&1); then
    complain "not formatted, run tests/lint.sh --fix:"
    # one place for each file
    grep ' error: ' <<<"$findings" | sort -t: -u -k1,1 >&2 || printf '%s\n' "$findings" >&2
  fi
fi

for file in "${scripts[@]}"; do
  bash -n "$file" || complain "$file: no valid script"
  [[ "$file" == */setup.sh || "$file" == */site.sh || -x "$file" ]] || complain "$file: not executable"
done
if command -v shellcheck >/dev/null; then
  shellcheck --external-sources "${scripts[@]}" || complain "scripts as above"
else
  echo "lint: no shellcheck here, left out" >&2
fi

if [ ${#python[@]} -gt 0 ]; then
  python3 - "${python[@]}" <<'PYTHON' || complain "Python files as above"
import ast, sys
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        ast.parse(file.read(), name)
PYTHON
fi
exit $failed
