#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# test_page.sh HILBRICK-PLAN WORK   The page of --html in a headless browser: it draws, contradicts itself nowhere, and reports no error.
# Leaves with 77 where there is no Chromium.
set -euo pipefail
plan=$1
work=$2

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "no chromium here: left out"
  exit 77
}
rm -rf "$work"
mkdir -p "$work"
cd "$work"

# The attributes of the page's root after its scripts have run. A private profile, so that nothing of the user's is touched.
attributes() { # page, state
  timeout 100 "$browser" --headless=new --no-sandbox --disable-dev-shm-usage --user-data-dir="$work/profile" --window-size=1280,800 \
    --use-angle="${3:-swiftshader}" --enable-unsafe-swiftshader --virtual-time-budget=5000 --dump-dom "file://$work/$1#$2" 2>/dev/null |
    grep -o '<html[^>]*>' || true
}

failed=0
expect() { # page, state, words that the attributes hold...
  local page=$1 state=$2 found word
  shift 2
  found=$(attributes "$page" "$state")
  for word in 'data-ready="ok"' "$@"; do
    if ! grep -qE "$word" <<<"$found"; then
      echo "$page#$state: expected $word, found $found"
      failed=1
    fi
  done
}

printf '0,0,0,128,64,64\n0,0,0,40,128,64\n20,20,20,60,60,128\n' >mask.csv
"$plan" --cells 128x96x64 --ranks 6,24,130 --brick 8 --ranks-per-node 8 --html several.html >several.txt
"$plan" --cells 128x128x128 --ranks 7 --brick 8 --active mask.csv --html mask.html >mask.txt
"$plan" --cells 16x16x16 --ranks 1 --html one.html >one.txt

drawn='data-faces="[1-9][0-9]*"'
expect several.html '' "$drawn" 'data-boxes="[1-9]'
expect several.html 'method=box&ranks=24&rank=5&slice=z:40&explode=30&colour=node&theme=dark' "$drawn" 'data-theme="dark"'
expect several.html 'method=nonsense&ranks=-3&rank=1e99&slice=q:x&explode=&theme=' "$drawn"
expect mask.html 'method=hilbert&rank=3&theme=light' "$drawn" 'data-theme="light"'
expect one.html '' "$drawn"

# A click on the picture picks the rank there: all of the one-rank grid is rank 0.
click="<script>
{
  const canvas = document.getElementById('canvas'), place = canvas.getBoundingClientRect();
  canvas.setPointerCapture = () => {};
  for (const type of ['pointerdown', 'pointerup'])
    canvas.dispatchEvent(new PointerEvent(type, {pointerId: 1, button: 0, clientX: place.left + place.width / 2, clientY: place.top + place.height / 2}));
  document.documentElement.dataset.picked = document.getElementById('rank').value;
}
</script></body>"
sed "s|^</body>|@CLICK@|" one.html >click.html
printf '%s' "$click" >click.txt
sed -i -e '/@CLICK@/{r click.txt' -e 'd}' click.html
expect click.html '' 'data-picked="0"'

# Without WebGL a message stands where the picture would; the rest is there.
sed 's|getContext(.webgl2.|getContext("none"|' several.html >plain.html
expect plain.html '' 'data-webgl="missing"'

# The check can fail: a page whose numbers contradict each other says so.
sed 's|"bytes_per_step_total":\([0-9]\)|"bytes_per_step_total":1\1|' several.html >wrong.html
found=$(attributes wrong.html '')
if ! grep -q 'data-ready="error"' <<<"$found" || ! grep -q 'data-errors="[^"]*sum of bytes' <<<"$found"; then
  echo "wrong.html: expected an error, found $found"
  failed=1
fi
rm -rf profile
exit $failed
