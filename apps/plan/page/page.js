// SPDX-License-Identifier: BSD-3-Clause
// What is shown, and how one changes it. The state is in the address after #, so that a link can point at a view:
// #method=hilbert&ranks=64&rank=5&slice=z:10&explode=30&colour=node&bytes=mean&theme=dark&yaw=0.6&pitch=0.5&zoom=2

const root = document.documentElement, byId = id => document.getElementById(id);
const data = JSON.parse(byId('data').textContent), results = data.report.results, grid = data.report.grid;
const rankCounts = [...new Set(results.map(r => r.ranks))], methods = [...new Set(results.map(r => r.method))];
const several =
    Object.values(results.reduce((of, r) => ({...of, [r.ranks]: Math.max(of[r.ranks] || 0, r.internode_bytes_per_step_total || 0)}), {}))
        .some(b => b > 0);
const state = {};
let view = null, peersOf = null, ranksOf = null, nodesOf = null;

const indexOf = (method, ranks) => results.findIndex(r => r.method === method && r.ranks === ranks);
const rowsAt = ranks => results.filter(r => r.ranks === ranks);
const feasibleAt = ranks => rowsAt(ranks).filter(r => r.feasible);
/// The method of least modelled step; `auto` itself only where nothing else was asked for.
function winnerAt(ranks) {
  const least = list => list.reduce((best, r) => !best || r.model_step_seconds < best.model_step_seconds ? r : best, null);
  return least(feasibleAt(ranks).filter(r => r.method !== 'auto')) || least(feasibleAt(ranks));
}
const nameOf = result => result.chosen ? `${result.method}: ${result.chosen}` : result.method;
/// The details of a result: its own, or those of the row that `auto` shares.
function detailsOf(result) {
  const row = data.rows[results.indexOf(result)];
  return row.same_as === undefined ? row : data.rows[row.same_as];
}
const shownResult = () => results[indexOf(state.method, state.ranks)], shownRow = () => detailsOf(shownResult());
/// What the naive slab sends at most, on average and in all, from a row that is compared with it; null where there is none.
function slabAt(ranks, measure) {
  const slab = rowsAt(ranks).find(r => r.method === 'slab' && r.feasible);
  if (slab) return slab[`bytes_per_step_${measure}`];
  const row = feasibleAt(ranks).find(r => r.vs_slab_max && r.vs_slab_total);
  if (!row) return null;
  return measure === 'max' ? row.bytes_per_step_max / row.vs_slab_max : row[`bytes_per_step_${measure}`] / row.vs_slab_total;
}

// --- the state ---

function readState() {
  const asked = new URLSearchParams(location.hash.slice(1)), number = (key, low, high, otherwise) => {
    const value = asked.has(key) ? Number(asked.get(key)) : NaN;
    return value >= low && value <= high ? value : otherwise;
  };
  state.ranks =
      rankCounts.includes(Number(asked.get('ranks'))) ? Number(asked.get('ranks')) : rankCounts.filter(n => feasibleAt(n).length).pop();
  const best = winnerAt(state.ranks), feasible = feasibleAt(state.ranks).map(r => r.method);
  state.method = feasible.includes(asked.get('method')) ? asked.get('method') : best ? best.method : feasible[0];
  state.rank = Number.isInteger(number('rank', 0, state.ranks - 1, NaN)) ? Number(asked.get('rank')) : null;
  state.colour = asked.get('colour') === 'node' && several ? 'node' : 'rank';
  const [axis, cell] = (asked.get('slice') || '').split(':');
  const a = 'xyz'.indexOf(axis), middle = Math.round(grid.cells[Math.max(a, 0)] / 2);
  state.slice = axis && a >= 0 ? {axis: a, cell: Math.min(Math.max(Math.round(Number(cell)) || middle, 0), grid.cells[a])} : null;
  state.explode = number('explode', 0, 100, 0);
  state.bytes = ['mean', 'total'].includes(asked.get('bytes')) ? asked.get('bytes') : 'max';
  state.theme = ['dark', 'light'].includes(asked.get('theme')) ? asked.get('theme') : null;
  return {
    yaw: number('yaw', -100, 100, HOME.yaw),
    pitch: number('pitch', -1.55, 1.55, HOME.pitch),
    zoom: number('zoom', 0.3, 40, 1),
    pan: [0, 0]
  };
}

