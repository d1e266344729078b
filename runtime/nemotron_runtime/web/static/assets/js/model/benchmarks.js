// Published accuracy with its source; this box's own results with their files.
import { el, svg } from '../dom.js';
import { empty, table } from '../parts.js';
import { missing } from './missing.js';

export function benchmarks({ stats, trouble, accuracy }) {
  return [
    el('h2', 'Published accuracy'),
    published(accuracy),
    el('h2', 'This box'),
    stats ? ours(stats.results) : missing(trouble),
  ];
}

function published({ models, rows, source, date, note }) {
  const columns = [{ name: 'Benchmark' }, { name: 'Of' }, ...models.map((name) => ({ name, num: true }))];
  const lines = rows.map(({ name, kind, scores }) => [name, kind, ...scores.map((score, i) => scored(score, i < 2))]);
  return el('div.card.stack-s',
    table('Published accuracy', columns, lines),
    el('p.muted.small', `${note} ${source}, ${date}.`));
}

function scored(score, ours) {
  if (score === null) return '–';
  return el('span.score',
    svg('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      svg('rect', { class: 'track', width: 100, height: 10 }),
      svg('rect', { class: ours ? 'value' : 'other', width: score, height: 10 })),
    score.toFixed(1));
}

function ours(results) {
  if (!results.length) {
    return empty('No results of this box', 'nemotron bench measures speed and answers, and writes one file a run.');
  }
  const columns = ['What', 'Result', 'Date', 'On', 'Commit', 'File'].map((name) => ({ name }));
  return el('div.card', table('Results of this program', columns, results.map(({ what, summary, date, gpu, commit, file }) => [
    what, summary, date, gpu ?? 'CPU', el('code', commit ?? '–'), el('code', file),
  ])));
}
