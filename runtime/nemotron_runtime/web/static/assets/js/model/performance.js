// Throughput, time to the first token and to the last, over time.
import { chart } from '../chart.js';
import { el } from '../dom.js';
import { duration, moment, rate } from '../format.js';
import { choices, empty, table } from '../parts.js';
import { missing } from './missing.js';

const WINDOWS = [['1h', '1 hour'], ['24h', '24 hours'], ['3d', '3 days'], ['30d', '30 days']];

const MEASURES = [
  ['throughput', 'Throughput', 'Tokens of the answer, by the time from sending to its end.', rate],
  ['ttft_ms', 'Time to first token', 'From sending to the first token, of reasoning or answer; waiting counts.', duration],
  ['e2e_ms', 'End-to-end latency', 'From sending to the last token.', duration],
];

export function performance(view) {
  const { stats, trouble, window, look } = view;
  return [
    el('div.row.spread', el('p.lead', 'How this box serves the model, over time.'), choices('Time', WINDOWS, window, look)),
    ...(stats ? measured(stats) : [missing(trouble)]),
  ];
}

function measured(stats) {
  const { series, percentiles } = stats;
  const measuredAt = (name) => series.some((point) => point[`${name}_p50`] !== null);
  if (!MEASURES.some(([name]) => measuredAt(name)) && !percentiles.requests) {
    return [empty('Nothing measured in this time', 'Each answer adds to throughput, time to first token and end-to-end latency. Ask something in the playground, and they appear here.')];
  }
  return [
    summary(percentiles),
    el('div.two', MEASURES.filter(([name]) => measuredAt(name)).map(([name, title, about, format]) => el('div.card.stack-s',
      chart({
        title,
        times: series.map(({ t }) => t),
        series: ['p50', 'p90'].map((at) => ({ name: at, values: series.map((point) => point[`${name}_${at}`]) })),
        format,
        when: moment,
      }),
      el('p.muted.small', about)))),
  ];
}

function summary(percentiles) {
  if (!percentiles.requests) return empty('No request in the last 30 minutes', 'Percentiles are over the last 30 minutes; the charts go further back.');
  const columns = [{ name: 'Last 30 minutes' }, ...['p50', 'p75', 'p90', 'p99'].map((name) => ({ name, num: true }))];
  const rows = MEASURES.map(([name, title, , format]) => [title, ...['p50', 'p75', 'p90', 'p99'].map((at) => format(percentiles[name]?.[at]))]);
  return el('div.card.stack-s', table('Percentiles', columns, rows),
    el('p.muted.small', `Over ${percentiles.requests} ${percentiles.requests === 1 ? 'request' : 'requests'}. Of throughput the higher percentiles are the slower ones: 99% were faster than p99.`));
}