function writeState() {
  const words = {
    method: state.method,
    ranks: state.ranks,
    rank: state.rank,
    slice: state.slice && `${'xyz'[state.slice.axis]}:${state.slice.cell}`,
    explode: state.explode || null,
    colour: state.colour === 'node' ? 'node' : null,
    bytes: state.bytes === 'max' ? null : state.bytes,
    theme: state.theme
  };
  const {yaw, pitch, zoom} = view ? view.camera : HOME;
  if (yaw !== HOME.yaw || pitch !== HOME.pitch || zoom !== HOME.zoom)
    Object.assign(words, {yaw: yaw.toFixed(2), pitch: pitch.toFixed(2), zoom: zoom.toFixed(2)});
  const text = Object.entries(words).filter(([, value]) => value !== null).map(([key, value]) => `${key}=${value}`).join('&');
  history.replaceState(null, '', `#${text}`);
}

/// Changes the state and shows it.
function change(words) {
  const before = {...state};
  Object.assign(state, words);
  if (!feasibleAt(state.ranks).some(r => r.method === state.method)) state.method = winnerAt(state.ranks).method;
  if (state.rank !== null && state.rank >= state.ranks) state.rank = null;
  show(before);
  writeState();
}

// --- what is shown ---

/// A row of buttons of which one is pressed. options: {key: label}; disabled: {key: why}.
function choice(place, options, chosen, picked, disabled = {}) {
  place.replaceChildren(...Object.entries(options).map(([key, label]) => {
    const button = element(
        'button',
        {type: 'button', role: 'radio', 'aria-checked': key === chosen, title: disabled[key] || null, disabled: disabled[key] ? '' : null},
        ...[label].flat());
    button.addEventListener('click', () => picked(key));
    return button;
  }));
}

function showChoices() {
  const winner = winnerAt(state.ranks), why = {};
  const labels = Object.fromEntries(rowsAt(state.ranks).map(r => {
    if (!r.feasible) why[r.method] = r.reason;
    return [r.method, [nameOf(r), r === winner ? element('span', {class: 'star', title: 'least modelled step'}, '★') : '']];
  }));
  choice(byId('methods'), labels, state.method, method => change({method}), why);
  byId('ranks').replaceChildren(
      ...rankCounts.map(n => element('option', {value: n, disabled: feasibleAt(n).length ? null : ''}, wholeText(n))));
  byId('ranks').value = state.ranks;
  choice(byId('measures'), {max: 'max', mean: 'mean', total: 'total'}, state.bytes, bytes => change({bytes}));
  if (several) choice(byId('colours'), {rank: 'by rank', node: 'by node'}, state.colour, colour => change({colour}));
}

function showVerdict() {
  const whys = rowsAt(state.ranks).map(r => data.rows[results.indexOf(r)].why).filter(Boolean);
  const winner = winnerAt(state.ranks), result = shownResult(),
        others = whys.length ? [] : feasibleAt(state.ranks).filter(r => r !== winner && r.method !== 'auto');
  const slab =
      winner.vs_slab_max === null || winner.method === 'slab' ? '' : `, ${ratioText(winner.vs_slab_max)} of the naive slab's busiest`;
  byId('sentence')
      .replaceChildren(
          `At ${plural(state.ranks, 'rank')} the least step is `, element('strong', {}, winner.chosen || winner.method),
          `'s: ${secondsText(winner.model_step_seconds)} by the model; its busiest rank sends ${bytesText(winner.bytes_per_step_max)}${
              slab}.`);
  const excess = r => r.model_step_seconds / winner.model_step_seconds - 1, equal = others.filter(r => excess(r) < 0.0005);
  const slower = others.filter(r => !equal.includes(r))
                     .map(r => `${r.method} ${excess(r) < 1 ? `+${percentText(excess(r))}` : `${(excess(r) + 1).toFixed(1)} times`}`);
  slower.push(...equal.map(r => `${r.method} the same`));
  const never = rowsAt(state.ranks).filter(r => !r.feasible).map(r => r.method);
  byId('others').textContent =
      [slower.length ? `The others' steps: ${slower.join(', ')}.` : '', never.length ? `Infeasible: ${never.join(', ')}.` : ''].join(' ');

  byId('advice').replaceChildren(...[...data.advice[state.ranks] || [], ...whys].map(words => element('li', {}, words)));

  const tiles = [
    [secondsText(result.model_step_seconds), 'modelled step'], [bytesText(result.bytes_per_step_max), 'sent by the busiest rank'],
    [bytesText(result.bytes_per_step_total), 'sent by all ranks']
  ];
  if (result.vs_slab_max !== null) tiles.push([`${ratioText(result.vs_slab_max)} ×`, 'busiest rank, of the slab\'s']);
  tiles.push([result.imbalance.toFixed(3), 'imbalance of load']);
  if (several) tiles.push([bytesText(result.internode_bytes_per_step_max), 'off the busiest node']);
  byId('tiles').replaceChildren(
      ...tiles.map(([value, words]) => element('div', {class: 'tile'}, element('b', {}, value), element('span', {}, words))));
}

