// Performance: throughput, first token and whole answers, over time and as percentiles.
import { el } from '../../dom.js';
import { chart } from '../../charts.js';
import { loadStats } from '../../data.js';
import { duration, integer, rate } from '../../format.js';
import { choices, empty, table } from '../../parts.js';
import { missing } from '../../missing.js';

const WINDOWS = [['1h', '1 hour'], ['24h', '24 hours'], ['3d', '3 days'], ['30d', '30 days']];

let chosen = WINDOWS[1][0]; // the reader's window stays over a refresh

export function performance({ stats, error }) {
  if (!stats) return missing(error);
  const plots = el('div.two');
  async function choose(window) {
    chosen = window;
    const nodes = await drawnOf(window, stats);
    if (window === chosen) plots.replaceChildren(...nodes);
  }
  choose(chosen);
  return [
    el('div.row.spread', el('p.lead', 'What clients of this box saw. Queueing counts.'), choices('Window', WINDOWS, chosen, choose)),
    plots,
    el('h2', 'Percentiles of the last 30 minutes'),
    percentiles(stats.percentiles),
  ];
}

/** The charts of a window: of the statistics at hand, where they are of this window. */
async function drawnOf(window, stats) {
  try {
    return drawn(window === stats.window ? stats : await loadStats(window));
  } catch (reason) {
    return [missing(reason)];
  }
}

function drawn({ series, window }) {
  if (!series.some(({ requests }) => requests > 0)) {
    return [empty('No requests in this window', 'The first answer draws the first point: send one from the playground.')];
  }
  const times = series.map(({ t }) => t);
  const of = (name) => series.map((point) => point[name] ?? null);
  const pair = (title, key, write, note) => chart({ title, note, times, write, series: [
    { name: 'p50', token: '--chart-1', values: of(`${key}_p50`) },
    { name: 'p90', token: '--chart-2', values: of(`${key}_p90`) },
  ] });
  return [
    pair('Throughput', 'throughput', rate, 'output tokens a second'),
    pair('Time to first token', 'ttft_ms', duration, 'from sending the request'),
    pair('Whole answer', 'e2e_ms', duration, 'to the last token'),
    chart({ title: 'Requests', note: window, times, write: integer, series: [
      { name: 'All', token: '--chart-1', values: of('requests') },
      { name: 'Failed', token: '--chart-2', values: of('errors') },
    ] }),
  ];
}

function percentiles(given) {
  if (!given?.requests) return empty('No requests in the last 30 minutes', 'Percentiles need at least one answer.');
  const row = (name, values, write) => [name, ...['p50', 'p75', 'p90', 'p99'].map((key) => write(values?.[key]))];
  return [
    table('Percentiles', ['Measure', 'p50', 'p75', 'p90', 'p99'].map((name, i) => ({ name, num: i > 0 })), [
      row('Throughput', given.throughput, rate),
      row('Time to first token', given.ttft_ms, duration),
      row('Whole answer', given.e2e_ms, duration),
    ]),
    el('p.small.muted', `Of ${integer(given.requests)} requests. A percentile of throughput is what so many percent of requests reach at least; of a time, what so many percent don’t exceed.`),
  ];
}
