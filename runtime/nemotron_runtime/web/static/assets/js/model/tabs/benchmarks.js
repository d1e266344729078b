// Benchmarks: published accuracy with its source, and what was measured on this box.
import { el, svg } from '../../dom.js';
import { empty, fault, table } from '../../parts.js';
import { missing } from '../../missing.js';

export function benchmarks({ stats, error }) {
  const accuracy = el('div.stack-s');
  fill(accuracy);
  return [
    el('h2', 'Accuracy, as published'),
    accuracy,
    el('h2', 'Measured on this box'),
    stats ? results(stats.results) : missing(error),
  ];
}

let published = null; // asked for once

const loadPublished = async () => (await fetch(new URL('../../../data/accuracy.json', import.meta.url))).json();

async function fill(place) {
  try {
    const { models, rows, source, date, note } = await (published ??= loadPublished());
    const heads = [{ name: 'Benchmark' }, { name: 'What it asks' }, ...models.map((name) => ({ name, num: true }))];
    place.append(
      table('Published accuracy', heads, rows.map(({ name, kind, scores }) => [name, kind, ...scores.map((score, i) => scored(score, i))])),
      el('p.small.muted', `${note} Source: ${source}, ${date}.`));
  } catch (error) {
    place.append(fault(error));
  }
}

function scored(score, column) {
  if (score === null) return '–';
  const bar = svg('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { class: 'track', width: 100, height: 10 }),
    svg('rect', { class: column === 0 ? 'value' : 'other', width: score, height: 10 }));
  return el('span.score', bar, score.toFixed(2));
}

function results(found) {
  if (!found.length) return empty('No results yet', '“nemotron bench” measures this box and writes a file for each run.');
  const heads = ['What', 'Result', 'Date', 'Card', 'Commit', 'File'].map((name) => ({ name }));
  return table('Results of this box', heads, found.map((run) => [run.what, run.summary, run.date, run.gpu ?? 'none', el('code', run.commit ?? '–'), el('code', run.file)]));
}