const widthOf = id => Math.max(250, Math.round(byId(id).clientWidth));

function showBars() {
  const winner = winnerAt(state.ranks), key = `bytes_per_step_${state.bytes}`;
  const rows = rowsAt(state.ranks).map(r => ({
                                         method: r.method,
                                         name: nameOf(r),
                                         parts: r.feasible ? [[r[key], colourOf(r.method)]] : null,
                                         reason: r.reason,
                                         winner: r === winner,
                                         shown: r.method === state.method
                                       }));
  const slab = slabAt(state.ranks, state.bytes);
  byId('bars').replaceChildren(barChart(widthOf('bars'), rows, slab, bytesText, `Bytes sent, ${state.bytes}, by method`));
  byId('bars-note').textContent = `${slab === null ? '' : 'The dashed line is the naive slab. '}★ has the least modelled step.`;
}

/// The modelled step of each method, part by part.
function showParts() {
  const winner = winnerAt(state.ranks), names = Object.keys(detailsOf(winner).step);
  const rows =
      rowsAt(state.ranks).map(r => ({
                                method: r.method,
                                name: nameOf(r),
                                parts: r.feasible ?
                                    Object.entries(detailsOf(r).step).map(([name, seconds], i) => [seconds, `var(--part-${i})`, name]) :
                                    null,
                                reason: r.reason,
                                winner: r === winner,
                                shown: r.method === state.method
                              }));
  byId('parts').replaceChildren(barChart(widthOf('parts'), rows, null, secondsText, 'Parts of the modelled step, by method'));
  byId('parts-legend')
      .replaceChildren(...names.map((name, i) => element('span', {}, element('i', {style: `background: var(--part-${i})`}), name)));
}

function showSpread() {
  const result = shownResult(), packed = shownRow().sorted, values = packed ? unpack(packed) : [];
  byId('spread-title').textContent = `How evenly: ${nameOf(result)}`;
  byId('spread').replaceChildren();
  byId('spread-note').textContent = 'Not listed on this page.';
  if (!values.length) return;
  const mark = state.rank !== null && ranksOf ? ranksOf.bytes[state.rank] : null;
  byId('spread').replaceChildren(spreadChart(
      widthOf('spread'), values, result.chosen || result.method, result.bytes_per_step_mean, mark, 'Bytes a step of all ranks, sorted'));
  const most = result.bytes_per_step_mean > 0 ?
      `The busiest rank sends ${(result.bytes_per_step_max / result.bytes_per_step_mean).toFixed(2)} times the mean. ` :
      '';
  const sample = values.length < result.ranks ? `Drawn from ${wholeText(values.length)} of ${wholeText(result.ranks)} ranks.` : '';
  byId('spread-note').textContent = most + sample;
}

