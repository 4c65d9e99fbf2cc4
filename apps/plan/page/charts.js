// SPDX-License-Identifier: BSD-3-Clause
// Bars and curves as SVG, `width` pixels wide.

/// An element of HTML or, inside svg, of SVG.
function element(name, attributes = {}, ...children) {
  const svg = ['svg', 'g', 'rect', 'line', 'path', 'text', 'circle', 'title'].includes(name);
  const made = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== null) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
const svg = (width, height, label) => element('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label});

const colourOf =
    method => ['slab', 'pencil', 'box', 'kd', 'rcb', 'morton', 'hilbert', 'auto'].includes(method) ? `var(--${method})` : 'var(--extra)';

/// Round numbers that cover [0, most], about `count` of them.
function ticks(most, count) {
  const rough = most / count, power = 10 ** Math.floor(Math.log10(rough)), step = power * [1, 2, 5, 10].find(f => f * power >= rough);
  const values = [];
  for (let i = 0; i * step <= most * 1.0001; ++i) values.push(i * step);
  return values;
}

/// Horizontal bars. rows: {method, name, parts: [[value, colour]...] or null, reason, winner, shown}; reference: a value or null.
function barChart(width, rows, reference, text, label) {
  const left = 100, right = 84, line = 30, height = rows.length * line + 26, room = Math.floor((width - left) / 6.6);
  const total = row => sum((row.parts || []).map(part => part[0]));
  const chart = svg(width, height, label), most = largest([...rows.map(total), reference || 0]) || 1;
  const x = value => left + value / most * (width - left - right), bottom = rows.length * line;
  for (const tick of ticks(most, width > 440 ? 4 : 3)) {
    chart.append(element('line', {class: 'rule', x1: x(tick), x2: x(tick), y1: 0, y2: bottom}));
    chart.append(element('text', {class: 'quiet', x: x(tick), y: bottom + 17, 'text-anchor': 'middle'}, text(tick)));
  }
  rows.forEach((row, i) => {
    const y = i * line, group = element('g', row.parts ? {'data-method': row.method} : {});
    group.append(element('rect', {x: 0, y, width, height: line, fill: row.shown ? 'var(--soft)' : 'transparent', rx: 5}));
    group.append(element(
        'text', {x: left - 8, y: y + 20, 'text-anchor': 'end', class: row.parts ? null : 'quiet', 'font-weight': row.shown ? 650 : 400},
        row.name));
    if (!row.parts) {
      group.append(element(
          'text', {class: 'quiet', x: left + 4, y: y + 20}, row.reason.length > room ? `${row.reason.slice(0, room - 2)}…` : row.reason,
          element('title', {}, row.reason)));
    } else {
      let from = 0;
      for (const [value, colour, name] of row.parts) {
        group.append(element(
            'rect', {x: x(from), y: y + 6, width: Math.max(x(from + value) - x(from), from ? 0 : 1), height: line - 12, fill: colour},
            element('title', {}, `${name ? `${name}: ` : ''}${text(value)}`)));
        from += value;
      }
      group.append(element('text', {x: x(from) + 6, y: y + 20}, text(from)));
      if (row.winner)
        group.append(element('text', {x: width - 4, y: y + 20, 'text-anchor': 'end', style: 'fill: var(--good)', 'font-size': 14}, '★'));
    }
    chart.append(group);
  });
  if (reference !== null)
    chart.append(element(
        'line',
        {x1: x(reference), x2: x(reference), y1: 0, y2: bottom, stroke: 'var(--slab)', 'stroke-dasharray': '5 4', 'stroke-width': 1.5}));
  return chart;
}

/// What ranks send, sorted: a filled curve with its mean. values ascending; `mark`: a value to point at, or null.
function spreadChart(width, values, method, mean, mark, label) {
  const height = 250, left = 62, bottom = 218, top = 8, chart = svg(width, height, label);
  const most = values[values.length - 1] || 1, n = values.length;
  const x = share => left + share * (width - left - 14), y = value => bottom - value / most * (bottom - top);
  for (const tick of ticks(most, 4)) {
    chart.append(element('line', {class: 'rule', x1: left, x2: width - 14, y1: y(tick), y2: y(tick)}));
    chart.append(element('text', {class: 'quiet', x: left - 8, y: y(tick) + 4, 'text-anchor': 'end'}, bytesText(tick)));
  }
  let path = `M${x(0)},${bottom}`;
  values.forEach((value, i) => path += `L${x(i / n).toFixed(1)},${y(value).toFixed(1)}H${x((i + 1) / n).toFixed(1)}`);
  chart.append(element('path', {d: `${path}V${bottom}Z`, fill: colourOf(method), 'fill-opacity': 0.75}));
  chart.append(element('line', {x1: left, x2: width - 14, y1: y(mean), y2: y(mean), stroke: 'var(--ink)', 'stroke-dasharray': '2 3'}));
  chart.append(element(
      'text', {x: left + 6, y: y(mean) - 6, style: 'paint-order: stroke; stroke: var(--card); stroke-width: 4px'},
      `mean ${bytesText(mean)}`));
  for (const [share, words, anchor] of [[0, 'least', 'start'], [0.5, 'ranks, sorted', 'middle'], [1, 'most', 'end']])
    chart.append(element('text', {class: 'quiet', x: x(share), y: bottom + 20, 'text-anchor': anchor}, words));
  if (mark !== null) {
    const below = values.filter(value => value < mark).length, same = values.filter(value => value === mark).length;
    const at = x((below + same / 2) / n);
    chart.append(element('line', {x1: at, x2: at, y1: y(mark), y2: bottom, stroke: 'var(--ink)'}));
    chart.append(element('circle', {cx: at, cy: y(mark), r: 5, fill: 'var(--accent)', stroke: 'var(--card)', 'stroke-width': 2}));
  }
  return chart;
}

/// Curves over the number of ranks, which is logarithmic. lines: {method, points: [ranks, value]}; ideal: points of a dotted line, perhaps
/// none.
function lineChart(width, title, lines, ideal, text, logarithmic) {
  const height = 270, left = 58, right = 14, top = 30, bottom = 236, chart = svg(width, height, title);
  const points = lines.flatMap(l => l.points), xs = points.map(p => Math.log(p[0])),
        values = [...points, ...ideal].map(p => p[1]).filter(v => v > 0);
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  let low = logarithmic ? Math.min(...values) : 0, high = Math.max(...values, logarithmic ? 0 : 1);
  if (!(high > 0)) [low, high] = logarithmic ? [1, 10] : [0, 1];
  if (logarithmic) [low, high] = [low / 1.25, high * 1.25];
  const x = ranks => left + (Math.log(ranks) - x0) / (x1 - x0) * (width - left - right);
  const y = value => bottom - (logarithmic ? Math.log(value / low) / Math.log(high / low) : value / high) * (bottom - top);
  chart.append(element('text', {x: 0, y: 14, 'font-weight': 650}, title));
  let marks = ticks(high, 4);
  if (logarithmic) {
    marks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); ++power)
      for (const factor of Math.log10(high / low) > 2 ? [1] : [1, 2, 5]) marks.push(factor * 10 ** power);
    marks = marks.filter(value => value >= low && value <= high);
  }
  for (const mark of marks) {
    chart.append(element('line', {class: 'rule', x1: left, x2: width - right, y1: y(mark), y2: y(mark)}));
    chart.append(element('text', {class: 'quiet', x: left - 7, y: y(mark) + 4, 'text-anchor': 'end'}, text(mark)));
  }
  let free = -Infinity;
  for (const ranks of [...new Set(points.map(p => p[0]))].sort((a, b) => a - b)) {
    chart.append(element('line', {class: 'rule', x1: x(ranks), x2: x(ranks), y1: bottom, y2: bottom + 4}));
    if (x(ranks) < free) continue;
    chart.append(element('text', {class: 'quiet', x: x(ranks), y: bottom + 19, 'text-anchor': 'middle'}, countText(ranks)));
    free = x(ranks) + 38;
  }
  if (ideal.length)
    chart.append(element(
        'path',
        {d: `M${ideal.map(([r, v]) => `${x(r)},${y(v)}`).join('L')}`, fill: 'none', stroke: 'var(--quiet)', 'stroke-dasharray': '2 4'}));
  for (const {method, points: of} of lines) {
    const seen = of.filter(p => !logarithmic || p[1] > 0);
    if (!seen.length) continue;
    const group = element('g', {'data-method': method});
    group.append(element('path', {
      d: `M${seen.map(([r, v]) => `${x(r).toFixed(1)},${y(v).toFixed(1)}`).join('L')}`,
      fill: 'none',
      stroke: colourOf(method),
      'stroke-width': method === 'auto' ? 1.5 : 2.2,
      'stroke-dasharray': method === 'auto' ? '6 4' : null,
      'stroke-linejoin': 'round'
    }));
    for (const [r, v] of seen)
      group.append(element(
          'circle', {cx: x(r), cy: y(v), r: 3.4, fill: colourOf(method)},
          element('title', {}, `${method} at ${plural(r, 'rank')}: ${text(v)}`)));
    chart.append(group);
  }
  return chart;
}
