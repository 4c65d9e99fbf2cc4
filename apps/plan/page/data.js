// SPDX-License-Identifier: BSD-3-Clause
// The page's data: how they are read, checked and written for people.

/// The integers of C++'s packed(): differences, zigzag, 7 bits a byte, base64.
function unpack(text) {
  const bytes = atob(text), values = [];
  let before = 0, value = 0, scale = 1;
  for (let i = 0; i < bytes.length; ++i) {
    const byte = bytes.charCodeAt(i);
    value += (byte & 127) * scale;  // not by shifts: numbers may have more than 32 bits
    scale *= 128;
    if (byte & 128) continue;
    before += value % 2 ? -(value + 1) / 2 : value / 2;
    values.push(before);
    value = 0;
    scale = 1;
  }
  return values;
}

/// A view's owners, one for each box, x fastest.
function unpackOwners(view) {
  const owners = unpack(view.owners), lengths = unpack(view.lengths);
  const all = new Int32Array(lengths.reduce((a, b) => a + b, 0));
  let at = 0;
  for (let i = 0; i < owners.length; ++i) all.fill(owners[i], at, at += lengths[i]);
  return all;
}

/// What is known of each rank of a row: {cells, boxes, messages, bytes, internode: arrays}, or null.
function unpackRanks(row) {
  if (!row.ranks) return null;
  return Object.fromEntries(Object.entries(row.ranks).map(([key, text]) => [key, unpack(text)]));
}

/// For each rank the ranks that it sends to or receives from: Map(peer -> {sent, received}), or null.
function unpackPeers(row) {
  if (!row.peers) return null;
  const counts = unpack(row.peers.counts), ranks = unpack(row.peers.ranks), bytes = unpack(row.peers.bytes);
  const peers = counts.map(() => new Map());
  const entry = (rank, peer) => {
    if (!peers[rank].has(peer)) peers[rank].set(peer, {sent: 0, received: 0});
    return peers[rank].get(peer);
  };
  let at = 0;
  counts.forEach((count, rank) => {
    for (const end = at + count; at < end; ++at) {
      entry(rank, ranks[at]).sent += bytes[at];
      entry(ranks[at], rank).received += bytes[at];
    }
  });
  return peers;
}

const sum = values => values.reduce((a, b) => a + b, 0);
const largest = values => values.reduce((a, b) => Math.max(a, b), -Infinity);

/// What the details say that the report does not: an empty list when all is well.
function contradictions(data) {
  const wrong = [];
  data.rows.forEach((row, i) => {
    const result = data.report.results[i], name = `${result.method} at ${result.ranks} ranks`;
    const expect = (what, found, expected) => {
      if (found !== expected) wrong.push(`${name}: ${what} is ${found}, not ${expected}`);
    };
    if (row.step)
      expect(
          'the sum of its parts',
          Math.abs(sum(Object.values(row.step)) - result.model_step_seconds) < 1e-9 * result.model_step_seconds + 1e-15, true);
    if (row.ranks) {
      const ranks = unpackRanks(row);
      for (const [key, values] of Object.entries(ranks)) expect(`the length of ${key}`, values.length, result.ranks);
      expect('the sum of bytes', sum(ranks.bytes), result.bytes_per_step_total);
      expect('the most bytes', largest(ranks.bytes), result.bytes_per_step_max);
      expect('the sum of bytes between nodes', sum(ranks.internode), result.internode_bytes_per_step_total);
      expect('the sum of cells', sum(ranks.cells), data.report.grid.active_cells);
      if (row.peers)
        unpackPeers(row).forEach(
            (peers, rank) => expect(`what rank ${rank} sends to its peers`, sum([...peers.values()].map(p => p.sent)), ranks.bytes[rank]));
    }
    if (row.view) {
      const owners = unpackOwners(row.view), planes = row.view.planes.map(unpack);
      expect('the number of drawn boxes', owners.length, planes.reduce((n, p) => n * (p.length - 1), 1));
      planes.forEach((p, a) => expect('the last plane', p[p.length - 1], data.report.grid.cells[a]));
      expect('the highest owner', largest(owners) < result.ranks, true);
    }
  });
  return wrong;
}

/// 786432, 'B' -> '786 kB'
function withPrefix(value, unit) {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  let p = 0;
  for (; value >= 999.5 && p + 1 < prefixes.length; ++p) value /= 1000;
  const digits = p === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${prefixes[p]}${unit}`.trim();
}
const bytesText = value => withPrefix(value, 'B');
const countText = value => withPrefix(value, '');
const wholeText = value => value.toLocaleString('en');
const significant = value => value >= 1000 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();
function secondsText(s) {
  const long = [[2 * 365 * 86400, 365 * 86400, 'years'], [2 * 86400, 86400, 'days'], [7200, 3600, 'h'], [120, 60, 'min'], [1, 1, 's']].find(
      ([from]) => s >= from);
  return long ? `${significant(s / long[1])} ${long[2]}` : s >= 1e-3 ? `${significant(s * 1e3)} ms` : `${significant(s * 1e6)} us`;
}
const ratioText = value => value === null ? '–' : value.toFixed(2);
const percentText = value => `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)} %`;
const plural = (n, word) => `${wholeText(n)} ${word}${n === 1 ? '' : 's'}`;