function showScaling() {
  byId('scaling').hidden = rankCounts.length < 2;
  if (rankCounts.length < 2) return;
  const drawn = methods.filter(m => m !== 'auto' || methods.length === 1);
  const lines = value =>
      drawn.map(method => ({
                  method,
                  points: results.filter(r => r.method === method && r.feasible).map(r => [r.ranks, value(r)]).sort((a, b) => a[0] - b[0])
                }));
  const counts = rankCounts.filter(n => feasibleAt(n).length).sort((a, b) => a - b), few = counts[0], many = counts[counts.length - 1],
        first = winnerAt(few).model_step_seconds;
  byId('scaling-step')
      .replaceChildren(lineChart(
          widthOf('scaling-step'), 'Modelled step', lines(r => r.model_step_seconds), [[few, first], [many, first * few / many]],
          secondsText, true));
  byId('scaling-bytes')
      .replaceChildren(lineChart(widthOf('scaling-bytes'), 'Busiest rank sends', lines(r => r.bytes_per_step_max), [], bytesText, true));
  byId('scaling-efficiency')
      .replaceChildren(lineChart(
          widthOf('scaling-efficiency'), 'Efficiency', lines(r => first * few / (r.model_step_seconds * r.ranks)), [[few, 1], [many, 1]],
          percentText, false));
  byId('lines').replaceChildren(
      ...drawn.map(method => element('span', {}, element('i', {style: `background: ${colourOf(method)}`}), method)));
}

function showTable() {
  const columns = [
    ['method', r => `${nameOf(r)}${r === winnerAt(r.ranks) ? ' ★' : ''}`], ['cells max', r => countText(r.cells_max)],
    ['imbalance', r => r.imbalance.toFixed(3)], ['faces', r => countText(r.faces_total)],
    ['sent, all', r => bytesText(r.bytes_per_step_total)], ['busiest rank', r => bytesText(r.bytes_per_step_max)],
    ['vs slab', r => ratioText(r.vs_slab_max)], ['messages', r => wholeText(r.messages_per_step_max)],
    ['peers', r => wholeText(r.peers_max)], ['boxes', r => wholeText(r.boxes_max)]
  ];
  if (several)
    columns.push(
        ['between nodes', r => bytesText(r.internode_bytes_per_step_total)],
        ['busiest node', r => bytesText(r.internode_bytes_per_step_max)]);
  columns.push(['step', r => secondsText(r.model_step_seconds)]);
  if (data.report.deadline_s) columns.push([`within ${secondsText(data.report.deadline_s)}`, r => r.meets_deadline ? 'yes' : 'no']);
  if (data.report.availability)
    columns.push(
        ['whole run', r => r.availability.expected_seconds === null ? 'never ends' : secondsText(r.availability.expected_seconds)],
        ['overhead', r => r.availability.overhead === null ? '–' : percentText(r.availability.overhead)]);
  if (results.some(r => r.exact === false))
    columns.push(['counted', r => r.exact ? 'exactly' : r.sample ? `${wholeText(r.sample)} ranks` : 'a sample']);
  const body = element('tbody');
  for (const ranks of rankCounts) {
    if (rankCounts.length > 1) body.append(element('tr', {}, element('th', {colspan: columns.length}, plural(ranks, 'rank'))));
    for (const r of rowsAt(ranks)) {
      const line = element('tr', {class: [r === winnerAt(ranks) ? 'winner' : '', r === shownResult() ? 'shown' : ''].join(' ').trim()});
      if (r.feasible) {
        line.dataset.row = '';
        line.append(...columns.map(([, text]) => element('td', {}, text(r))));
        line.addEventListener('click', () => change({method: r.method, ranks: r.ranks}));
      } else
        line.append(element('td', {}, r.method), element('td', {class: 'reason', colspan: columns.length - 1}, `infeasible: ${r.reason}`));
      body.append(line);
    }
  }
  byId('table').replaceChildren(element('thead', {}, element('tr', {}, ...columns.map(([name]) => element('th', {}, name)))), body);
}

function list(pairs) { return element('dl', {}, ...pairs.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])); }

function showPanel() {
  const result = shownResult(), row = shownRow(), place = byId('details');
  byId('rank').max = state.ranks - 1;
  byId('rank').value = state.rank === null ? '' : state.rank;
  byId('clear').disabled = state.rank === null;
  if (state.rank === null) {
    place.replaceChildren(list([
      ['partition', row.description], ['ranks', wholeText(result.ranks)], ['cells of the largest', wholeText(result.cells_max)],
      ['peers, most / mean', `${wholeText(result.peers_max)} / ${result.peers_mean.toFixed(1)}`],
      ['boxes, most', wholeText(result.boxes_max)], ['messages a step, most', wholeText(result.messages_per_step_max)],
      ['cut faces', countText(result.faces_total)],
      ...(result.ideal_ratio === null ? [] : [['of the least possible', `${ratioText(result.ideal_ratio)} ×`]]),
      ...(several ? [['between nodes', bytesText(result.internode_bytes_per_step_total)]] : [])
    ]));
    place.append(element(
        'p', {class: 'quiet small'},
        'Click a rank in the picture, or type its number, to see its bricks, its peers and what it sends them.'));
    if (!ranksOf) return;
    const jump = element('div', {class: 'jump'}), at = (values, best) => values.reduce((b, v, i) => best(v, values[b]) ? i : b, 0);
    for (const [words, rank] of [
             ['Busiest rank', at(ranksOf.bytes, (a, b) => a > b)], ['Quietest rank', at(ranksOf.bytes, (a, b) => a < b)],
             ['Most boxes', at(ranksOf.boxes, (a, b) => a > b)], ['Most cells', at(ranksOf.cells, (a, b) => a > b)]]) {
      const button = element('button', {type: 'button'}, words);
      button.addEventListener('click', () => change({rank}));
      jump.append(button);
    }
    place.append(jump);
    return;
  }
  const rank = state.rank;
  if (!ranksOf) {
    place.replaceChildren(element(
        'p', {class: 'quiet'},
        `The ${wholeText(state.ranks)} ranks of this row are not listed on this page. hilbrick-plan --per-rank --format csv lists them.`));
    return;
  }
  const of = key => ranksOf[key][rank], inside = of('bytes') - of('internode'), share = of('bytes') ? inside / of('bytes') : 0;
  place.replaceChildren(list([
    ['cells', wholeText(of('cells'))], ['boxes', wholeText(of('boxes'))], ...(several ? [['node', wholeText(nodesOf[rank])]] : []),
    ['messages a step', wholeText(of('messages'))],
    ['sends a step', `${bytesText(of('bytes'))}, ${(of('bytes') / (result.bytes_per_step_mean || 1)).toFixed(2)} × mean`],
    ...(several ? [['on its node', bytesText(inside)], ['to other nodes', bytesText(of('internode'))]] : [])
  ]));
  if (several)
    place.append(element(
        'div', {class: 'split', title: `${percentText(share)} stay on the node`},
        element('i', {style: `width: ${100 * share}%; background: var(--same-node)`}),
        element('i', {style: `width: ${of('bytes') ? 100 - 100 * share : 0}%; background: var(--other-node)`})));
  if (!peersOf) {
    place.append(element(
        'p', {class: 'quiet small'},
        'The peers of this row are not listed on this page; the picture tints the ranks that it shares faces with.'));
    return;
  }
  const body = element('tbody'), peers = [...peersOf[rank]].sort((a, b) => b[1].sent - a[1].sent || a[0] - b[0]);
  for (const [peer, {sent, received}] of peers) {
    const near = nodesOf[peer] === nodesOf[rank];
    const line = element(
        'tr', {'data-rank': peer}, element('td', {}, wholeText(peer)),
        ...(several ? [element('td', {style: `color: var(--${near ? 'same' : 'other'}-node)`}, near ? 'same' : wholeText(nodesOf[peer]))] :
                      []),
        element('td', {}, bytesText(sent)), element('td', {}, bytesText(received)));
    line.addEventListener('click', () => change({rank: peer}));
    body.append(line);
  }
  const head = element(
      'tr', {}, element('th', {}, plural(peers.length, 'peer')), ...(several ? [element('th', {}, 'node')] : []),
      element('th', {}, 'sends'), element('th', {}, 'receives'));
  place.append(element('div', {class: 'peers'}, element('table', {}, element('thead', {}, head), body)));
}

function showView(reload) {
  const row = shownRow(), note = byId('view-note');
  const problem = !view ?
      'This browser offers no WebGL 2, so there is nothing to turn here; the charts and numbers below are complete. Another browser, or hardware acceleration switched on in this one, shows the view.' :
      !row.view ? 'This view would not fit into the page; the charts and numbers below are complete.' :
                  '';
  byId('no-view').hidden = !problem;
  byId('no-view').textContent = problem;
  for (const part of document.querySelectorAll('#scene .controls *, #scene .axis, #canvas')) part.hidden = Boolean(problem);
  byId('legend').replaceChildren();
  note.textContent = '';
  if (problem) return;
  if (reload) {
    const boxes = unpackOwners(row.view);
    view.colourBy = state.colour;
    view.selected = null;
    view.capKey = '';
    view.show({boxes, planes: row.view.planes.map(unpack), bricks: row.view.bricks, ranks: state.ranks, nodes: nodesOf});
    root.dataset.boxes = boxes.length;
  }
  if (view.colourBy !== state.colour) {
    view.colourBy = state.colour;
    view.arrange();
  }
  view.selected = state.rank === null ? null : {rank: state.rank, peers: peersOf && peersOf[state.rank].keys()};
  view.slice = state.slice;
  view.explode = state.explode / 100;
  view.paint();
  if (state.rank !== null) {
    const key = (colour, words) => element('span', {}, element('i', {style: `background: var(--${colour})`}), words);
    byId('legend').append(
        key('accent', `rank ${wholeText(state.rank)}`), key('same-node', several ? 'peers on its node' : 'its peers'),
        ...(several ? [key('other-node', 'peers on other nodes')] : []));
  }
  const drawn = row.view.planes.map(p => unpack(p).length - 1), sentences = [];
  if (!row.view.exact) sentences.push(`Drawn coarser than it is, on ${drawn.join(' × ')} boxes: each shows who owns its middle.`);
  if (!view.toScale) sentences.push('Thin axes are drawn thicker than they are.');
  sentences.push('Drag or arrow keys turn, wheel, pinch or + − zoom, shift-drag moves, 0 resets; thin lines are bricks.');
  note.textContent = sentences.join(' ');
}

function showControls() {
  const {slice} = state;
  byId('slice-axis').value = slice ? 'xyz'[slice.axis] : '';
  const at = byId('slice-at');
  at.disabled = !slice;
  at.min = 0;
  at.max = slice ? grid.cells[slice.axis] : 1;
  at.value = slice ? slice.cell : 0;
  byId('slice-text').textContent = slice ? `${'xyz'[slice.axis]} = ${wholeText(slice.cell)}` : '';
  byId('explode').value = state.explode;
}

/// Paper is light.
function showTheme(printed = false) {
  root.dataset.theme = printed ? 'light' : state.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

/// Shows the state; `before` is what was shown, {} at first.
function show(before) {
  const other = before.method !== state.method || before.ranks !== state.ranks;
  if (other) {
    const row = shownRow();
    ranksOf = unpackRanks(row);
    peersOf = unpackPeers(row);
    nodesOf = data.nodes[state.ranks] ? unpack(data.nodes[state.ranks]) : new Array(state.ranks).fill(0);
  }
  showTheme();
  showControls();
  showView(other);
  if (other || before.bytes !== state.bytes || before.colour !== state.colour) showChoices();
  if (other || before.bytes !== state.bytes) showBars();
  if (other) {
    showVerdict();
    showParts();
    showScaling();
    showTable();
  }
  if (other || before.rank !== state.rank) {
    showPanel();
    showSpread();
  }
}

/// Puts each axis's name at the high end of one of its edges that the grid does not hide, a little outside.
function placeAxes(camera) {
  const {canvas, extent} = view, half = extent.map(e => e / 2), near = camera.eye.map(e => e < 0 ? -1 : 1);
  const screen = p => {
    const [x, y] = matrix.apply(camera.matrix, p);
    return [(x + 1) / 2 * canvas.clientWidth, (1 - y) / 2 * canvas.clientHeight];
  };
  // Level edges: on the eye's side, below or above as seen. Upright ones: of the two at the outline the left one.
  const upright = [[near[0], -near[1]], [-near[0], near[1]]]
                      .map(([x, y]) => [x * half[0], y * half[1], half[2]])
                      .sort((a, b) => screen(a)[0] - screen(b)[0])[0];
  const ends = [[half[0], near[1] * half[1], -near[2] * half[2]], [near[0] * half[0], half[1], -near[2] * half[2]], upright],
        middle = screen([0, 0, 0]);
  ends.forEach((end, a) => {
    const label = byId(`axis-${'xyz'[a]}`), [x, y] = screen(end), far = Math.hypot(x - middle[0], y - middle[1]) || 1;
    label.textContent = `${'xyz'[a]} ${wholeText(grid.cells[a])}`;
    const inside = (value, margin, size) => Math.min(Math.max(value, margin), size - margin);
    label.style.transform = `translate(${inside(x + (x - middle[0]) / far * 26, 22, canvas.clientWidth)}px, ${
        inside(y + (y - middle[1]) / far * 14, 10, canvas.clientHeight)}px) translate(-50%, -50%)`;
    label.hidden = state.explode > 0;
  });
  root.dataset.faces = view.drawn;
}

function listen() {
  byId('theme').addEventListener('click', () => change({theme: root.dataset.theme === 'dark' ? 'light' : 'dark'}));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => change({}));
  for (const [event, printed] of [['beforeprint', true], ['afterprint', false]])
    window.addEventListener(event, () => {
      showTheme(printed);
      if (!view || !view.view) return;
      view.paint();
      view.draw();
    });
  byId('ranks').addEventListener('change', event => change({ranks: Number(event.target.value)}));
  byId('slice-axis').addEventListener('change', event => {
    const axis = 'xyz'.indexOf(event.target.value);
    change({slice: event.target.value ? {axis, cell: Math.round(grid.cells[axis] / 2)} : null});
  });
  byId('slice-at').addEventListener('input', event => change({slice: {...state.slice, cell: Number(event.target.value)}}));
  byId('explode').addEventListener('input', event => change({explode: Number(event.target.value)}));
  byId('reset').addEventListener('click', () => {
    if (view) view.home();
    change({slice: null, explode: 0, rank: null});
  });
  const pick = rank => change({rank: Number.isInteger(rank) && rank >= 0 && rank < state.ranks ? rank : null});
  byId('rank').addEventListener('change', event => pick(event.target.value === '' ? null : Number(event.target.value)));
  byId('before').addEventListener(
      'click', () => pick(state.rank === null ? state.ranks - 1 : (state.rank + state.ranks - 1) % state.ranks));
  byId('after').addEventListener('click', () => pick(state.rank === null ? 0 : (state.rank + 1) % state.ranks));
  byId('clear').addEventListener('click', () => pick(null));
  document.querySelector('main').addEventListener('click', event => {
    const chart = event.target.closest('.chart [data-method]');
    if (chart) change({method: chart.dataset.method});
  });
  let resting = 0, width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (width === window.innerWidth) return;
    width = window.innerWidth;
    for (const chart of [showBars, showParts, showSpread, showScaling]) chart();
  });
  byId('canvas').addEventListener('pointerup', () => {
    clearTimeout(resting);
    resting = setTimeout(writeState, 200);
  });
  window.addEventListener('hashchange', () => {
    const before = {...state}, camera = readState();
    if (view) view.camera = camera;
    show({...before, rank: undefined, bytes: undefined});
  });
}

/// The milliseconds of a frame, from 30 of a full turn, each waited for.
function frameTime() {
  const pixel = new Uint8Array(4), start = performance.now(), {gl} = view;
  for (let i = 0; i < 30; ++i) {
    view.camera.yaw += Math.PI / 15;
    view.draw();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  }
  return (performance.now() - start) / 30;
}

function start() {
  const camera = readState();
  showTheme();
  const gl = byId('canvas').getContext('webgl2', {antialias: true, alpha: false, preserveDrawingBuffer: true});
  if (gl) {
    view = new View3D(gl, rank => change({rank}), placeAxes);
    view.camera = camera;
  } else
    root.dataset.webgl = 'missing';
  byId('subtitle').textContent = `${grid.cells.join(' × ')} cells, bricks of ${grid.brick}`;
  byId('command').textContent = data.command;
  byId('inputs-list')
      .replaceChildren(...data.inputs.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
  byId('notes').replaceChildren(...data.notes.map(note => element('li', {}, note)));
  show({});
  listen();
  const wrong = contradictions(data);
  if (wrong.length) throw new Error(wrong.join('; '));
}

// What a test asks for: data-ready is ok once everything is drawn, data-errors says what went wrong.
window.addEventListener('error', event => {
  root.dataset.ready = 'error';
  root.dataset.errors = event.message;
});
start();
if (view && view.view) {
  view.draw();
  if (new URLSearchParams(location.hash.slice(1)).has('frames')) root.dataset.frameMs = frameTime().toFixed(2);
}
root.dataset.ready = 'ok';
